"""The agent as a pure reducer: what has happened decides what is done next.

One turn: the model is called; the tools that it asks for are called side by side; it hears of them in the
order of its calls; and so on until it answers without a call. Where it asks a person, or calls a tool that a
person has to approve, that comes after the other calls of the same answer, one question at a time.

The turn fails when the model fails, when a budget is used up (calls whose results no model call could read
any more are not made), or when tools keep failing: after `max_failures` answers in a row whose every call
failed, the model is told to answer without tools, and if it calls one all the same the turn ends.
"""

from typing import Any

from liteagent.contracts.errors import (
    BudgetExceededError,
    LiteAgentError,
    ProviderResponseError,
    RunFailedError,
)
from liteagent.contracts.json import JsonObject, dump
from liteagent.contracts.messages import Role
from liteagent.contracts.runs import Effect, Event, EventDraft, RunStatus, Safety
from liteagent.engine.agent.citations import cited
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ToolRequest
from liteagent.engine.agent.folding import folded
from liteagent.engine.agent.human import REQUEST_HUMAN_INPUT, approval_of, question_of
from liteagent.engine.agent.state import AgentState, PendingCall
from liteagent.engine.agent.types import HumanContactRequest
from liteagent.engine.runs.protocol import Decision, Finish, Perform, Suspend

__all__ = ["AgentReducer"]


class AgentReducer:
    """Decides for the agent that `definition` describes.

    Its effects are `model` and `tool`; `ModelPerformer` and `ToolPerformer` perform them.
    """

    def __init__(self, definition: AgentDefinition) -> None:
        self._definition = definition

    @property
    def initial(self) -> AgentState:
        """Nothing has happened."""
        return AgentState()

    def apply(self, state: AgentState, event: Event) -> AgentState:
        """The state after `event`.

        Raises:
            ValueError: The event is not what this version writes.
        """
        return folded(state, event, self._definition)

    def decide(self, state: AgentState) -> Decision:
        """What to do next: effects to start, a question to wait for, or the end."""
        if state.status.ended or not state.messages or state.model_request is not None:
            return Perform()
        if state.error is not None:
            return _end(state, state.error)
        if state.human_request is not None:
            return Suspend(RunStatus.WAITING_HUMAN)
        if state.messages[-1].role is Role.ASSISTANT and not state.calls:
            return _answer(state)
        if state.model_calls >= self._definition.max_steps:
            return _fail(state, _out_of_steps(self._definition.max_steps))
        return self._act(state) if state.calls else Perform((_model_call(state),))

    def _act(self, state: AgentState) -> Decision:
        """See to the tool calls of the model's last answer."""
        if state.tool_calls > self._definition.max_tool_calls:
            return _fail(state, _out_of_calls(self._definition.max_tool_calls))
        questions = [question for each in state.calls if (question := self._question(each))]
        asked = {question.request_id for question in questions}
        fresh = [each for each in state.calls if each.request is None and each.answer is None]
        if calls := [each for each in fresh if each.call.id not in asked]:
            if state.failures >= self._definition.max_failures:
                return _fail(state, _tools_fail(state.failures))
            return Perform(tuple(map(self._tool_call, calls)))
        if state.busy or not questions:
            return Perform()
        return Suspend(RunStatus.WAITING_HUMAN, (EventDraft("human.requested", dump(questions[0])),))

    def _question(self, pending: PendingCall) -> HumanContactRequest | None:
        """The question that is still to be asked with this call; None for every other call."""
        tool = self._definition.tool(pending.call.name)
        if tool is None or pending.answer or pending.request:
            return None
        if tool.name == REQUEST_HUMAN_INPUT:
            return question_of(pending.call)
        return approval_of(pending.call) if tool.approval and not pending.approved else None

    def _tool_call(self, pending: PendingCall) -> Effect:
        call = pending.call
        tool = self._definition.tool(call.name)
        request = ToolRequest(call.id, call.name, call.arguments)
        return Effect("tool", dump(request), tool.effect if tool else Safety.SAFE)


def _model_call(state: AgentState) -> Effect:
    return Effect("model", {"step": state.model_calls + 1}, Safety.SAFE)


def _answer(state: AgentState) -> Finish:
    message = cited(state.messages[-1], state.passages)
    if not message.content.strip():
        return _fail(state, _empty(state.finish_reason))
    outputs: dict[str, Any] = {"message": dump(message), "finish_reason": state.finish_reason}
    if state.traces:
        outputs["retrieval"] = list(state.traces)
    return Finish(RunStatus.COMPLETED, outputs, usage=dump(state.usage))


def _fail(state: AgentState, error: LiteAgentError) -> Finish:
    return _end(state, error.to_json())


def _end(state: AgentState, error: JsonObject) -> Finish:
    outputs = {"partial": state.partial} if state.partial else {}
    return Finish(RunStatus.FAILED, outputs, error, dump(state.usage))


def _out_of_steps(limit: int) -> BudgetExceededError:
    return BudgetExceededError(
        f"The agent made {limit} model calls and is not done. Raise max_steps, or give it a smaller task.",
        details={"limit": "max_steps", "value": limit},
    )


def _out_of_calls(limit: int) -> BudgetExceededError:
    return BudgetExceededError(
        f"The agent asked for more than {limit} tool calls in one turn. Raise max_tool_calls, or give it a "
        "smaller task.",
        details={"limit": "max_tool_calls", "value": limit},
    )


def _tools_fail(times: int) -> RunFailedError:
    return RunFailedError(
        f"Every tool call of {times} model answers in a row failed. The run's tool.failed events say why.",
        code="tools_failing",
    )


def _empty(finish_reason: str) -> ProviderResponseError:
    return ProviderResponseError(
        f"The model gave an empty answer (it ended with {finish_reason!r}). Try again; where the reason is "
        "'length', raise max_output_tokens.",
        details={"finish_reason": finish_reason},
    )
