"""A wished shape of the answer, put into words for models that cannot be held to it: pure."""

import json
from collections.abc import Sequence
from dataclasses import replace

from liteagent.contracts.llm import OutputSchema
from liteagent.contracts.messages import Message, Role

__all__ = ["with_words"]


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
