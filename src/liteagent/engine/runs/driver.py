"""The driver: walks a run from event to event, performing its effects through the performers of its kind.

An effect's request is committed before it is performed, and its result together with the request of what
follows, so a run of N effects in a row costs N + 2 commits. Whoever appends first owns the place: a worker
that finds another's claim there stops at once; one that finds a signal (an answer, a wish to pause) takes it
in and goes on.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, cast

import orjson

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import FencedError, InvalidInputError, LiteAgentError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Event, EventDraft, History, Journal, NewRun, Rider, RunRecord, RunStatus
from liteagent.contracts.streams import LiveStreams
from liteagent.engine.runs.endings import finish_draft, stopped
from liteagent.engine.runs.forking import fork_events
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.protocol import Finish, Program, RunKind
from liteagent.engine.runs.replay import Replay, replay
from liteagent.engine.runs.snapshots import UnreadableSnapshotError, without_snapshot
from liteagent.engine.runs.tail import EventRiders, Opening
from liteagent.engine.runs.turn import Rest, Turn, is_due

__all__ = ["Driver", "Living"]

_log = logging.getLogger(__name__)

_SIGNAL_ATTEMPTS = 50

Living: TypeAlias = Callable[[], Awaitable[Collection[str]]]
"""Asks for the ids of the workers that live."""


class Driver:
    """Advances runs of registered kinds.

    Args:
        journal: Where the runs are.
        kinds: Every kind of run, by name; may grow until the first run is advanced.
        owner_id: The worker process, as claims name it.
        claim_limit: A run claimed this often in a row without getting one event further is failed.
        riders: What rides on events of every kind of run, beside what the kind says.
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
        riders: EventRiders | None = None,
    ) -> None:
        self._journal = journal
        self._kinds = kinds
        self._owner_id = owner_id
        self._clock = clock
        self._streams = streams
        self._claim_limit = claim_limit
        self._riders = riders
        self._turns: dict[str, Turn[Any]] = {}

    async def advance(self, run_id: str, living: Living | None = None) -> Rest:
        """Work at a run until it ends or waits; how it was left.

        A run that has ended, is paused or waits is left alone, unless its moment has come. One that another
        worker takes meanwhile is left to it.

        Args:
            run_id: The run.
            living: Who lives; their runs are not taken from them. None: whose run it was does not matter.

        Raises:
            NotFoundError: There is no such run.
        """
        turn = await self.open(run_id, living)
        if turn is None:
            return await self._rest(run_id)
        try:
            return await turn.run()
        except FencedError as error:
            _log.info("fenced: %s", error)
            return await self._rest(run_id)
        finally:
            self.close(run_id)

    async def open(self, run_id: str, living: Living | None = None) -> Turn[Any] | None:
        """Claim a run for a turn; `close` it in the end. None if there is nothing to do at it now.

        Args:
            run_id: The run.
            living: Who lives; their runs are not taken from them. None: whose run it was does not matter.

        Raises:
            NotFoundError: There is no such run.
        """
        history = await self._journal.history(run_id)
        record = history.record
        if not is_due(record, self._clock.now()):
            return None
        if (
            living is not None
            and record.owner not in (None, self._owner_id)
            and record.owner in await living()
        ):
            return None
        return self._claimed(await self._folded(history))

    async def begin(self, run: NewRun, riders: Sequence[Rider] = ()) -> Turn[Any]:
        """Start a run and claim it for a turn, without reading it back; `close` it in the end.

        The claim is committed with the first thing that the turn does.

        Args:
            run: The run; its inputs and its definition are plain JSON, as they would be read back.
            riders: What commits with its start.

        Raises:
            ConflictError: There is such a run.
        """
        started = await self._journal.start(run, riders)
        about = (run.id, run.workspace_id, run.created_by, run.kind)
        record = RunRecord(*about, RunStatus.PENDING, 1, None, started.at, started.at)
        size = len(orjson.dumps(started.payload))
        return self._claimed(self._turn_of(History(record, started, None, (started,), size)))

    async def launch(self, run: NewRun, riders: Sequence[Rider], opened: Callable[[], None]) -> Rest:
        """Start a run and work at it until it ends or waits; how it was left.

        Its start, the claim and the request of its first effects are one commit.

        Args:
            run: The run; its inputs and its definition are plain JSON, as they would be read back.
            riders: What commits with its start.
            opened: Called once the run is durable; whatever is raised before means that there is no such run.

        Raises:
            ConflictError: There is such a run.
        """
        first = run.started(self._clock.now())
        record = run.opened(first.at)

        def note() -> None:
            self._turns[run.id] = turn  # before, there is nothing to look at
            opened()

        turn = self._turn_of(History(record, first, None, (first,), 0), Opening(run, riders, note))
        turn.claim(self._owner_id, self._claim_limit)
        try:
            return await turn.run()
        except FencedError as error:
            _log.info("fenced: %s", error)
            return await self._rest(run.id)
        finally:
            self.close(run.id)

    def reopen(self, turn: Turn[Any]) -> None:
        """Go on with a turn that was closed, under its old claim; `close` it again in the end.

        Nobody is asked: where another worker has taken the run since, the next commit is refused.
        """
        self._turns[turn.record.id] = turn

    def close(self, run_id: str) -> None:
        """The turn is over; whoever watches the run is told."""
        self._turns.pop(run_id, None)
        self._streams.close(run_id)

    def poke(self, run_id: str) -> None:
        """Something was appended to the run: its turn in this process, if there is one, looks at it."""
        if turn := self._turns.get(run_id):
            turn.poke()

    def head(self, run_id: str) -> int | None:
        """Seq of the newest event that this process knows of a run that it works at; None for others."""
        turn = self._turns.get(run_id)
        return None if turn is None else turn.ledger.head

    async def signal(self, run_id: str, draft: Callable[[RunRecord, Ledger], EventDraft | None]) -> RunRecord:
        """Append an event that comes from outside; `draft` makes it, or raises, from the run as it stands.

        Raises:
            NotFoundError: There is no such run.
            FencedError: The run has ended.
        """
        for _ in range(_SIGNAL_ATTEMPTS):
            turn = await self.look(run_id)
            event = draft(turn.record, turn.ledger)
            if event is None:
                return turn.record
            turn.add(event)
            try:
                await turn.commit()
            except FencedError:
                if (await self._journal.get(run_id)).status.ended:
                    raise
                continue
            self.poke(run_id)
            return await self._journal.get(run_id)
        raise FencedError(f"Run {run_id} is moving too fast to be reached; try again.")

    async def fork(
        self, run_id: str, at: int, patch: JsonObject, new_id: str, riders: Sequence[Rider] = ()
    ) -> RunRecord:
        """Start a run that has the same beginning, up to event `at`, and goes on from there by itself.

        What was in flight at `at` is begun anew in the fork, without asking. Where `at` is the run's end, the
        fork begins right before it.

        Args:
            run_id: The run whose beginning is copied; it is left as it is.
            at: Seq of the last event to copy.
            patch: A change to the state there, in the words of the run's kind; empty for none.
            new_id: The id of the fork.
            riders: What commits with its start.

        Raises:
            NotFoundError: There is no such run.
            InvalidInputError: There is no event `at`, or the patch does not fit.
            ConflictError: There is a run `new_id`.
        """
        record = await self._journal.get(run_id)
        events = await self._journal.read(run_id, limit=max(at, 1))
        if not 1 <= at <= record.head or len(events) < at:
            raise InvalidInputError(
                f"Run {run_id} has the events 1 to {record.head}; `at` is the seq of one of them, not {at}.",
                code="no_such_event",
                details={"head": record.head},
            )
        if patch:
            self._check_patch(record, events[0].payload, patch)
        copied = fork_events(events, new_id, patch, self._clock.now())
        new = _fork_of(record, events[0].payload, new_id)
        hooked = self._riders_of(replace(record, id=new_id), events[0], copied)
        await self._journal.start(new, (*riders, *hooked), copied)
        return await self._journal.get(new_id)

    async def replay(self, run_id: str, definition: JsonObject | None = None) -> Replay[Any]:
        """Fold a run anew, without performing anything, and compare what is decided with what was.

        Args:
            run_id: The run.
            definition: Another definition than the pinned one, to decide by.

        Raises:
            NotFoundError: There is no such run.
            InvalidInputError: Its kind cannot be replayed against a definition, or this one is of no use.
        """
        record = await self._journal.get(run_id)
        events = await self._journal.read(run_id)
        return replay(self._program(record, events[0].payload, definition), events)

    async def look(self, run_id: str) -> Turn[Any]:
        """The run as it stands, to be looked at or signalled.

        Raises:
            NotFoundError: There is no such run.
        """
        return await self._folded(await self._journal.history(run_id))

    async def fail(self, run_id: str) -> None:
        """End a run whose worker hit something unforeseen; a run that has ended is left alone.

        Raises:
            Exception: The store cannot write. The run stays as it is and is to be advanced again.
        """
        end = finish_draft(Finish.failed(stopped()))
        try:
            await self.signal(run_id, lambda _record, _ledger: end)
        except LiteAgentError as problem:
            _log.info("run %s was not failed: %s", run_id, problem)
        except Exception:
            if not await self._is_beyond_its_kind(run_id, end):
                raise  # the store is in trouble: ended now, the run would end without its riders
            _log.exception("run %s cannot be ended by its kind and is ended without it", run_id)
            place = (await self._journal.get(run_id)).head + 1
            await self._journal.append([Event(run_id, place, end.type, end.payload, self._clock.now())])

    async def _folded(self, history: History) -> Turn[Any]:
        try:
            return self._turn_of(history)
        except UnreadableSnapshotError:
            return self._turn_of(await without_snapshot(self._journal, history))

    def _claimed(self, turn: Turn[Any]) -> Turn[Any]:
        turn.claim(self._owner_id, self._claim_limit)
        self._turns[turn.record.id] = turn
        return turn

    async def _is_beyond_its_kind(self, run_id: str, end: EventDraft) -> bool:
        """Whether the kind's own code cannot read the run, or has kept it from ending long enough."""
        history = await self._journal.history(run_id)
        try:
            turn = self._turn_of(history)
            turn.add(end)
        except Exception:  # noqa: BLE001  whatever it is, that is the answer
            return True
        ledger = Ledger()
        for event in await self._journal.read(run_id):
            ledger.apply(event)
        return ledger.claims >= self._claim_limit

    async def _rest(self, run_id: str) -> Rest:
        record = await self._journal.get(run_id)
        return Rest(record.status, record.wake_at)

    def _program(self, record: RunRecord, started: JsonObject, definition: JsonObject | None) -> Program[Any]:
        kind = self._kinds[record.kind]
        if definition is None:
            return kind.open(record, started)
        if kind.reopen is None:
            raise InvalidInputError(
                f"A run of kind {record.kind!r} has no workflow to be replaced; replay it as it is.",
                code="not_replayable_against",
            )
        return kind.reopen(record, started, definition)

    def _check_patch(self, record: RunRecord, started: JsonObject, patch: JsonObject) -> None:
        check = self._program(record, started, None).check_patch
        if check is None:
            raise InvalidInputError(
                f"The state of a run of kind {record.kind!r} cannot be patched; fork it without a patch.",
                code="patch_not_possible",
            )
        check(patch)

    def _riders_of(self, record: RunRecord, started: Event, copied: Sequence[Event]) -> list[Rider]:
        """What rides on the copied events of a fork."""
        riders: list[Rider] = []
        if self._riders is None:
            return riders
        ledger = Ledger()
        ledger.apply(started)
        for event in copied:
            ledger.apply(event)
            if event.ref is None:
                riders.extend(self._riders(record, ledger, event))
        return riders

    def _turn_of(self, history: History, opening: Opening | None = None) -> Turn[Any]:
        return Turn(
            history=history,
            kind=self._kinds[history.record.kind],
            journal=self._journal,
            clock=self._clock,
            streams=self._streams,
            riders=self._riders,
            opening=opening,
        )


def _fork_of(record: RunRecord, started: JsonObject, new_id: str) -> NewRun:
    return NewRun(
        id=new_id,
        workspace_id=record.workspace_id,
        created_by=record.created_by,
        kind=record.kind,
        inputs=cast("JsonObject", started.get("inputs") or {}),
        definition=cast("JsonObject", started.get("definition") or {}),
    )
