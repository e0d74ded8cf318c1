"""How a turn ends: with an answer, with a call for the client, with a refusal, or with an error."""

from typing import Any

from liteagent.contracts.errors import LiteAgentError, ProviderResponseError, RunFailedError
from liteagent.contracts.json import JsonObject, JsonValue, dump
from liteagent.contracts.llm import consumption
from liteagent.contracts.messages import Message, Role
from liteagent.contracts.runs import Effect, EventDraft, RunStatus, Safety
from liteagent.engine.agent.citations import cited
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.hearing import told
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.structured import UnfitAnswerError, answer_of
from liteagent.engine.runs.protocol import Decision, Finish, Perform

__all__ = ["ended", "failed", "handed_back", "refused", "tools_fail"]

_REPAIRS = 1


def ended(state: AgentState, speaking: AgentDefinition) -> Decision:
    """The end with the model's answer, once it fits its schema and the guardrails have seen it."""
    message = state.messages[-1]
    if not message.content.strip():
        return failed(state, _empty(state.finish_reason))
    value: JsonValue = None
    if speaking.output_schema is not None:
        try:
            value = answer_of(message.content, speaking.output_schema)
        except UnfitAnswerError as error:
            return _unfit(state, str(error))
    if speaking.guards.hooks and "output" not in state.guarded:
        return Perform((Effect("guard", {"stage": "output"}, Safety.SAFE),))
    if speaking.output_schema is not None:
        return _finish(state, message, state.finish_reason, output=value)
    return _finish(state, cited(message, state.passages), state.finish_reason)


def handed_back(state: AgentState, speaking: AgentDefinition) -> Finish:
    """The end with calls that are the client's to make; what the agent's own calls came to goes with it."""
    message = state.messages[-1]
    done = {each.call.id: each for each in state.calls if each.answer is not None}
    results = [
        dump(Message(Role.TOOL, told(state, each, speaking), tool_call_id=each.call.id))
        for each in done.values()
    ]
    theirs = tuple(call for call in message.tool_calls if call.id not in done)
    given = Message(
        Role.ASSISTANT, message.content, theirs, provider_state=None if done else message.provider_state
    )
    more = {"tool_results": results} if results else {}
    return _finish(state, given, "tool_calls", **more)


def refused(state: AgentState) -> Finish:
    """The end with what is said instead of an answer."""
    return _finish(state, Message(Role.ASSISTANT, state.refusal), "content_filter")


def failed(state: AgentState, error: LiteAgentError | JsonObject) -> Finish:
    """The end with an error, and with as much of the answer as there is."""
    outputs = {"partial": state.partial} if state.partial else {}
    told = error.to_json() if isinstance(error, LiteAgentError) else error
    return Finish(RunStatus.FAILED, outputs, told, _consumed(state))


def tools_fail(times: int) -> RunFailedError:
    """Tools keep failing."""
    return RunFailedError(
        f"Every tool call of {times} model answers in a row failed. The run's tool.failed events say why.",
        code="tools_failing",
    )


def _finish(state: AgentState, message: Message, reason: str, **more: JsonValue) -> Finish:
    outputs: dict[str, Any] = {"message": dump(message), "finish_reason": reason, **more}
    if state.traces:
        outputs["retrieval"] = list(state.traces)
    if state.flags:
        patterns = dict.fromkeys(name for flag in state.flags for name in flag.patterns)
        outputs["injection"] = {"score": max(flag.score for flag in state.flags), "patterns": list(patterns)}
    return Finish(RunStatus.COMPLETED, outputs, usage=_consumed(state))


def _consumed(state: AgentState) -> JsonObject:
    return consumption(state.whole_usage, state.whole_cost, state.whole_unpriced)


def _unfit(state: AgentState, problem: str) -> Decision:
    if state.repairs < _REPAIRS:
        return Perform(events=(EventDraft("answer.rejected", {"problem": problem}),))
    return failed(
        state,
        ProviderResponseError(
            f"The model's answer does not have the shape that it was asked for. {problem} Try again, "
            "simplify the schema, or choose a model that knows structured output.",
            details={"problem": problem},
        ),
    )


def _empty(finish_reason: str) -> ProviderResponseError:
    return ProviderResponseError(
        f"The model gave an empty answer (it ended with {finish_reason!r}). Try again; where the reason is "
        "'length', raise max_output_tokens.",
        details={"finish_reason": finish_reason},
    )
