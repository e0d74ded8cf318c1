"""The agents of a turn: the one that speaks now, those that were asked, and where each stands."""

from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Effect, EventDraft
from liteagent.engine.agent.definition import AgentDefinition, SubAgent

__all__ = ["at_work", "lead_of", "led_by", "marked", "marked_effect", "member_of"]

_AGENT, _BETWEEN = "agent", "/"


def at_work(definition: AgentDefinition, active: tuple[str, ...]) -> AgentDefinition:
    """The agent that the turn was handed over to, step by step."""
    for name in active:
        definition = member_of(definition, name).definition
    return definition


def member_of(definition: AgentDefinition, name: str) -> SubAgent:
    """The agent that another one knows by this name.

    Raises:
        ValueError: It knows none.
    """
    member = definition.member(name)
    if member is None:
        raise ValueError(f"The agent {definition.name!r} knows no agent {name!r}.")
    return member


def lead_of(payload: JsonObject) -> tuple[str, str]:
    """The call that leads to the agent of an event, and the rest of the way; empty for the turn's own."""
    path = payload.get(_AGENT)
    first, _, rest = path.partition(_BETWEEN) if isinstance(path, str) else ("", "", "")
    return first, rest


def led_by(payload: JsonObject, rest: str) -> JsonObject:
    """The payload as the agent one step further down knows it."""
    inner = {key: value for key, value in payload.items() if key != _AGENT}
    if rest:
        inner[_AGENT] = rest
    if isinstance(asked := inner.get("request_id"), str):
        inner["request_id"] = asked.partition(_BETWEEN)[2]
    return inner


def marked(draft: EventDraft, call_id: str) -> EventDraft:
    """An event of the agent that works at a call, as it stands in the journal."""
    return EventDraft(draft.type, _mark(draft.payload, call_id), draft.ref)


def marked_effect(effect: Effect, call_id: str) -> Effect:
    """An effect of the agent that works at a call."""
    return Effect(effect.kind, _mark(effect.payload, call_id), effect.safety, effect.verb)


def _mark(payload: JsonObject, call_id: str) -> JsonObject:
    inner = payload.get(_AGENT)
    path = f"{call_id}{_BETWEEN}{inner}" if isinstance(inner, str) else call_id
    whole = {**payload, _AGENT: path}
    if isinstance(asked := payload.get("request_id"), str):
        whole["request_id"] = f"{call_id}{_BETWEEN}{asked}"
    return whole
