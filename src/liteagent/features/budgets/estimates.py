"""About how many tokens a call reads and writes, before anybody has counted."""

import json

from liteagent.contracts.llm import LLMRequest
from liteagent.engine.agent.memory import estimate_tokens

__all__ = ["input_tokens", "output_tokens"]

_MESSAGE = 4
_IMAGE = 1_500
_ANSWER = 4_096
_MARGIN = 130
"""Per cent: vocabularies differ by tens of them from the estimate."""


def input_tokens(request: LLMRequest) -> int:
    """What the model reads, rather too much than too little: messages, images, tools, the answer's shape."""
    tokens = 0
    for message in request.messages:
        calls = "".join(call.name + call.arguments for call in message.tool_calls)
        tokens += _MESSAGE + estimate_tokens(message.content) + estimate_tokens(calls)
        tokens += _IMAGE * len(message.images)
    for tool in request.tools:
        tokens += estimate_tokens(tool.name + tool.description + json.dumps(dict(tool.parameters)))
    if request.output_schema is not None:
        tokens += estimate_tokens(json.dumps(dict(request.output_schema.schema)))
    return -(-tokens * _MARGIN // 100)


def output_tokens(request: LLMRequest, longest: int | None = None, said: str | None = None) -> int:
    """What the model has said, or else the most that it may: as asked for, as it can, or 4096."""
    if said is not None:
        return estimate_tokens(said)
    return request.max_output_tokens or longest or _ANSWER
