"""How each event of a turn changes its state."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from liteagent.contracts.json import JsonObject, JsonValue, load
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.contracts.runs import STATUS_AFTER, Event
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import Failure, ModelAnswer, ToolAnswer, ToolRequest, TurnInputs
from liteagent.engine.agent.human import APPROVE, REQUEST_HUMAN_INPUT, answer_text, rejection
from liteagent.engine.agent.passages import numbered, passages_text
from liteagent.engine.agent.results import error_text, result_text
from liteagent.engine.agent.state import AgentState, PendingCall
from liteagent.engine.agent.types import HumanContactRequest

__all__ = ["folded"]

_Fold: TypeAlias = Callable[[AgentState, Event, AgentDefinition], AgentState]


def folded(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    """The state after `event`; of an event that means nothing here only the place is kept."""
    state = replace(state, seq=event.seq, status=STATUS_AFTER.get(event.type, state.status))
    fold = _FOLDS.get(event.type)
    return fold(state, event, definition) if fold else state


def _started(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    inputs = load(TurnInputs, event.payload["inputs"])
    history = tuple(message for message in inputs.history if _is_spoken(message))
    messages = (*history, Message(Role.USER, inputs.message))
    return replace(state, run_id=event.run_id, messages=messages, turn_start=len(history))


def _is_spoken(message: Message) -> bool:
    return message.role is Role.USER or (message.role is Role.ASSISTANT and not message.tool_calls)


def _model_requested(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    return replace(state, model_request=event.seq, model_calls=state.model_calls + 1)


def _model_completed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if event.ref != state.model_request:
        return state
    answer = load(ModelAnswer, event.payload)
    message = _with_own_call_ids(answer.message, state, event.seq)
    return replace(
        state,
        model_request=None,
        messages=(*state.messages, message),
        calls=tuple(PendingCall(call) for call in message.tool_calls),
        tool_calls=state.tool_calls + len(message.tool_calls),
        usage=state.usage + answer.usage,
        finish_reason=answer.finish_reason,
    )


def _with_own_call_ids(message: Message, state: AgentState, seq: int) -> Message:
    """Some servers number calls per answer or not at all; within a turn each call has an id of its own."""
    taken = {call.id for earlier in state.messages for call in earlier.tool_calls} | {""}
    calls: list[ToolCall] = []
    for index, call in enumerate(message.tool_calls):
        own = call if call.id not in taken else replace(call, id=f"call_{seq}_{index}")
        taken.add(own.id)
        calls.append(own)
    return replace(message, tool_calls=tuple(calls))


def _model_failed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if event.ref != state.model_request:
        return state
    failure = load(Failure, event.payload)
    return replace(state, model_request=None, error=failure.error, partial=failure.partial)


def _tool_requested(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    call_id = load(ToolRequest, event.payload).call_id
    calls = tuple(
        replace(pending, request=event.seq) if pending.call.id == call_id else pending
        for pending in state.calls
    )
    return replace(state, calls=calls)


def _tool_completed(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    if (pending := _in_flight(state, event.ref)) is None:
        return state
    return _answered(state, replace(pending, answer=load(ToolAnswer, event.payload)), definition)


def _tool_failed(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    if (pending := _in_flight(state, event.ref)) is None:
        return state
    text = error_text(load(Failure, event.payload).error, definition.max_error_chars)
    answer = ToolAnswer(pending.call.id, text)
    return _answered(state, replace(pending, answer=answer, failed=True), definition)


def _in_flight(state: AgentState, ref: int | None) -> PendingCall | None:
    return next((each for each in state.calls if each.request == ref and each.answer is None), None)


def _human_requested(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    return replace(state, human_request=load(HumanContactRequest, event.payload))


def _human_answered(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    request_id = event.payload.get("request_id")
    pending = next((each for each in state.calls if each.call.id == request_id), None)
    if state.human_request is None or state.human_request.request_id != request_id or pending is None:
        return state
    state = replace(state, human_request=None)
    if pending.call.name != REQUEST_HUMAN_INPUT:
        return _judged(state, pending, event.payload.get("answer"), definition)
    text = result_text(answer_text(event.payload.get("answer")), definition.max_result_chars)
    return _answered(state, replace(pending, answer=ToolAnswer(pending.call.id, text)), definition)


def _judged(
    state: AgentState, pending: PendingCall, verdict: JsonValue, definition: AgentDefinition
) -> AgentState:
    """A person has said whether a call may be made; what is no approval is a rejection."""
    if verdict == APPROVE:
        approved = replace(pending, approved=True)
        return replace(state, calls=tuple(approved if each is pending else each for each in state.calls))
    text = error_text(rejection(pending.call).to_json(), definition.max_error_chars)
    return _answered(state, replace(pending, answer=ToolAnswer(pending.call.id, text)), definition)


def _answered(state: AgentState, answered: PendingCall, definition: AgentDefinition) -> AgentState:
    """Note a call's outcome; once every call has one, the model's view of them joins the messages."""
    calls = tuple(answered if each.call.id == answered.call.id else each for each in state.calls)
    if any(each.answer is None for each in calls):
        return replace(state, calls=calls)
    for each in calls:
        state = _heard(state, each.answer, definition) if each.answer else state
    failures = state.failures + 1 if all(each.failed for each in calls) else 0
    return replace(state, calls=(), failures=failures)


def _heard(state: AgentState, answer: ToolAnswer, definition: AgentDefinition) -> AgentState:
    passages, content = state.passages, answer.content
    if answer.passages is not None:
        passages = numbered(passages, answer.passages)
        content = passages_text(answer.passages, passages, definition.prompts.passages)
    message = Message(Role.TOOL, content, tool_call_id=answer.call_id)
    traces = state.traces if answer.trace is None else (*state.traces, answer.trace)
    return replace(state, messages=(*state.messages, message), passages=passages, traces=traces)


def _completed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    message = load(Message, _object(event.payload, "outputs")["message"])
    return replace(state, messages=(*state.messages[:-1], message))


def _failed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    partial = _object(event.payload, "outputs").get("partial") or state.partial
    error = _object(event.payload, "error") or state.error
    return _idle(replace(state, error=error, partial=str(partial)))


def _cancelled(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    return _idle(replace(state, partial=str(event.payload.get("partial") or state.partial)))


def _idle(state: AgentState) -> AgentState:
    return replace(state, model_request=None, human_request=None)


def _object(payload: JsonObject, key: str) -> JsonObject:
    value = payload.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


_FOLDS: Mapping[str, _Fold] = MappingProxyType(
    {
        "run.started": _started,
        "model.requested": _model_requested,
        "model.completed": _model_completed,
        "model.failed": _model_failed,
        "tool.requested": _tool_requested,
        "tool.completed": _tool_completed,
        "tool.failed": _tool_failed,
        "human.requested": _human_requested,
        "human.answered": _human_answered,
        "run.completed": _completed,
        "run.failed": _failed,
        "run.cancelled": _cancelled,
    }
)
