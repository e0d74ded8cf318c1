"""What can be done with runs of any kind: start, look, follow, answer, pause, fork, replay, cancel."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from functools import partial
from typing import Protocol

from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import ConflictError, FencedError, NotPermittedError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import (
    STATUS_AFTER,
    Event,
    Journal,
    NewRun,
    Rider,
    RunRecord,
    RunStatus,
    RunSummary,
)
from liteagent.contracts.streams import LiveStreams
from liteagent.engine.runs import signals
from liteagent.engine.runs.driver import Driver
from liteagent.features.accounts import repository as accounts
from liteagent.features.runs import repository
from liteagent.features.runs.exporting import journal_file, test_file
from liteagent.features.runs.following import Cursor, follow
from liteagent.features.runs.schemas import (
    EventList,
    EventView,
    InboxList,
    ReplayView,
    RunList,
    RunView,
    inbox_item,
    replay_view,
    run_view,
)
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim
from liteagent.infra.http.frames import Frame
from liteagent.infra.journal.rules import run_not_found

__all__ = ["RunService", "Worker"]


class Worker(Protocol):
    """Whoever works at runs."""

    def wake(self, run_id: str) -> None:
        """There is something to do at this run."""
        ...

    async def begin(self, run: NewRun, riders: Sequence[Rider] = ()) -> None:
        """Start a run and work at it at once; when this returns it is durable."""
        ...

    def interrupt(self, run_id: str) -> None:
        """The run was ended from outside."""
        ...


class _ForkedBefore(Exception):  # noqa: N818  not an error: it takes a second fork back
    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


class RunService:
    """Runs, whatever their kind."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        driver: Driver,
        streams: LiveStreams,
        worker: Worker,
        clock: Clock,
        new_id: IdSource,
    ) -> None:
        self._database = database
        self._journal = journal
        self._driver = driver
        self._streams = streams
        self._worker = worker
        self._clock = clock
        self._new_id = new_id

    async def start(self, run: NewRun, riders: Sequence[Rider] = ()) -> None:
        """Accept a run: when this returns it will be brought to an end, whatever happens to this process.

        Raises:
            ConflictError: A run with this id exists.
        """
        await self._journal.start(run, riders)
        self._worker.wake(run.id)

    async def begin(self, run: NewRun, riders: Sequence[Rider] = ()) -> None:
        """Like `start`, for a run that somebody is waiting for: its first effect is begun without a wait.

        Its inputs and its definition are plain JSON, as they would be read back.

        Raises:
            ConflictError: A run with this id exists.
        """
        await self._worker.begin(run, riders)

    def begun(self, run_id: str, cursor: Cursor | None = None) -> AsyncGenerator[Frame]:
        """The frames of a run that whoever asks has just begun; closing them leaves the run alone."""
        return follow(self._journal, self._streams, run_id, cursor or Cursor())

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
        items = [run_view(summary) for summary in await self._journal.summaries(ids)]
        return RunList(items=items, next_cursor=next_cursor)

    async def get(self, principal: Principal, run_id: str) -> RunView:
        """One run.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return run_view(await self._summary(principal, run_id))

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

    async def started(self, principal: Principal, run_id: str) -> tuple[RunRecord, Event]:
        """A run's record and its first event, where inputs and definition are pinned.

        Raises:
            NotFoundError: Not in this workspace.
        """
        summary = await self._summary(principal, run_id)
        return summary.record, summary.first

    async def newest(self, principal: Principal, run_id: str) -> tuple[RunRecord, Event]:
        """A run's record and its newest event.

        Raises:
            NotFoundError: Not in this workspace.
        """
        summary = await self._summary(principal, run_id)
        return summary.record, summary.last

    async def settled(self, run_id: str) -> Event:
        """Wait until the run ends or waits for somebody; the event that says so."""
        seq = 1
        async for frame in follow(self._journal, self._streams, run_id, Cursor()):
            if frame.type in STATUS_AFTER:
                seq = int((frame.id or str(seq)).partition(".")[0])
        (event,) = await self._journal.read(run_id, after=seq - 1, limit=1)
        return event

    async def cancel(self, principal: Principal, run_id: str) -> RunView:
        """End a run as CANCELLED and stop what it is doing; the text it had so far is kept.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: It has ended already.
        """
        await self._require(principal, run_id)
        texts = self._streams.live(run_id)
        partial_text = "\n\n".join(texts[request].text for request in sorted(texts))
        await self._signal(run_id, signals.cancel(by=principal.name, partial=partial_text))
        self._worker.interrupt(run_id)
        return await self._view(run_id)

    async def pause(self, principal: Principal, run_id: str) -> RunView:
        """Begin nothing new at a run; once what it does is done it is PAUSED. A second pause changes nothing.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: It has ended.
        """
        await self._require(principal, run_id)
        await self._signal(run_id, signals.pause(by=principal.name))
        return await self._view(run_id)

    async def resume(self, principal: Principal, run_id: str) -> RunView:
        """Go on with a paused run.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: It is not paused.
        """
        await self._require(principal, run_id)
        await self._signal(run_id, signals.resume(by=principal.name))
        return await self._view(run_id)

    async def answer(
        self, principal: Principal, run_id: str, answer: JsonValue, request_id: str | None = None
    ) -> RunView:
        """Give a run the answer that it asked a person for, also while it is busy with something else.

        Raises:
            NotFoundError: Not in this workspace, or no such question.
            ConflictError: Nothing is being asked, it was answered already, or it is too late.
            InvalidInputError: The answer is none of the options or does not fit the form, or several
                questions are open.
            NotPermittedError: Others are asked.
        """
        names = await self._database.read(lambda session: _names(session, principal, run_id))
        signal = signals.answer(
            answer, request_id, by=principal.name, now=self._clock.now(), may=partial(_check_who, names)
        )
        await self._signal(run_id, signal)
        return await self._view(run_id)

    async def inbox(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> InboxList:
        """A page of the workspace's open questions, newest first."""

        def find(session: Session) -> InboxList:
            found = repository.inbox(session, principal, limit=limit, cursor=cursor)
            items = [
                inbox_item(row.id, row.run_id, kind, status, row.asked_at, row.question)
                for row, kind, status in found.items
            ]
            return InboxList(items=items, next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def fork(
        self,
        principal: Principal,
        run_id: str,
        at: int,
        patch: JsonObject,
        token: IdempotencyToken | None = None,
    ) -> RunView:
        """Start a run that shares the events up to `at` with another, which stays as it is.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: There is no such event, or the patch does not fit.
        """
        await self._require(principal, run_id)
        new_id = self._new_id()

        def begin(session: Session) -> None:
            forked = claim(session, principal, token, new_id)
            if forked != new_id:
                raise _ForkedBefore(forked)

        try:
            await self._driver.fork(run_id, at, patch, new_id, [begin])
        except _ForkedBefore as before:
            return await self._view(before.run_id)
        self._worker.wake(new_id)
        return await self._view(new_id)

    async def replay(
        self, principal: Principal, run_id: str, workflow: JsonObject | None = None
    ) -> ReplayView:
        """Fold a run anew and compare what is decided, by `workflow` if given, with what its journal has.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: The run is of no workflow, or the document is of no use.
        """
        await self._require(principal, run_id)
        return replay_view(await self._driver.replay(run_id, workflow))

    async def export_test(self, principal: Principal, run_id: str, name: str) -> tuple[str, bytes]:
        """A pytest file that folds the run anew, and its journal without secrets, for the file `name`.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._require(principal, run_id)
        record = await self._journal.get(run_id)
        events = await self._journal.read(run_id)
        return test_file(run_id, name), journal_file(record.kind, events)

    async def _signal(self, run_id: str, signal: signals.Signal) -> None:
        try:
            record = await self._driver.signal(run_id, signal)
        except FencedError:
            _refuse_if_ended(await self._journal.get(run_id))
            raise
        self._streams.notify(run_id)
        if record.status is RunStatus.PENDING:
            self._worker.wake(run_id)

    async def _require(self, principal: Principal, run_id: str) -> None:
        await self._database.read(lambda session: repository.require(session, principal, run_id))

    async def _summary(self, principal: Principal, run_id: str) -> RunSummary:
        found = await self._journal.summaries([run_id])
        if not found or found[0].record.workspace_id != principal.workspace_id:
            raise run_not_found(run_id)
        return found[0]

    async def _view(self, run_id: str) -> RunView:
        (summary,) = await self._journal.summaries([run_id])
        return run_view(summary)


def _refuse_if_ended(record: RunRecord) -> None:
    if record.status.ended:
        raise ConflictError(f"Run {record.id} has ended already: {record.status}.", code="run_ended")


def _names(session: Session, principal: Principal, run_id: str) -> frozenset[str]:
    """What a question may call the principal by: id, e-mail address, role."""
    repository.require(session, principal, run_id)
    _, user, role = accounts.membership(session, principal)
    return frozenset({role} if user is None else {user.id, user.email, role})


def _check_who(names: frozenset[str], question: JsonObject) -> None:
    who = question.get("who")
    asked = [str(each).strip() for each in who] if isinstance(who, list | tuple) else []
    if not asked or "operator" in names or names & {*asked, *(each.lower() for each in asked)}:
        return
    raise NotPermittedError(
        f"This question is for {', '.join(asked)}. Let one of them answer it.", details={"who": asked}
    )
