"""What is wished of an answer, put into words for models that cannot be held to it: pure."""

import json
from collections.abc import Sequence
from dataclasses import replace

from liteagent.contracts.llm import LLMRequest, OutputSchema, ToolSpec
from liteagent.contracts.messages import Message, Role

__all__ = ["demanded_call", "with_words"]


def with_words(messages: Sequence[Message], schema: OutputSchema) -> tuple[Message, ...]:
    """The messages with the shape asked for at the end of the first instructions."""
    shape = json.dumps(schema.schema, ensure_ascii=False)
    words = (
        "Answer with one JSON object and nothing else: no code fence and no text around it. "
        f"It must fit this JSON Schema:\n{shape}"
    )
    if messages and messages[0].role is Role.SYSTEM:
        first = replace(messages[0], content=f"{messages[0].content}\n\n{words}")
        return (first, *messages[1:])
    return (Message(Role.SYSTEM, words), *messages)


def demanded_call(request: LLMRequest) -> str:
    """What is said to a model that cannot be forced to call the tool that has to be called; else nothing."""
    wanted = request.tool_choice
    if not request.tools or wanted in ("auto", "none"):
        return ""
    which = f"the tool {wanted.name}" if isinstance(wanted, ToolSpec) else "one of the tools"
    return f"Go on by calling {which}, not by an answer in words."
