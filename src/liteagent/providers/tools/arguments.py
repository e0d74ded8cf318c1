"""What a model wrote, checked against the arguments that a built-in tool takes."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject

__all__ = ["Arguments", "checked", "schema"]


class Arguments(BaseModel):
    """The arguments of a tool: nothing else, and nothing of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


T = TypeVar("T", bound=Arguments)


def checked(kind: type[T], arguments: JsonObject) -> T:
    """The arguments.

    Raises:
        ToolError: `invalid_arguments`: they do not fit; the message says which.
    """
    try:
        return kind.model_validate(dict(arguments))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        told = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in found[:5]
        )
        raise ToolError(f"The arguments do not fit. {told}.", code="invalid_arguments") from None


def schema(kind: type[Arguments]) -> JsonObject:
    """Their JSON Schema, without the titles that pydantic makes up."""
    found = kind.model_json_schema()
    properties: dict[str, Any] = found.get("properties", {})
    plain = {
        name: {key: value for key, value in each.items() if key != "title"}
        for name, each in properties.items()
    }
    return {
        "type": "object",
        "properties": plain,
        "required": found.get("required", []),
        "additionalProperties": False,
    }
