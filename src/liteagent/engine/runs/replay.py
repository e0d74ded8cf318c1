"""Replay: a journal folded anew, to see whether the same history leads to the same decisions.

Nothing is performed. What came from outside (results, answers, claims, timers, a pause, a patch, a question
about an effect in doubt) is taken as it stands; every event that the reducer decided is compared with what it
decides now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, assert_never

import orjson

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Event, EventDraft, RunStatus
from liteagent.engine.runs.endings import finish_draft, is_from_outside, stuck, waiting_draft
from liteagent.engine.runs.ledger import Ledger
from liteagent.engine.runs.protocol import Decision, Finish, Perform, Program, Suspend

__all__ = ["Difference", "Replay", "replay"]

S = TypeVar("S")

_FROM_OUTSIDE = frozenset(
    {
        "run.started",
        "run.claimed",
        "timer.fired",
        "human.answered",
        "run.pausing",
        "run.paused",
        "run.resumed",
        "run.forked",
        "state.patched",
        "run.cancelled",
    }
)
_WAITS = frozenset({"run.parked", "run.waiting_human"})


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where history and decision part.

    Attributes:
        seq: Of the event there.
        expected: What is decided now; None for nothing.
        actual: What was decided then.
    """

    seq: int
    expected: EventDraft | None
    actual: EventDraft


@dataclass(frozen=True, slots=True)
class Replay(Generic[S]):
    """What a replay found.

    Attributes:
        checked: How many decided events were the same.
        difference: The first one that was not.
        state: After the last event, or before the one that differs.
    """

    ok: bool
    checked: int
    difference: Difference | None
    state: S


def replay(program: Program[S], events: Sequence[Event], *, parts_at_hand: bool = True) -> Replay[S]:
    """Fold the journal `events`, from event 1 on, with `program`, and check what was decided on the way.

    Args:
        program: What decides.
        events: The journal.
        parts_at_hand: False where tools and the like are not there, which alone know how safe a call of
            them is: then the `safety` of requests is not compared.
    """
    folding = _Folding(program, () if parts_at_hand else ("safety",))
    for event in events:
        if difference := folding.check(event):
            return Replay(False, folding.checked, difference, folding.state)
        folding.take_in(event)
    return Replay(True, folding.checked, None, folding.state)


class _Folding(Generic[S]):
    """State and ledger on the way, and what is left of the newest decision."""

    def __init__(self, program: Program[S], left_out: Sequence[str]) -> None:
        self._reducer = program.reducer
        self._left_out = left_out
        self.state = program.reducer.initial
        self.checked = 0
        self._ledger = Ledger()
        self._expected: list[EventDraft] = []

    def take_in(self, event: Event) -> None:
        self._ledger.apply(event)
        self.state = self._reducer.apply(self.state, event)

    def check(self, event: Event) -> Difference | None:
        """How `event` differs from what is decided here; None if it does not, or was not decided."""
        if _is_only_applied(event):
            return self._differs(event) if self._expected else None
        if event.type in _WAITS:
            self._expected = self._expected or self._wait()
        elif not self._expected:
            self._expected = self._decided()
        if not self._expected or not _same(self._expected[0], event, self._left_out):
            return self._differs(event)
        self._expected.pop(0)
        self.checked += 1
        return None

    def _differs(self, event: Event) -> Difference:
        expected = self._expected[0] if self._expected else None
        return Difference(event.seq, expected, EventDraft(event.type, event.payload, event.ref))

    def _decided(self) -> list[EventDraft]:
        decision = self._reducer.decide(self.state)
        match decision:
            case Perform():
                drafts = [*decision.events, *(effect.request() for effect in decision.effects)]
            case Suspend():
                drafts = list(decision.events)
            case Finish():
                drafts = [finish_draft(decision)]
            case _:
                assert_never(decision)
        return drafts or self._end_of_idleness(decision)

    def _end_of_idleness(self, decision: Decision) -> list[EventDraft]:
        waits = isinstance(decision, Suspend) and decision.status is not RunStatus.PENDING
        until = None if isinstance(decision, Finish) else decision.until
        idle = until is None and not self._ledger.in_flight
        return [finish_draft(Finish.failed(stuck()))] if idle and not waits else []

    def _wait(self) -> list[EventDraft]:
        decision = self._reducer.decide(self.state)
        if isinstance(decision, Finish) or decision.events:
            return self._decided()
        if isinstance(decision, Suspend):
            return [waiting_draft(decision, self._ledger)]
        if decision.effects:
            return self._decided()
        status = RunStatus.WAITING_HUMAN if self._ledger.in_flight else RunStatus.PENDING
        return [waiting_draft(Suspend(status, until=decision.until), self._ledger)]


def _is_only_applied(event: Event) -> bool:
    if event.ref is not None or event.type in _FROM_OUTSIDE:
        return True
    if event.type == "human.requested":
        return isinstance(event.payload.get("effect"), int)
    return event.type == "run.failed" and is_from_outside(event.payload)


def _same(draft: EventDraft, event: Event, left_out: Sequence[str]) -> bool:
    return draft.type == event.type and _plain(draft.payload, left_out) == _plain(event.payload, left_out)


def _plain(payload: JsonObject, left_out: Sequence[str]) -> JsonValue:
    """As it comes back from a journal."""
    kept = {key: value for key, value in payload.items() if key not in left_out}
    return orjson.loads(orjson.dumps(kept))
