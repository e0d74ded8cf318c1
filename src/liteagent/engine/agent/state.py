"""All that is known of an agent's turn: one immutable value that survives JSON."""

import json
from dataclasses import dataclass, field

from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, dump, load
from liteagent.contracts.llm import Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.engine.agent.events import Flag, Origin, ToolAnswer
from liteagent.engine.agent.results import compact
from liteagent.engine.agent.steps import steps_of
from liteagent.engine.agent.types import AgentStatus, AgentStep, HumanContactRequest

__all__ = ["AgentState", "Asked", "PendingCall"]


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A tool call of the model's last answer that the model does not know the outcome of yet.

    Attributes:
        request: Seq of the `tool.requested` that is or was in flight for it.
        answer: The outcome, once it is there; the others are waited for.
        failed: Whether the outcome is an error.
        approved: Whether a person has approved the call.
    """

    call: ToolCall
    request: int | None = None
    answer: ToolAnswer | None = None
    failed: bool = False
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Another agent that works at the task of a call.

    Attributes:
        call_id: The call that it answers.
        name: By which it is known to the agent that asked.
    """

    call_id: str
    name: str
    state: "AgentState"


@dataclass(frozen=True, slots=True)
class AgentState:
    """One turn of an agent.

    Attributes:
        run_id: Empty for a turn that was launched without one.
        seq: How many events were folded; the next one has the number above.
        messages: Earlier turns, then this one.
        turn_start: Place in `messages` where this turn begins: the user's message.
        calls: Tool calls of the model's last answer, until every one has its outcome.
        model_request: Seq of the model call in flight.
        model_calls: Model calls so far.
        tool_calls: Tool calls so far.
        failures: Model answers in a row whose every tool call failed.
        passages: What the searches found; the model knows `passages[n - 1]` as number n.
        traces: How the searches went, in order.
        human_request: What a person is being asked.
        finish_reason: How the model ended its last answer.
        partial: Text of an answer that was broken off.
        error: Why the turn failed, as `LiteAgentError.to_json` writes it.
        started_at: When the turn began, `at` when the last event was, in seconds since the epoch.
        waited: Seconds of it that people were waited for; `waiting_since` when the present wait began.
        kind: What started the turn; `source` is which one.
        cost: US dollars, of the calls whose price is known; `unpriced` counts the others.
        flags: What reads like an injected instruction; those from `announced` on stand in no event yet.
        effect: Seq of the summary or the guard in flight.
        guarded: Stages whose guardrails have spoken.
        refusal: What the turn answers instead, where a guard has refused something.
        prefetch: Calls made at the beginning, with their outcomes.
        summary: Stands in for the first `summarized` messages and what was before them.
        unsummarized: Whether a summary was tried in vain.
        repairs: Answers that did not fit the schema.
        active: Names of the agents that the turn was handed over to, one under the other.
        asked: Other agents that work at calls of the last answer.
    """

    run_id: str = ""
    seq: int = 0
    status: AgentStatus = AgentStatus.PENDING
    messages: tuple[Message, ...] = ()
    turn_start: int = 0
    calls: tuple[PendingCall, ...] = ()
    model_request: int | None = None
    model_calls: int = 0
    tool_calls: int = 0
    failures: int = 0
    passages: tuple[Passage, ...] = ()
    traces: tuple[JsonObject, ...] = ()
    human_request: HumanContactRequest | None = None
    usage: Usage = field(default_factory=Usage)
    finish_reason: str = ""
    partial: str = ""
    error: JsonObject | None = None
    started_at: float = 0.0
    at: float = 0.0
    waited: float = 0.0
    waiting_since: float | None = None
    kind: Origin = "chat"
    source: str = ""
    cost: float = 0.0
    unpriced: int = 0
    flags: tuple[Flag, ...] = ()
    announced: int = 0
    effect: int | None = None
    guarded: tuple[str, ...] = ()
    refusal: str = ""
    prefetch: tuple[PendingCall, ...] = ()
    summary: str = ""
    summarized: int = 0
    unsummarized: bool = False
    repairs: int = 0
    active: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()

    @property
    def output(self) -> Message | None:
        """The finished answer with its citations; None until the turn is COMPLETED."""
        return self.messages[-1] if self.status is AgentStatus.COMPLETED and self.messages else None

    @property
    def text(self) -> str:
        """The finished answer's text, or what there is of it."""
        return self.output.content if self.output else self.partial

    @property
    def steps(self) -> tuple[AgentStep, ...]:
        """What happened in this turn, for display."""
        answered = [_result(pending.call, pending.answer) for pending in self.calls if pending.answer]
        return steps_of((*self.messages[self.turn_start :], *answered), self.error)

    @property
    def busy(self) -> bool:
        """Whether an effect was requested and has no outcome."""
        at_work = {each.call_id for each in self.asked}
        waiting = any(
            pending.request is not None and pending.answer is None
            for pending in (*self.calls, *self.prefetch)
            if pending.call.id not in at_work
        )
        own = waiting or self.model_request is not None or self.effect is not None
        return own or any(each.state.busy for each in self.asked)

    @property
    def seconds(self) -> float:
        """How long was worked at the turn, without what people were waited for."""
        end = self.at if self.waiting_since is None else self.waiting_since
        return max(0.0, end - self.started_at - self.waited)

    @property
    def whole_usage(self) -> Usage:
        """What was consumed, with the agents that are at work now."""
        return sum((each.state.whole_usage for each in self.asked), self.usage)

    @property
    def whole_cost(self) -> float:
        """US dollars that are known of, with the agents that are at work now."""
        return self.cost + sum(each.state.whole_cost for each in self.asked)

    @property
    def whole_unpriced(self) -> int:
        """Model calls without a known price, with the agents that are at work now."""
        return self.unpriced + sum(each.state.whole_unpriced for each in self.asked)

    def colleague(self, call_id: str) -> "Asked | None":
        """The agent that works at that call."""
        return next((each for each in self.asked if each.call_id == call_id), None)

    def awaits(self, ref: int | None) -> bool:
        """Whether the effect requested at `ref` is in flight here or in an agent that was asked."""
        requests = {self.model_request, self.effect}
        requests.update(each.request for each in (*self.calls, *self.prefetch) if each.answer is None)
        return ref is not None and (ref in requests or any(each.state.awaits(ref) for each in self.asked))

    def to_json(self) -> str:
        """The whole state as JSON text; `from_json` gives an equal one back."""
        return json.dumps(dump(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "AgentState":
        """The state that `to_json` wrote.

        Raises:
            InvalidInputError: `text` is not such a state.
        """
        try:
            return load(cls, json.loads(text))
        except ValueError as error:
            problem = compact(str(error), 200)
            raise InvalidInputError(f"This is not what AgentState.to_json wrote: {problem}") from None


def _result(call: ToolCall, answer: ToolAnswer) -> Message:
    return Message(Role.TOOL, answer.content, tool_call_id=call.id)
