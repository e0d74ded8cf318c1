"""What the driver itself must know of a run of any kind: effects in flight, questions, claims, a pause."""

from dataclasses import dataclass, field, replace
from typing import Any, cast

from liteagent.contracts.json import JsonObject, JsonValue, dump, load
from liteagent.contracts.runs import Effect, Event, RunStatus, status_after
from liteagent.contracts.values import value

__all__ = ["DOUBT_OPTIONS", "InFlight", "Ledger", "Question", "doubt_id"]

DOUBT_OPTIONS = ("done", "repeat", "fail")
"""What a person can say of an unsafe effect whose outcome nobody knows."""


@value
class InFlight:
    """An effect that was requested and has no result.

    Attributes:
        attempt: 1, and one more for each claim since.
        verdict: What a person said of it after a crash: `done`, `repeat` or `fail`.
        result: What it gave, where a person said `done`.
    """

    effect: Effect
    attempt: int = 1
    verdict: str | None = None
    result: JsonValue = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a person. `effect` is the seq of the effect in doubt that it is about."""

    seq: int
    payload: JsonObject
    effect: int | None = None


@dataclass(slots=True)
class Ledger:
    """Folded over the same events as the state of the run's kind; owned by one turn, which changes it.

    Attributes:
        head: Seq of the newest event.
        epoch: How often the run was claimed.
        claimed_at: Seq of the newest claim: whoever made it is the run's worker.
        claims: Claims in a row, up to now, without one event further.
        questions: Open ones by request id, in the order asked.
        closed: How questions were closed, by request id: the type of the event that did it.
        pausing: Whether a person has asked for a pause that is not there yet.
    """

    status: RunStatus = RunStatus.PENDING
    head: int = 0
    epoch: int = 0
    claimed_at: int = 0
    claims: int = 0
    in_flight: dict[int, InFlight] = field(default_factory=dict[int, InFlight])
    questions: dict[str, Question] = field(default_factory=dict[str, Question])
    closed: dict[str, str] = field(default_factory=dict[str, str])
    pausing: bool = False

    def apply(self, event: Event) -> None:
        """Take one event in."""
        self.head = event.seq
        if event.ref is not None:
            self.end(event.seq, event.ref)
        elif effect := Effect.requested_by(event):
            self.begin(event.seq, effect)
        else:
            self._apply_rare(event)

    def begin(self, seq: int, effect: Effect) -> None:
        """Take the request of `effect` in, which is event `seq`."""
        self.head, self.claims = seq, 0
        self.in_flight[seq] = InFlight(effect)

    def end(self, seq: int, request: int) -> None:
        """Take the result of the effect requested at `request` in, which is event `seq`."""
        self.head, self.claims = seq, 0
        self.in_flight.pop(request, None)

    def _apply_rare(self, event: Event) -> None:
        self.status = status_after(self.status, event.type)
        self.claims = self.claims + 1 if event.type == "run.claimed" else 0
        match event.type:
            case "run.claimed":
                self._claimed(event)
            case "human.requested":
                self._asked(event)
            case "human.answered" | "human.expired":
                self._answered(event)
            case "run.pausing":
                self.pausing = True
            case "run.paused" | "run.resumed":
                self.pausing = False
            case "run.forked":
                self._forked()
            case _:
                pass

    def _claimed(self, event: Event) -> None:
        self.epoch, self.claimed_at = self.epoch + 1, event.seq
        for seq, left in self.in_flight.items():
            self.in_flight[seq] = replace(left, attempt=left.attempt + 1)

    def _asked(self, event: Event) -> None:
        effect = event.payload.get("effect")
        request_id = str(event.payload.get("request_id"))
        self.questions[request_id] = Question(
            event.seq, event.payload, effect if isinstance(effect, int) else None
        )

    def _answered(self, event: Event) -> None:
        request_id = str(event.payload.get("request_id"))
        question = self.questions.pop(request_id, None)
        if question is None:
            return
        self.closed[request_id] = event.type
        if question.effect in self.in_flight:
            verdict, result = _verdict(event.payload.get("answer"))
            left = self.in_flight[question.effect]
            self.in_flight[question.effect] = replace(left, verdict=verdict, result=result)

    def _forked(self) -> None:
        """A copy begins what was in flight anew, so what was being asked about that is not open any more."""
        self.pausing = False
        for seq, left in self.in_flight.items():
            self.in_flight[seq] = replace(left, attempt=0, verdict="repeat")
        for request_id in [key for key, each in self.questions.items() if each.effect is not None]:
            del self.questions[request_id]

    def doubted(self, seq: int) -> bool:
        """Whether a person is being asked about the effect requested at `seq`."""
        return any(question.effect == seq for question in self.questions.values())

    def dump(self) -> JsonObject:
        """JSON-ready; `load` gives an equal ledger back."""
        return dump(self)

    @classmethod
    def load(cls, data: JsonObject) -> "Ledger":
        """The ledger that `dump` wrote."""
        return load(cls, data)


def doubt_id(seq: int) -> str:
    """The request id of the question about the effect requested at `seq`."""
    return f"effect:{seq}"


def _verdict(answer: JsonValue) -> tuple[str, JsonValue]:
    """`done`, `repeat` or `fail`, alone or as a form `{outcome, result}`; anything else is `fail`."""
    form = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {"outcome": answer}
    outcome = form.get("outcome")
    return (outcome if outcome in DOUBT_OPTIONS else "fail"), form.get("result")
