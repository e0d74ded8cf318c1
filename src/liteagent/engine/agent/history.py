"""What a turn takes from the ones before it."""

from collections.abc import Sequence

from liteagent.contracts.messages import Message, Role
from liteagent.engine.agent.definition import AgentDefinition

__all__ = ["taken_from"]


def taken_from(history: Sequence[Message], definition: AgentDefinition) -> tuple[Message, ...]:
    """What people and the agent said to each other, and calls of client tools that have all their results.

    A call or a result that lacks its other half would make a model's server refuse the whole conversation.
    """
    results = {each.tool_call_id for each in history if each.role is Role.TOOL}
    calling = {
        call.id for each in history if _calls_client(each, definition, results) for call in each.tool_calls
    }
    return tuple(each for each in history if _is_taken(each, calling))


def _calls_client(message: Message, definition: AgentDefinition, results: set[str | None]) -> bool:
    calls = message.tool_calls if message.role is Role.ASSISTANT else ()
    return bool(calls) and all(definition.is_client_tool(call.name) and call.id in results for call in calls)


def _is_taken(message: Message, calling: set[str]) -> bool:
    match message.role:
        case Role.USER:
            return True
        case Role.ASSISTANT:
            return all(call.id in calling for call in message.tool_calls)
        case Role.TOOL:
            return message.tool_call_id in calling
        case Role.SYSTEM:
            return False
