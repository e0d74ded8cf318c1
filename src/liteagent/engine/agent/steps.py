"""What an agent did, line by line: derived from what was said."""

from collections.abc import Iterator, Sequence

from liteagent.contracts.json import JsonObject
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.engine.agent.human import REQUEST_HUMAN_INPUT
from liteagent.engine.agent.results import compact
from liteagent.engine.agent.types import AgentStep, StepType

__all__ = ["steps_of"]

_CONTENT_CHARS = 200


def steps_of(messages: Sequence[Message], error: JsonObject | None = None) -> tuple[AgentStep, ...]:
    """The steps of one turn, from the user's message on."""
    calls = {call.id: call for message in messages for call in message.tool_calls}
    found = [step for message in messages for step in _of_message(message, calls)]
    if error is not None:
        found.append((StepType.ERROR, str(error.get("message", "")), ""))
    return tuple(
        AgentStep(index, kind, compact(content, _CONTENT_CHARS), name)
        for index, (kind, content, name) in enumerate(found)
    )


def _of_message(message: Message, calls: dict[str, ToolCall]) -> Iterator[tuple[StepType, str, str]]:
    match message.role:
        case Role.USER:
            yield StepType.MESSAGE, message.content, ""
        case Role.TOOL:
            call = calls.get(message.tool_call_id or "")
            name = call.name if call else ""
            asked = name == REQUEST_HUMAN_INPUT
            yield StepType.HUMAN_ANSWER if asked else StepType.TOOL_RESULT, message.content, name
        case _:
            if message.content or not message.tool_calls:
                yield StepType.MODEL, message.content, ""
            for call in message.tool_calls:
                asked = call.name == REQUEST_HUMAN_INPUT
                yield StepType.HUMAN_REQUEST if asked else StepType.TOOL_CALL, call.arguments, call.name
