"""From what is asked to what an agent's run is pinned to, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject, dump, load
from liteagent.contracts.messages import Message, Role
from liteagent.contracts.runs import RunRecord
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.features.agents.service import PinnedAgent
from liteagent.features.gateway.asking import Ask
from liteagent.features.gateway.hearing import Ending

__all__ = ["Turn", "failure_of", "inputs_of_ask", "pinned_for", "said_in", "turn_of_run"]

_USUAL = AgentDefinition()
_OPEN = ("output_schema", "tool_choice", "reasoning_effort", "top_p", "stop")
"""What the client may say where the agent says nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A run as a client follows it.

    Attributes:
        conversation_id: None for a flow's.
        created: When it began, in seconds since the epoch.
        after: Seq of the event after which it begins: 0, or that with which the run waited for an answer.
        told: What the response tells again.
        tools: Names of the client's tools.
    """

    run_id: str
    conversation_id: str | None
    model: str
    created: int
    after: int = 0
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tools: tuple[str, ...] = ()
    is_flow: bool = False


def turn_of_run(record: RunRecord, started: JsonObject, after: int = 0) -> Turn:
    """The turn of a run, from its first event's payload."""
    definition = cast("Mapping[str, Any]", started.get("definition") or {})
    client: Mapping[str, Any] = definition.get("client") or {}
    told: Mapping[str, Any] = client.get("told") or {}
    return Turn(
        run_id=record.id,
        conversation_id=definition.get("conversation_id"),
        model=str(told.get("model", "")),
        created=int(record.created_at),
        after=after,
        told=told,
        tools=tuple(client.get("tools") or ()),
        is_flow="workflow" in definition,
    )


def pinned_for(agent: PinnedAgent, ask: Ask) -> PinnedAgent:
    """The agent as it is to answer this: its own limits hold, and what it leaves open the client may say."""
    definition, settings = agent.definition, ask.settings
    changes: dict[str, Any] = {}
    if ask.talk.instructions:
        changes["purpose"] = "\n\n".join(filter(None, (definition.purpose, ask.talk.instructions)))
    if settings.temperature is not None and definition.temperature is None:
        changes["temperature"] = settings.temperature
    if settings.max_output_tokens is not None:
        own = definition.max_output_tokens or settings.max_output_tokens
        changes["max_output_tokens"] = min(own, settings.max_output_tokens)
    changes |= {
        name: value
        for name in _OPEN
        if (value := getattr(settings, name)) and getattr(definition, name) == getattr(_USUAL, name)
    }
    if settings.parallel_tools is False:
        changes["parallel_tools"] = False
    if ask.tools:
        changes["client_tools"] = ask.tools
    return replace(agent, definition=replace(definition, **changes)) if changes else agent


def inputs_of_ask(ask: Ask) -> JsonObject:
    """What the run starts from, as `TurnInputs` is written."""
    talk = ask.talk
    inputs: dict[str, Any] = {"message": talk.message, "history": [dump(each) for each in talk.history]}
    if talk.images:
        inputs["images"] = [dump(each) for each in talk.images]
    return inputs


def said_in(started: JsonObject, ended: JsonObject) -> tuple[Message, ...]:
    """Everything that was said up to the end of a run: earlier turns, its message, its answer."""
    inputs = cast("Mapping[str, Any]", started.get("inputs") or {})
    outputs = cast("Mapping[str, Any]", ended.get("outputs") or {})
    history = [load(Message, each) for each in inputs.get("history") or ()]
    if message := str(inputs.get("message") or ""):
        asked = {"role": Role.USER, "content": message, "images": inputs.get("images") or ()}
        history.append(load(Message, asked))
    if "message" in outputs:
        history.append(load(Message, outputs["message"]))
    return tuple(history)


def failure_of(ending: Ending, turn: Turn) -> LiteAgentError | None:
    """Why a turn failed, with its run and conversation in the details; None if it did not."""
    error = ending.error
    if error is not None:
        error.details |= {"run_id": turn.run_id, "conversation_id": turn.conversation_id}
    return error
