"""What a flow's run is started with when a client talks to it, or calls it as a tool."""

import json
from collections.abc import Mapping
from typing import Any, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.types import InputDefinition

__all__ = ["input_schema", "inputs_of"]

_SPOKEN = ("message", "input", "query", "question", "text", "prompt")
"""Names of the input that takes what a user says, where there are several."""

_LONGEST = 2_000_000


def inputs_of(inputs: Mapping[str, InputDefinition], message: str) -> dict[str, Any]:
    """The inputs in a user's message: a JSON object of them, or the text of the one that takes text.

    Raises:
        InvalidInputError: It cannot be told which input the message is.
    """
    given = _object(message)
    if given is not None and (not inputs or given.keys() <= inputs.keys()):
        return given
    name = _spoken(inputs)
    if name is not None:
        return {name: message}
    if not inputs:
        return {"message": message}
    raise InvalidInputError(
        f"This flow takes {', '.join(inputs)}. Send them as a JSON object in the last user message.",
        details={"param": "messages", "inputs": list(inputs)},
    )


def input_schema(inputs: Mapping[str, InputDefinition]) -> dict[str, Any]:
    """The JSON Schema of a flow's inputs."""
    required = [name for name, each in inputs.items() if each.required]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _property(each) for name, each in inputs.items()},
        "additionalProperties": not inputs,
    }
    return {**schema, "required": required} if required else schema


def _property(definition: InputDefinition) -> dict[str, Any]:
    schema: dict[str, Any] = {} if definition.type == "any" else {"type": definition.type}
    if definition.description:
        schema["description"] = definition.description
    if definition.options:
        schema["enum"] = list(definition.options)
    if definition.default is not None:
        schema["default"] = definition.default
    return schema


def _spoken(inputs: Mapping[str, InputDefinition]) -> str | None:
    texts = [name for name, each in inputs.items() if each.type in ("string", "any")]
    required = [name for name, each in inputs.items() if each.required]
    if set(required) - set(texts) or len(required) > 1:
        return None
    if required:
        return required[0]
    return texts[0] if len(texts) == 1 else next((each for each in _SPOKEN if each in texts), None)


def _object(message: str) -> dict[str, Any] | None:
    if not message.lstrip().startswith("{") or len(message) > _LONGEST:
        return None
    try:
        found: JsonObject = json.loads(message)
    except ValueError:
        return None
    return dict(found) if isinstance(cast("object", found), dict) else None
