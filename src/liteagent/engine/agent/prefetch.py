"""What an agent looks up before it thinks: declared calls of safe tools, told to the model in one block."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.messages import ToolCall
from liteagent.engine.agent.prompts import render

__all__ = ["PREFETCHED", "Prefetch", "prefetch_call"]

PREFETCHED = "prefetch:"
"""How the ids of prefetched calls begin; no call of a model has such an id."""


@dataclass(frozen=True, slots=True)
class Prefetch:
    """A call that is made at the beginning of each turn, whatever the model would do.

    Attributes:
        tool: A safe tool of the agent that needs no approval.
        arguments: What it is called with; `{message}` in a text stands for what the user says.
    """

    tool: str
    arguments: JsonObject = field(default_factory=dict[str, Any])


def prefetch_call(declared: Prefetch, number: int, message: str) -> ToolCall:
    """The call that a turn makes."""
    arguments = _filled(declared.arguments, message)
    return ToolCall(f"{PREFETCHED}{number}", declared.tool, json.dumps(arguments, ensure_ascii=False))


def _filled(value: JsonValue, message: str) -> JsonValue:
    if isinstance(value, str):
        return render(value, message=message)
    if isinstance(value, Mapping):
        return {key: _filled(each, message) for key, each in cast("JsonObject", value).items()}
    if isinstance(value, Sequence):
        return [_filled(each, message) for each in value]
    return value
