"""From the state of a turn to the request that goes to the model. Pure: the same state, the same request."""

from collections.abc import Iterator

from liteagent.contracts.llm import LLMRequest
from liteagent.contracts.messages import Message, Role
from liteagent.engine.agent.citations import uncited
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.human import REQUEST_HUMAN_INPUT
from liteagent.engine.agent.knowledge import SEARCH_KNOWLEDGE
from liteagent.engine.agent.prompts import render
from liteagent.engine.agent.state import AgentState

__all__ = ["build_request", "system_prompt"]


def build_request(state: AgentState, definition: AgentDefinition) -> LLMRequest:
    """System prompt, what fits of the conversation, and the tools."""
    earlier = tuple(uncited(message) for message in state.messages[: state.turn_start])
    window = definition.memory.fit((*earlier, *state.messages[state.turn_start :]))
    prompt = system_prompt(definition, failing=state.failures >= definition.max_failures)
    head = (Message(Role.SYSTEM, prompt),) if prompt else ()
    return LLMRequest(
        (*head, *window),
        tuple(tool.spec for tool in definition.tools),
        definition.temperature,
        definition.max_output_tokens,
    )


def system_prompt(definition: AgentDefinition, *, failing: bool = False) -> str:
    """All that the agent tells the model about itself, as the model reads it."""
    sections = (_rendered(text, definition) for text in _templates(definition, failing=failing))
    return "\n\n".join(section for section in sections if section)


def _templates(definition: AgentDefinition, *, failing: bool) -> Iterator[str]:
    prompts = definition.prompts
    yield prompts.system
    if definition.tools:
        yield prompts.tools
    if definition.tool(SEARCH_KNOWLEDGE):
        yield prompts.knowledge
    if definition.tool(REQUEST_HUMAN_INPUT):
        yield prompts.human
    if failing:
        yield prompts.failing


def _rendered(template: str, definition: AgentDefinition) -> str:
    return render(template, name=definition.name, purpose=definition.purpose).strip()
