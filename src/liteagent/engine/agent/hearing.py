"""How the outcomes of calls become what the model hears of them."""

from dataclasses import replace

from liteagent.contracts.messages import Message, Role
from liteagent.engine.agent.allowance import is_untrusted
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ToolAnswer
from liteagent.engine.agent.passages import numbered, passages_text
from liteagent.engine.agent.prefetch import PREFETCHED
from liteagent.engine.agent.state import AgentState, Asked, PendingCall
from liteagent.engine.agent.untrusted import marked_untrusted

__all__ = ["after_reply", "answered", "told"]


def answered(state: AgentState, done: PendingCall, definition: AgentDefinition) -> AgentState:
    """Note a call's outcome; once every call has one, the model's view of them joins the messages.

    Calls of client tools have none in this turn: they are not waited for.
    """
    if done.call.id.startswith(PREFETCHED):
        return _prefetched(state, done)
    calls = tuple(done if each.call.id == done.call.id else each for each in state.calls)
    if any(each.answer is None for each in calls):
        return replace(state, calls=calls)
    for each in calls:
        state = _heard(state, each, definition)
    failures = state.failures + 1 if all(each.failed for each in calls) else 0
    return replace(state, calls=(), failures=failures)


def told(state: AgentState, pending: PendingCall, definition: AgentDefinition) -> str:
    """The outcome of a call as the model reads it; the state knows its passages already."""
    answer = pending.answer or ToolAnswer(pending.call.id)
    if answer.passages is not None:
        return passages_text(answer.passages, state.passages, definition.prompts.passages)
    if pending.failed or not is_untrusted(definition, pending.call.name):
        return answer.content
    return marked_untrusted(answer.content, pending.call.name, definition.prompts.untrusted_note)


def after_reply(state: AgentState, asked: Asked) -> AgentState:
    """Without an agent that has done its task; what it has used up is the turn's."""
    inner = asked.state
    return replace(
        state,
        asked=tuple(each for each in state.asked if each is not asked),
        usage=state.usage + inner.whole_usage,
        cost=state.cost + inner.whole_cost,
        unpriced=state.unpriced + inner.whole_unpriced,
    )


def _prefetched(state: AgentState, done: PendingCall) -> AgentState:
    prefetch = tuple(done if each.call.id == done.call.id else each for each in state.prefetch)
    return _found(replace(state, prefetch=prefetch), done)


def _heard(state: AgentState, pending: PendingCall, definition: AgentDefinition) -> AgentState:
    state = _found(state, pending)
    message = Message(Role.TOOL, told(state, pending, definition), tool_call_id=pending.call.id)
    return replace(state, messages=(*state.messages, message))


def _found(state: AgentState, pending: PendingCall) -> AgentState:
    """The state that knows the passages of an outcome, and how they were found."""
    answer = pending.answer
    if answer is None:
        return state
    passages = state.passages if answer.passages is None else numbered(state.passages, answer.passages)
    traces = state.traces if answer.trace is None else (*state.traces, answer.trace)
    return replace(state, passages=passages, traces=traces)
