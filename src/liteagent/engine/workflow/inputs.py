"""What a run is started with, checked against what the flow says it takes."""

from collections.abc import Mapping
from typing import Any

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.types import InputDefinition

__all__ = ["INPUT_TYPES", "checked_inputs"]

INPUT_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "any": (object,),
}
"""The types that an input can have."""


def checked_inputs(definitions: Mapping[str, InputDefinition], given: JsonObject) -> JsonObject:
    """The inputs of a run: what was given, and defaults for the rest.

    A flow that declares no inputs takes any.

    Raises:
        InvalidInputError: One is missing, unknown, or of another type; `details["field"]` names it.
    """
    if not definitions:
        return given
    for name in given:
        if name not in definitions:
            raise _refused(name, f"There is no such input. This flow takes {', '.join(definitions)}.")
    found: dict[str, Any] = {}
    for name, definition in definitions.items():
        if name in given:
            found[name] = _checked(name, definition, given[name])
        elif definition.required:
            raise _refused(name, f"It is required: a {definition.type}.")
        else:
            found[name] = definition.default
    return found


def _checked(name: str, definition: InputDefinition, value: JsonValue) -> JsonValue:
    allowed = INPUT_TYPES[definition.type]
    is_bool = isinstance(value, bool) and definition.type not in ("boolean", "any")
    if is_bool or not isinstance(value, allowed):
        raise _refused(name, f"It is to be a {definition.type}, and this is {_named(value)}.")
    if definition.options and value not in definition.options:
        options = ", ".join(str(each) for each in definition.options)
        raise _refused(name, f"It is to be one of: {options}.")
    return value


def _named(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"


def _refused(name: str, reason: str) -> InvalidInputError:
    return InvalidInputError(f"Input {name!r}: {reason}", details={"field": f"inputs.{name}"})
