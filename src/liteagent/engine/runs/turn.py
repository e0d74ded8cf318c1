"""One worker's stretch of work at one run, from its claim until the run ends or waits."""

from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
from anyio.abc import TaskGroup

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import FencedError
from liteagent.contracts.runs import EventDraft, History, Journal, RunRecord, RunStatus, Safety
from liteagent.contracts.streams import LiveStreams
from liteagent.engine.runs.crew import Crew
from liteagent.engine.runs.endings import (
    crash_loop,
    doubt,
    effect_unknown,
    finish_draft,
    stuck,
    waiting_draft,
)
from liteagent.engine.runs.performing import Outcome, completed, failed, performed
from liteagent.engine.runs.protocol import (
    EffectContext,
    EffectResult,
    Finish,
    Perform,
    RunKind,
    Suspend,
)
from liteagent.engine.runs.snapshots import UnreadableSnapshotError, without_snapshot
from liteagent.engine.runs.tail import EventRiders, Opening, Tail

__all__ = ["Rest", "Turn", "is_due"]

S = TypeVar("S")

_SHORT_WAIT = 1.0
"""A run that has to wait no longer than this, in seconds, keeps its worker meanwhile."""

_RUNNABLE = (RunStatus.RUNNING, RunStatus.PENDING)

_AT_ONCE = 100
"""Decisions without a wait, after which everything else in the process gets its turn."""


@dataclass(frozen=True, slots=True)
class Rest:
    """How a turn left a run. `until`: when it wants to be looked at again, in seconds since the epoch."""

    status: RunStatus
    until: float | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim that is not committed yet; `epoch` is that of the run before it."""

    owner_id: str
    limit: int
    epoch: int


def is_due(record: RunRecord, now: float) -> bool:
    """Whether there is something to do at a run: it is its turn, or the moment that it waits for is there."""
    if record.status.runnable:
        return record.wake_at is None or record.wake_at <= now
    return record.status is RunStatus.WAITING_HUMAN and record.wake_at is not None and record.wake_at <= now


class Turn(Tail[S]):
    """Decides what comes next in a run, performs it, and makes it durable."""

    def __init__(
        self,
        *,
        history: History,
        kind: RunKind[S],
        journal: Journal,
        clock: Clock,
        streams: LiveStreams,
        riders: EventRiders | None = None,
        opening: Opening | None = None,
    ) -> None:
        self._starting: list[int] = []
        self._light: list[int] = []
        super().__init__(
            history=history,
            kind=kind,
            journal=journal,
            clock=clock,
            streams=streams,
            riders=riders,
            opening=opening,
        )
        self._decide = self._program.reducer.decide
        self._crew: Crew[S] = Crew(self._performance)
        self._until: float | None = None
        self._alarm: float | None = None
        self._claim: _Claim | None = None
        self._claimed_at = 0
        self._told_to_wait = False
        self._poked = False
        self._decisions = 0

    def claim(self, owner_id: str, limit: int) -> None:
        """Take the run over, with every effect that its last worker left behind."""
        ledger = self._ledger
        claims, waited = ledger.claims, self._record.wake_at is not None
        self._claim = _Claim(owner_id, limit, ledger.epoch)
        event = self.add(EventDraft("run.claimed", {"owner": owner_id, "epoch": ledger.epoch + 1}))
        self._claimed_at = event.seq
        if claims >= limit:
            self._finish(Finish.failed(crash_loop(claims)))
            return
        if waited:
            self.add(EventDraft("timer.fired"))
        for seq in list(ledger.in_flight):
            self._take_up(seq)

    async def run(self) -> Rest:
        """Decide, commit, perform, and again, until the run ends or waits.

        Raises:
            FencedError: Another worker has taken the run, or it was ended from outside.
        """
        while True:
            await self._decide_and_commit()
            ledger = self._ledger
            if self._told_to_wait or self._until is not None or ledger.status not in _RUNNABLE:
                return Rest(ledger.status, self._until)
            if len(ledger.in_flight) == 1 and len(self._starting) == 1 and self._is_alone():
                self._hear(await self._performance(self._starting.pop(), self._state))
            else:
                await self._side_by_side()

    async def step(self) -> Rest:
        """One decision, the effects that it calls for, and what came of them, committed.

        An end or a wait that follows at once belongs to the same step; a new effect does not, so that between
        two steps nothing is in flight.

        Raises:
            FencedError: Another worker has taken the run, or it was ended from outside.
        """
        await self._decide_and_commit()
        if self._ledger.status.runnable and self._until is None and not self._told_to_wait:
            await self._side_by_side(once=True)
            await self._decide_and_commit(begin=False)
        return Rest(self._ledger.status, self._until)

    def poke(self) -> None:
        """Something was appended to the run from outside: look at the journal when convenient."""
        self._poked = True
        self._crew.wake()

    # -- deciding ------------------------------------------------------------------------------------------

    async def _decide_and_commit(self, *, begin: bool = True) -> None:
        """Decide until a decision asks for something outside; with `begin` false it is not asked for yet."""
        more = True
        while more:
            more = self._settle(begin)
            if self._light:
                await self._perform_light()
                more = True
                continue
            try:
                await self.commit()
                self._claim = None
            except FencedError:
                await self._rebase()
                more = True
            if self._decisions >= _AT_ONCE:
                self._decisions = 0
                await anyio.lowlevel.checkpoint()

    def _settle(self, begin: bool) -> bool:
        """Decide until a decision asks for something outside, or for nothing; whether it was broken off."""
        self._until = self._alarm = None
        if self._told_to_wait:
            self._until = self._record.wake_at
            return False
        ledger = self._ledger
        while ledger.status in _RUNNABLE and not (ledger.pausing and self._pauses()):
            self._decisions += 1
            decision = self._decide(self._state)
            if isinstance(decision, Perform):
                if decision.effects or not decision.events:
                    if begin or not decision.effects:
                        self._begin(decision)
                    return False
                for draft in decision.events:
                    self.add(draft)
                if self._decisions >= _AT_ONCE:
                    return True
                continue
            if isinstance(decision, Suspend):
                self._suspend(decision)
            else:
                self._finish(decision)
            return False
        return False

    def _pauses(self) -> bool:
        """A pause is wanted; once nothing is in flight any more it is there."""
        if not self._busy():
            self.add(EventDraft("run.paused"))
        return True

    def _begin(self, decision: Perform) -> None:
        for draft in decision.events:
            self.add(draft)
        for effect in decision.effects:
            seq = self._request(effect)
            (self._light if effect.light else self._starting).append(seq)
        self._alarm = decision.until
        if self._starting or self._light or self._busy():
            return
        if self._ledger.in_flight:
            self._wait(Suspend(RunStatus.WAITING_HUMAN, until=decision.until))  # all that is left is in doubt
        else:
            self._wait(Suspend(RunStatus.PENDING, until=decision.until))

    def _suspend(self, decision: Suspend) -> None:
        for draft in decision.events:
            self.add(draft)
        self._alarm = decision.until
        if not self._busy():  # what was begun is brought to its end first; then it will be decided again
            self._wait(decision)

    def _wait(self, decision: Suspend) -> None:
        until = decision.until
        if until is None and decision.status is RunStatus.PENDING:
            self._finish(Finish.failed(stuck()))
            return
        if until is not None and until - self._clock.now() <= _SHORT_WAIT:
            return
        self._until, self._alarm = until, None
        self.add(waiting_draft(decision, self._ledger))

    async def _perform_light(self) -> None:
        """Perform what needs no commit before; what it came to joins the next one."""
        light, self._light = self._light, []
        for seq in light:
            self._hear(await self._performance(seq, self._state))

    def _finish(self, decision: Finish) -> None:
        self._starting = []
        self._alarm = None
        self.add(finish_draft(decision))

    def _busy(self) -> bool:
        return bool(self._starting) or self._crew.busy

    # -- taking over ---------------------------------------------------------------------------------------

    def _take_up(self, seq: int) -> None:
        """Go on with an effect that was left without a result."""
        left = self._ledger.in_flight[seq]
        if left.verdict == "done":
            payload = self._program.assumed(left.effect, left.result)
            self._hear(completed(left.effect, seq, EffectResult(payload)))
        elif left.verdict == "fail":
            self._hear(failed(left.effect, seq, effect_unknown(left.effect)))
        elif left.verdict == "repeat" or left.effect.safety is not Safety.UNSAFE:
            self._starting.append(seq)
        elif not self._ledger.doubted(seq):
            self.add(doubt(seq, left.effect))

    async def _rebase(self) -> None:
        """Go on from what somebody else has appended meanwhile, with the results that were not committed.

        Raises:
            FencedError: It was another worker's claim, or the run's end.
        """
        history = await self._journal.history(self._record.id)
        if history.record.status.ended:
            raise FencedError(f"Run {self._record.id} was ended meanwhile: {history.record.status}.")
        heard, claim, self._poked = self._heard, self._claim, False
        try:
            self._fold(history)
        except UnreadableSnapshotError:
            self._fold(await without_snapshot(self._journal, history))
        claimed = self._ledger.epoch != claim.epoch if claim else self._ledger.claimed_at != self._claimed_at
        if claimed:
            raise FencedError(
                f"Run {self._record.id} was taken by another worker, at event {self._ledger.head}."
            )
        if claim is not None:
            self._claim_again(claim)
            return
        for outcome in heard:
            if outcome.request in self._ledger.in_flight:
                self._hear(outcome)
        for seq in sorted(self._ledger.in_flight.keys() - self._crew.performing):
            self._take_up(seq)

    def _claim_again(self, claim: _Claim) -> None:
        self._claim = None
        if is_due(self._record, self._clock.now()):
            self.claim(claim.owner_id, claim.limit)
        else:
            self._told_to_wait = True

    def _fold(self, history: History) -> None:
        super()._fold(history)
        self._starting, self._light = [], []

    # -- performing ----------------------------------------------------------------------------------------

    def _is_alone(self) -> bool:
        """Whether the one effect in flight is all there is to wait for: then it needs no task of its own."""
        return self._alarm is None and not self._ledger.questions

    async def _side_by_side(self, *, once: bool = False) -> None:
        """Perform what is in flight until nothing is, deciding anew after each result; with `once`, never."""
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            try:
                await (self._round(group) if once else self._until_quiet(group))
            except Exception as error:  # noqa: BLE001  raised below as it is, not in the group's wrapping
                failure = error
            self._crew.stop()
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _until_quiet(self, group: TaskGroup) -> None:
        self._start(group)
        while self._crew.performing or self._alarm is not None:
            await self._hear_next()
            await self._decide_and_commit()
            if self._ledger.status.ended or self._until is not None:
                return
            self._start(group)

    async def _round(self, group: TaskGroup) -> None:
        self._start(group)
        waiting = self._alarm is not None
        while self._crew.performing or waiting:
            waiting = False
            await self._hear_next()
            try:
                await self.commit()
                self._claim = None
            except FencedError:
                await self._rebase()

    def _start(self, group: TaskGroup) -> None:
        for seq in self._starting:
            self._crew.begin(group, seq, self._state)
        self._starting = []

    async def _hear_next(self) -> None:
        """Wait for a result, a poke or the alarm; take in every result that is there."""
        timeout = None if self._alarm is None else max(0.0, self._alarm - self._clock.now())
        rang = await self._crew.wait(timeout)
        if self._poked:
            await self._rebase()
        while outcome := self._crew.take():
            self._hear(outcome)
        if rang:
            self.add(EventDraft("timer.fired"), not_before=self._alarm or 0.0)

    def _performance(self, seq: int, state: S) -> Coroutine[Any, Any, Outcome]:
        """The performing of the effect requested at `seq`, to be awaited."""
        left, run_id = self._ledger.in_flight[seq], self._run_id
        emit = partial(self._emit, seq, left.attempt)
        context = EffectContext(run_id, self._record.workspace_id, f"{run_id}:{seq}", left.attempt, emit, seq)
        return performed(self._program, left.effect, state, context, seq)
