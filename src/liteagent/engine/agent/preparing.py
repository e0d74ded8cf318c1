"""What comes before a turn's first model call: a look at the message, guardrails, a summary, a prefetch."""

from liteagent.contracts.json import dump
from liteagent.contracts.messages import Role
from liteagent.contracts.runs import Effect, EventDraft, Safety
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ToolRequest
from liteagent.engine.agent.memory import SummaryMemory
from liteagent.engine.agent.prefetch import prefetch_call
from liteagent.engine.agent.screening import flag_of
from liteagent.engine.agent.state import AgentState
from liteagent.engine.runs.protocol import Decision, Perform

__all__ = ["prepared"]


def prepared(state: AgentState, speaking: AgentDefinition) -> Decision | None:
    """What is still to be done before the model is called; None once nothing is."""
    for step in (_looked_at, _guarded, _summarized, _prefetched):
        if (decision := step(state, speaking)) is not None:
            return decision
    return None


def _said(state: AgentState) -> str | None:
    """What the user says in this turn; None where only results of the client's tools came."""
    message = state.messages[-1]
    return message.content if message.role is Role.USER else None


def _looked_at(state: AgentState, speaking: AgentDefinition) -> Decision | None:
    said = _said(state)
    if said is None or any(flag.source == "message" for flag in state.flags):
        return None
    flag = flag_of(said, "message", "", speaking.guards)
    if flag is None:
        return None
    return Perform(events=(EventDraft("injection.flagged", dump(flag)),))


def _guarded(state: AgentState, speaking: AgentDefinition) -> Decision | None:
    if not speaking.guards.hooks or "input" in state.guarded or _said(state) is None:
        return None
    return Perform((Effect("guard", {"stage": "input"}, Safety.SAFE),))


def _summarized(state: AgentState, speaking: AgentDefinition) -> Decision | None:
    memory = speaking.memory
    if not isinstance(memory, SummaryMemory) or state.summarized or state.unsummarized:
        return None
    covered = memory.overflow(state.messages[: state.turn_start])
    return Perform((Effect("summary", {"covered": covered}, Safety.SAFE),)) if covered else None


def _prefetched(state: AgentState, speaking: AgentDefinition) -> Decision | None:
    if not speaking.prefetch or _said(state) is None:
        return None
    if state.prefetch:
        return Perform() if any(each.answer is None for each in state.prefetch) else None
    calls = [prefetch_call(each, number, _said(state) or "") for number, each in enumerate(speaking.prefetch)]
    requests = (ToolRequest(each.id, each.name, each.arguments) for each in calls)
    return Perform(tuple(Effect("tool", dump(each), Safety.SAFE) for each in requests))
