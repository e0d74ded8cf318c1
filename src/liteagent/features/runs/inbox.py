"""What keeps the table of open questions in step with the runs' events."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.runs import STATUS_AFTER, Event, Rider, RunRecord
from liteagent.engine.runs.ledger import Ledger
from liteagent.features.runs.models import InboxRow

__all__ = ["InboxRiders"]

_CLOSING = ("human.answered", "human.expired")


class InboxRiders:
    """The `riders` of a `Driver`: what is asked goes into the inbox, and leaves it with its answer."""

    def __init__(self, new_id: IdSource) -> None:
        self._new_id = new_id

    def __call__(self, record: RunRecord, ledger: Ledger, event: Event) -> Sequence[Rider]:
        """What rides on `event`."""
        if event.type == "human.requested":
            return (self._asked(record, event),)
        if event.type in _CLOSING:
            return (_closed(event.run_id, str(event.payload.get("request_id"))),)
        status = STATUS_AFTER.get(event.type)
        if status is not None and status.ended and ledger.questions:
            return (_closed(event.run_id),)
        if event.type == "run.forked":
            return (_left_open(event.run_id, tuple(ledger.questions)),)
        return ()

    def _asked(self, record: RunRecord, event: Event) -> Rider:
        row = {
            "id": self._new_id(),
            "workspace_id": record.workspace_id,
            "run_id": event.run_id,
            "request_id": str(event.payload.get("request_id"))[:200],
            "seq": event.seq,
            "asked_at": event.at,
            "question": dict(event.payload),
        }
        return lambda session: session.add(InboxRow(**row))


def _closed(run_id: str, request_id: str | None = None) -> Rider:
    gone = delete(InboxRow).where(InboxRow.run_id == run_id)
    if request_id is not None:
        gone = gone.where(InboxRow.request_id == request_id[:200])

    def rider(session: Session) -> None:
        session.flush()
        session.execute(gone)

    return rider


def _left_open(run_id: str, request_ids: Sequence[str]) -> Rider:
    """A fork asks only what its own effects ask."""
    kept = [each[:200] for each in request_ids]
    gone = delete(InboxRow).where(InboxRow.run_id == run_id, InboxRow.request_id.not_in(kept))

    def rider(session: Session) -> None:
        session.flush()
        session.execute(gone)

    return rider
