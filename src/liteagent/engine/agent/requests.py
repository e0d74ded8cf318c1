"""From the state of a turn to the request that goes to the model. Pure: the same state, the same request."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from liteagent.contracts.json import JsonValue
from liteagent.contracts.llm import LLMRequest, ToolChoice, ToolSpec
from liteagent.contracts.messages import Message, Role
from liteagent.engine.agent.allowance import is_untrusted
from liteagent.engine.agent.citations import uncited
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.human import REQUEST_HUMAN_INPUT
from liteagent.engine.agent.knowledge import SEARCH_KNOWLEDGE
from liteagent.engine.agent.memory import estimate_tokens, message_tokens, within
from liteagent.engine.agent.passages import passages_text
from liteagent.engine.agent.prompts import render
from liteagent.engine.agent.state import AgentState, PendingCall
from liteagent.engine.agent.types import ToolDefinition

__all__ = ["build_request", "system_prompt"]

_ANSWER = 4096
"""Tokens that are left for an answer whose length is not limited."""


def build_request(state: AgentState, definition: AgentDefinition) -> LLMRequest:
    """System prompt, what fits of the conversation, and the tools.

    Args:
        state: At the request.
        definition: Of the agent whose turn it is: where the turn was handed over, the one it was handed to.
    """
    prompt = system_prompt(definition, failing=state.failures >= definition.max_failures)
    head = (Message(Role.SYSTEM, prompt),) if prompt else ()
    tools = tuple(tool.spec for tool in definition.offered)
    return LLMRequest(
        (*head, *_window(state, definition, _room(definition, prompt, tools))),
        tools,
        definition.temperature,
        definition.max_output_tokens,
        definition.output_schema,
        _tool_choice(state, definition, tools),
        definition.parallel_tools,
        definition.reasoning_effort,
        definition.top_p,
        definition.stop,
    )


def _window(state: AgentState, definition: AgentDefinition, room: int | None) -> tuple[Message, ...]:
    """What the model sees of the conversation; about `room` tokens, where that is known."""
    earlier = tuple(uncited(message) for message in state.messages[state.summarized : state.turn_start])
    spoken = (*earlier, *_with_prefetched(state, definition))
    window = definition.memory.fit(spoken)
    told = (_summary(state.summary, definition),) if state.summary else ()
    if room is not None:
        window = within(window, room - sum(map(message_tokens, told)))
    return (*told, *window)


def _summary(text: str, definition: AgentDefinition) -> Message:
    return Message(Role.USER, f"{definition.prompts.summarized}\n\n{text}")


def _room(definition: AgentDefinition, prompt: str, tools: Sequence[ToolSpec]) -> int | None:
    """What a model's window leaves for the conversation, with a tenth kept back: the count is an estimate."""
    if definition.context_window is None:
        return None
    fixed = prompt + "".join(f"{each.name}{each.description}{json.dumps(each.parameters)}" for each in tools)
    answer = definition.max_output_tokens or min(_ANSWER, definition.context_window // 4)
    return max(1, definition.context_window * 9 // 10 - answer - estimate_tokens(fixed))


def _with_prefetched(state: AgentState, definition: AgentDefinition) -> Sequence[Message]:
    """The messages of the turn; what was looked up stands above what the user says."""
    turn = state.messages[state.turn_start :]
    if not state.prefetch or not turn:
        return turn
    looked = [{"source": each.call.name, "found": _found(state, each, definition)} for each in state.prefetch]
    block = json.dumps({"note": definition.prompts.prefetched, "prefetched": looked}, ensure_ascii=False)
    return (replace(turn[0], content=f"{block}\n\n{turn[0].content}"), *turn[1:])


def _found(state: AgentState, pending: PendingCall, definition: AgentDefinition) -> JsonValue:
    """The outcome of a prefetched call; inside JSON it needs no further quotation marks."""
    answer = pending.answer
    if answer is None:
        return None
    if answer.passages is None:
        return answer.content
    return json.loads(passages_text(answer.passages, state.passages, definition.prompts.passages))


def _tool_choice(
    state: AgentState, definition: AgentDefinition, tools: Sequence[ToolSpec]
) -> ToolChoice | ToolSpec:
    """What was asked for holds for the first call; after it the model is free, or it would never answer."""
    match definition.tool_choice:
        case "none":
            return "none"
        case "required" if state.model_calls <= 1:
            return "required"
        case name if state.model_calls > 1 or name == "auto":
            return "auto"
        case name:
            named = [each for each in tools if each.name == name]
            return named[0] if named else "auto"


def system_prompt(definition: AgentDefinition, *, failing: bool = False) -> str:
    """All that the agent tells the model about itself, as the model reads it."""
    sections = (_rendered(text, definition) for text in _templates(definition, failing=failing))
    return "\n\n".join(section for section in sections if section)


def _templates(definition: AgentDefinition, *, failing: bool) -> Iterator[str]:
    prompts = definition.prompts
    if definition.guards.canary:
        yield prompts.canary
    yield prompts.system
    if definition.tools or definition.agents:
        yield prompts.tools
    if definition.tool(SEARCH_KNOWLEDGE):
        yield prompts.knowledge
    if definition.tool(REQUEST_HUMAN_INPUT):
        yield prompts.human
    if any(is_untrusted(definition, tool.name) for tool in definition.offered if _is_told(tool)):
        yield prompts.untrusted
    if failing:
        yield prompts.failing


def _is_told(tool: ToolDefinition) -> bool:
    """Passages have a prompt of their own."""
    return tool.name != SEARCH_KNOWLEDGE


def _rendered(template: str, definition: AgentDefinition) -> str:
    return render(
        template, name=definition.name, purpose=definition.purpose, canary=definition.guards.canary
    ).strip()
