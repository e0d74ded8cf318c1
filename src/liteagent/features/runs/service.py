"""What can be done with runs of any kind: start, look, follow, answer, cancel."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConflictError, FencedError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import (
    STATUS_AFTER,
    Event,
    EventDraft,
    Journal,
    NewRun,
    Rider,
    RunRecord,
    RunStatus,
)
from liteagent.contracts.streams import LiveStreams
from liteagent.engine.runs.driver import Driver
from liteagent.features.runs import repository
from liteagent.features.runs.following import Cursor, follow
from liteagent.features.runs.schemas import EventList, EventView, RunList, RunView, run_view
from liteagent.infra.db.database import Database
from liteagent.infra.http.frames import Frame

__all__ = ["RunService", "Worker"]


class Worker(Protocol):
    """Whoever works at runs."""

    def wake(self, run_id: str) -> None:
        """There is something to do at this run."""
        ...

    def interrupt(self, run_id: str) -> None:
        """The run was ended from outside."""
        ...


class RunService:
    """Runs, whatever their kind."""

    def __init__(
        self, database: Database, journal: Journal, driver: Driver, streams: LiveStreams, worker: Worker
    ) -> None:
        self._database = database
        self._journal = journal
        self._driver = driver
        self._streams = streams
        self._worker = worker

    async def start(self, run: NewRun, riders: Sequence[Rider] = ()) -> None:
        """Accept a run: when this returns it will be brought to an end, whatever happens to this process.

        Raises:
            ConflictError: A run with this id exists.
        """
        await self._journal.start(run, riders)
        self._worker.wake(run.id)

    async def list(
        self,
        principal: Principal,
        *,
        kind: str | None = None,
        status: RunStatus | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> RunList:
        """A page of the workspace's runs, newest first."""

        def find(session: Session) -> tuple[list[str], str | None]:
            found = repository.list_ids(
                session, principal, kind=kind, status=status and status.value, limit=limit, cursor=cursor
            )
            return list(found.items), found.next_cursor

        ids, next_cursor = await self._database.read(find)
        return RunList(items=[await self._view(run_id) for run_id in ids], next_cursor=next_cursor)

    async def get(self, principal: Principal, run_id: str) -> RunView:
        """One run.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._require(principal, run_id)
        return await self._view(run_id)

    async def events(self, principal: Principal, run_id: str, *, after: int, limit: int) -> EventList:
        """A page of a run's events.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._require(principal, run_id)
        events = await self._journal.read(run_id, after=after, limit=limit + 1)
        more = len(events) > limit
        items = [EventView.of(event) for event in events[:limit]]
        return EventList(items=items, next_cursor=str(items[-1].seq) if more else None)

    async def follow(self, principal: Principal, run_id: str, cursor: Cursor) -> AsyncIterator[Frame]:
        """The run's frames from `cursor` on, until it ends or waits; closing them leaves the run alone.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._require(principal, run_id)
        return follow(self._journal, self._streams, run_id, cursor)

    async def settled(self, run_id: str) -> Event:
        """Wait until the run ends or waits for somebody; the event that says so."""
        seq = 1
        async for frame in follow(self._journal, self._streams, run_id, Cursor()):
            if frame.type in STATUS_AFTER:
                seq = int(frame.id or seq)
        (event,) = await self._journal.read(run_id, after=seq - 1, limit=1)
        return event

    async def cancel(self, principal: Principal, run_id: str) -> RunView:
        """End a run as CANCELLED and stop what it is doing; the text it had so far is kept.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: It has ended already.
        """
        await self._require(principal, run_id)

        def draft(record: RunRecord, _events: Sequence[Event]) -> EventDraft:
            _refuse_if_ended(record)
            live = self._streams.live(run_id)
            return EventDraft("run.cancelled", {"by": principal.name, "partial": live.text if live else ""})

        await self._signal(run_id, draft)
        self._worker.interrupt(run_id)
        return await self._view(run_id)

    async def answer(
        self, principal: Principal, run_id: str, answer: JsonValue, request_id: str | None = None
    ) -> RunView:
        """Give a waiting run the answer that it asked a person for.

        Raises:
            NotFoundError: Not in this workspace, or no such question.
            ConflictError: Nothing is being asked, or it was answered already.
        """
        await self._require(principal, run_id)

        def draft(record: RunRecord, events: Sequence[Event]) -> EventDraft:
            asked = _open_question(record, events, request_id)
            return EventDraft("human.answered", {"request_id": asked, "answer": answer, "by": principal.name})

        await self._signal(run_id, draft)
        self._worker.wake(run_id)
        return await self._view(run_id)

    async def _signal(self, run_id: str, draft: Callable[[RunRecord, Sequence[Event]], EventDraft]) -> None:
        try:
            await self._driver.signal(run_id, draft)
        except FencedError:
            _refuse_if_ended(await self._journal.get(run_id))
            raise

    async def _require(self, principal: Principal, run_id: str) -> None:
        await self._database.read(lambda session: repository.require(session, principal, run_id))

    async def _view(self, run_id: str) -> RunView:
        record = await self._journal.get(run_id)
        (first,) = await self._journal.read(run_id, limit=1)
        (last,) = await self._journal.read(run_id, after=record.head - 1, limit=1)
        return run_view(record, first, last)


def _refuse_if_ended(record: RunRecord) -> None:
    if record.status.ended:
        raise ConflictError(f"Run {record.id} has ended already: {record.status}.", code="run_ended")


def _open_question(record: RunRecord, events: Sequence[Event], request_id: str | None) -> str:
    asked = [str(event.payload.get("request_id")) for event in events if event.type == "human.requested"]
    answered = [event.payload.get("request_id") for event in events if event.type == "human.answered"]
    if request_id is not None and request_id not in asked:
        raise NotFoundError(f"Run {record.id} has not asked {request_id!r}.", code="question_not_found")
    if request_id in answered:
        raise ConflictError(f"{request_id!r} was answered already.", code="already_answered")
    unanswered = [each for each in asked if each not in answered]
    if record.status is not RunStatus.WAITING_HUMAN or not unanswered:
        raise ConflictError(
            f"Run {record.id} is not waiting for an answer: {record.status}.", code="not_waiting"
        )
    return request_id or unanswered[-1]
