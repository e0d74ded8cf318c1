"""The driver: walks a run from event to event, performing its effects through the performers of its kind.

An effect's request is committed before it is performed, and its result together with the request of what
follows, so a run of N effects in a row costs N + 2 commits. Whoever appends first owns the place: a worker
that finds its place taken stops at once.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import FencedError, LiteAgentError, RunFailedError
from liteagent.contracts.runs import Event, EventDraft, Journal, RunRecord, RunStatus
from liteagent.contracts.streams import LiveStreams
from liteagent.engine.runs.protocol import Finish, RunKind
from liteagent.engine.runs.turn import Turn, claims_in_a_row, finish_draft

__all__ = ["Driver"]

_log = logging.getLogger(__name__)

_SIGNAL_ATTEMPTS = 50


class Driver:
    """Advances runs of registered kinds.

    Args:
        journal: Where the runs are.
        kinds: Every kind of run, by name; may grow until the first run is advanced.
        owner_id: The worker process, as claims name it.
        claim_limit: A run claimed this often in a row without getting one event further is failed.
    """

    def __init__(
        self,
        journal: Journal,
        kinds: Mapping[str, RunKind[Any]],
        *,
        owner_id: str,
        clock: Clock,
        streams: LiveStreams,
        claim_limit: int = 10,
    ) -> None:
        self._journal = journal
        self._kinds = kinds
        self._owner_id = owner_id
        self._clock = clock
        self._streams = streams
        self._claim_limit = claim_limit

    async def advance(self, run_id: str) -> RunStatus:
        """Work at a run until it ends or waits; the status it was left in.

        A run that is not runnable is left alone. One that another worker takes meanwhile is left to it.

        Raises:
            NotFoundError: There is no such run.
        """
        record = await self._journal.get(run_id)
        if not record.status.runnable:
            return record.status
        turn = await self._turn(record)
        turn.claim(self._owner_id, self._claim_limit)
        try:
            return await turn.run()
        except FencedError as error:
            _log.info("fenced: %s", error)
            return (await self._journal.get(run_id)).status
        finally:
            self._streams.close(run_id)

    async def signal(
        self, run_id: str, draft: Callable[[RunRecord, Sequence[Event]], EventDraft]
    ) -> RunRecord:
        """Append an event that comes from outside; `draft` makes it, or raises, from the run as it stands.

        Raises:
            NotFoundError: There is no such run.
            FencedError: The run has ended.
        """
        for _ in range(_SIGNAL_ATTEMPTS):
            record = await self._journal.get(run_id)
            events = await self._journal.read(run_id)
            turn = self._turn_of(record, events)
            turn.add(draft(record, events))
            try:
                await turn.commit()
            except FencedError:
                if (await self._journal.get(run_id)).status.ended:
                    raise
                continue
            return await self._journal.get(run_id)
        raise FencedError(f"Run {run_id} is moving too fast to be reached; try again.")

    async def fail(self, run_id: str) -> None:
        """End a run whose worker hit something unforeseen; a run that has ended is left alone.

        Raises:
            Exception: The store cannot write. The run stays as it is and is to be advanced again.
        """
        error = RunFailedError("Something unforeseen stopped this run; the server's log has the cause.")
        end = finish_draft(Finish.failed(error))
        try:
            await self.signal(run_id, lambda _record, _events: end)
        except LiteAgentError as problem:
            _log.info("run %s was not failed: %s", run_id, problem)
        except Exception:
            if not await self._is_beyond_its_kind(run_id, end):
                raise  # the store is in trouble: ended now, the run would end without its riders
            _log.exception("run %s cannot be ended by its kind and is ended without it", run_id)
            place = (await self._journal.get(run_id)).head + 1
            await self._journal.append([Event(run_id, place, end.type, end.payload, self._clock.now())])

    async def _is_beyond_its_kind(self, run_id: str, end: EventDraft) -> bool:
        """Whether the kind's own code cannot read the run, or has kept it from ending long enough."""
        record, events = await self._journal.get(run_id), await self._journal.read(run_id)
        try:
            self._turn_of(record, events).add(end)
        except Exception:  # noqa: BLE001  whatever it is, that is the answer
            return True
        return claims_in_a_row(events) >= self._claim_limit

    async def _turn(self, record: RunRecord) -> Turn[Any]:
        return self._turn_of(record, await self._journal.read(record.id))

    def _turn_of(self, record: RunRecord, events: Sequence[Event]) -> Turn[Any]:
        return Turn(
            record=record,
            kind=self._kinds[record.kind],
            events=events,
            journal=self._journal,
            clock=self._clock,
            streams=self._streams,
        )
