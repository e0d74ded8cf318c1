"""How each event of a turn changes its state."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from liteagent.contracts.json import JsonObject, JsonValue, load
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.contracts.runs import STATUS_AFTER, Event
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import (
    Failure,
    Flag,
    ModelAnswer,
    SummaryMade,
    ToolAnswer,
    ToolRequest,
    TurnInputs,
    Verdict,
)
from liteagent.engine.agent.hearing import after_reply, answered
from liteagent.engine.agent.history import taken_from
from liteagent.engine.agent.human import APPROVE, REQUEST_HUMAN_INPUT, answer_text, rejection
from liteagent.engine.agent.members import at_work, lead_of, led_by, member_of
from liteagent.engine.agent.prefetch import PREFETCHED
from liteagent.engine.agent.prompts import render
from liteagent.engine.agent.results import error_text, result_text
from liteagent.engine.agent.state import AgentState, Asked, PendingCall
from liteagent.engine.agent.types import HumanContactRequest

__all__ = ["folded"]

_RESERVED = re.compile(rf"/|\A{PREFETCHED}")

_Fold: TypeAlias = Callable[[AgentState, Event, AgentDefinition], AgentState]

_PAUSES = ("human.requested", "run.paused")
_GOES_ON = ("human.answered", "run.resumed")


def folded(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    """The state after `event`; of an event that means nothing here only the place is kept."""
    state = _timed(state, event)
    definition = at_work(definition, state.active) if state.active else definition
    if state.asked and (asked := _meant(state, event)) is not None:
        return _inside(state, asked, event, definition)
    fold = _FOLDS.get(event.type)
    return fold(state, event, definition) if fold else state


def _timed(state: AgentState, event: Event) -> AgentState:
    status = STATUS_AFTER.get(event.type, state.status)
    state = replace(state, seq=event.seq, at=event.at, status=status)
    if event.type in _PAUSES and state.waiting_since is None:
        return replace(state, waiting_since=event.at)
    if event.type in _GOES_ON and state.waiting_since is not None:
        waited = state.waited + event.at - state.waiting_since
        return replace(state, waited=waited, waiting_since=None)
    return state


def _meant(state: AgentState, event: Event) -> Asked | None:
    """The agent that was asked and that this event is about."""
    call_id, _ = lead_of(event.payload)
    if not call_id and event.type == "human.answered":
        call_id = str(event.payload.get("request_id")).partition("/")[0]
        return state.colleague(call_id) if state.human_request is not None else None
    if call_id:
        return state.colleague(call_id)
    return next((each for each in state.asked if each.state.awaits(event.ref)), None)


def _inside(state: AgentState, asked: Asked, event: Event, definition: AgentDefinition) -> AgentState:
    """The state after an event of an agent that was asked."""
    member = member_of(definition, asked.name)
    payload = led_by(event.payload, lead_of(event.payload)[1])
    own = Event(event.run_id, event.seq, event.type, payload, event.at, event.ref)
    inner = replace(asked, state=folded(asked.state, own, member.definition))
    others = tuple(inner if each is asked else each for each in state.asked)
    if event.type == "human.requested":
        return replace(state, asked=others, human_request=load(HumanContactRequest, event.payload))
    waits = None if event.type == "human.answered" else state.human_request
    return replace(state, asked=others, human_request=waits)


def _started(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    inputs = load(TurnInputs, event.payload["inputs"])
    history = taken_from(inputs.history, definition)
    said = (Message(Role.USER, inputs.message, images=inputs.images),) if _says(inputs) else ()
    return replace(
        state,
        run_id=event.run_id,
        started_at=event.at,
        messages=(*history, *said),
        turn_start=len(history),
        kind=inputs.kind,
        source=inputs.source,
        summary=inputs.summary,
    )


def _says(inputs: TurnInputs) -> bool:
    return bool(inputs.message or inputs.images or not inputs.history)


def _model_requested(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    return replace(state, model_request=event.seq, model_calls=state.model_calls + 1)


def _model_completed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if event.ref != state.model_request:
        return state
    answer = load(ModelAnswer, event.payload)
    state = _paid(state, answer.cost)
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


def _paid(state: AgentState, cost: float | None) -> AgentState:
    if cost is None:
        return replace(state, unpriced=state.unpriced + 1)
    return replace(state, cost=state.cost + cost)


def _with_own_call_ids(message: Message, state: AgentState, seq: int) -> Message:
    """Some servers number calls per answer or not at all; within a turn each call has an id of its own."""
    taken = {call.id for earlier in state.messages for call in earlier.tool_calls} | {""}
    calls: list[ToolCall] = []
    for index, call in enumerate(message.tool_calls):
        own = (
            call
            if call.id not in taken and not _RESERVED.search(call.id)
            else replace(call, id=f"call_{seq}_{index}")
        )
        taken.add(own.id)
        calls.append(own)
    return replace(message, tool_calls=tuple(calls))


def _model_failed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if event.ref != state.model_request:
        return state
    failure = load(Failure, event.payload)
    return replace(state, model_request=None, error=failure.error, partial=failure.partial)


def _tool_requested(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    request = load(ToolRequest, event.payload)
    if request.call_id.startswith(PREFETCHED):
        call = ToolCall(request.call_id, request.name, request.arguments)
        return replace(state, prefetch=(*state.prefetch, PendingCall(call, event.seq)))
    return replace(state, calls=_requested(state, request.call_id, event.seq))


def _requested(state: AgentState, call_id: str, seq: int) -> tuple[PendingCall, ...]:
    return tuple(replace(each, request=seq) if each.call.id == call_id else each for each in state.calls)


def _tool_completed(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    if (pending := _in_flight(state, event.ref)) is None:
        return state
    answer = load(ToolAnswer, event.payload)
    state = replace(state, flags=(*state.flags, *answer.flags))
    return answered(state, replace(pending, answer=answer), definition)


def _tool_failed(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    if (pending := _in_flight(state, event.ref)) is None:
        return state
    text = error_text(load(Failure, event.payload).error, definition.max_error_chars)
    answer = ToolAnswer(pending.call.id, text)
    return answered(state, replace(pending, answer=answer, failed=True), definition)


def _in_flight(state: AgentState, ref: int | None) -> PendingCall | None:
    open_calls = (each for each in (*state.calls, *state.prefetch) if each.answer is None)
    return next((each for each in open_calls if each.request == ref), None)


def _call(state: AgentState, call_id: JsonValue) -> PendingCall | None:
    return next((each for each in state.calls if each.call.id == call_id), None)


def _effect_requested(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    return replace(state, effect=event.seq)


def _summary_completed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if event.ref != state.effect:
        return state
    made = load(SummaryMade, event.payload)
    paid = _paid(state, made.cost) if made.usage.input or made.usage.output else state
    usage = state.usage + made.usage
    return replace(paid, effect=None, summary=made.text, summarized=made.covered, usage=usage)


def _summary_failed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if event.ref != state.effect:
        return state
    return replace(state, effect=None, unsummarized=True)


def _guard_completed(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    if event.ref != state.effect:
        return state
    verdict = load(Verdict, event.payload)
    state = replace(state, effect=None, guarded=(*state.guarded, verdict.stage))
    if verdict.refused is not None:
        return replace(state, refusal=verdict.refused or definition.prompts.refused)
    if verdict.text is None:
        return state
    at = state.turn_start if verdict.stage == "input" else len(state.messages) - 1
    changed = replace(state.messages[at], content=verdict.text)
    return replace(state, messages=(*state.messages[:at], changed, *state.messages[at + 1 :]))


def _guard_failed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if event.ref != state.effect:
        return state
    return replace(state, effect=None, error=load(Failure, event.payload).error)


def _flagged(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    flag = load(Flag, event.payload)
    if flag.source != "message":
        return replace(state, announced=state.announced + 1)
    refusal = definition.prompts.refused if flag.action == "blocked" else state.refusal
    flags = (*state.flags[: state.announced], flag, *state.flags[state.announced :])
    return replace(state, flags=flags, announced=state.announced + 1, refusal=refusal)


def _rejected(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    told = render(definition.prompts.repair, problem=str(event.payload.get("problem", "")))
    messages = (*state.messages, Message(Role.USER, told))
    return replace(state, messages=messages, repairs=state.repairs + 1)


def _agent_started(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    call_id, name = str(event.payload["call_id"]), str(event.payload["name"])
    member = member_of(definition, name)
    own = Event(event.run_id, event.seq, "run.started", {"inputs": event.payload["inputs"]}, event.at)
    asked = Asked(call_id, name, folded(AgentState(), own, member.definition))
    return replace(state, calls=_requested(state, call_id, event.seq), asked=(*state.asked, asked))


def _agent_ended(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    call_id = str(event.payload["call_id"])
    asked = state.colleague(call_id)
    pending = _call(state, call_id)
    if asked is None or pending is None:
        return state
    state = after_reply(state, asked)
    if event.type == "agent.failed":
        text = error_text(_object(event.payload, "error"), definition.max_error_chars)
        return answered(state, replace(pending, answer=ToolAnswer(call_id, text), failed=True), definition)
    text = result_text(str(event.payload.get("content", "")), definition.max_result_chars)
    return answered(state, replace(pending, answer=ToolAnswer(call_id, text)), definition)


def _handed_off(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    name = str(event.payload["name"])
    told = render(definition.prompts.handed_over, agent=name)
    for pending in state.calls:
        if pending.answer is None:
            answer = ToolAnswer(pending.call.id, told)
            state = answered(state, replace(pending, answer=answer), definition)
    return replace(state, active=(*state.active, name), failures=0)


def _human_requested(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    if "effect" in event.payload:
        return state  # the driver's own question about an effect
    return replace(state, human_request=load(HumanContactRequest, event.payload))


def _human_answered(state: AgentState, event: Event, definition: AgentDefinition) -> AgentState:
    request_id = event.payload.get("request_id")
    pending = _call(state, request_id)
    if state.human_request is None or state.human_request.request_id != request_id or pending is None:
        return state
    state = replace(state, human_request=None)
    if pending.call.name != REQUEST_HUMAN_INPUT:
        return _judged(state, pending, event.payload.get("answer"), definition)
    text = result_text(answer_text(event.payload.get("answer")), definition.max_result_chars)
    return answered(state, replace(pending, answer=ToolAnswer(pending.call.id, text)), definition)


def _judged(
    state: AgentState, pending: PendingCall, verdict: JsonValue, definition: AgentDefinition
) -> AgentState:
    """A person has said whether a call may be made; what is no approval is a rejection."""
    if verdict == APPROVE:
        approved = replace(pending, approved=True)
        return replace(state, calls=tuple(approved if each is pending else each for each in state.calls))
    text = error_text(rejection(pending.call).to_json(), definition.max_error_chars)
    return answered(state, replace(pending, answer=ToolAnswer(pending.call.id, text)), definition)


def _completed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    message = load(Message, _object(event.payload, "outputs")["message"])
    said = state.messages[:-1] if state.messages[-1].role is Role.ASSISTANT else state.messages
    calls = tuple(each for each in state.calls if each.answer is None)
    return replace(state, messages=(*said, message), calls=calls)


def _failed(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    partial = _object(event.payload, "outputs").get("partial") or state.partial
    error = _object(event.payload, "error") or state.error
    return _idle(replace(state, error=error, partial=str(partial)))


def _cancelled(state: AgentState, event: Event, _definition: AgentDefinition) -> AgentState:
    return _idle(replace(state, partial=str(event.payload.get("partial") or state.partial)))


def _idle(state: AgentState) -> AgentState:
    return replace(state, model_request=None, effect=None, human_request=None)


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
        "summary.requested": _effect_requested,
        "summary.completed": _summary_completed,
        "summary.failed": _summary_failed,
        "guard.requested": _effect_requested,
        "guard.completed": _guard_completed,
        "guard.failed": _guard_failed,
        "injection.flagged": _flagged,
        "answer.rejected": _rejected,
        "agent.started": _agent_started,
        "agent.completed": _agent_ended,
        "agent.failed": _agent_ended,
        "agent.handed_off": _handed_off,
        "human.requested": _human_requested,
        "human.answered": _human_answered,
        "run.completed": _completed,
        "run.failed": _failed,
        "run.cancelled": _cancelled,
    }
)
