"""JSON Schemas in the form that strict structured output wants: pure."""

from collections.abc import Mapping
from typing import Final, cast

from liteagent.contracts.json import JsonObject

__all__ = ["strict_schema"]

_UNKNOWN: Final = frozenset(
    {
        "allOf",
        "contains",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "not",
        "oneOf",
        "patternProperties",
        "prefixItems",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
    }
)
_DEEPEST: Final = 10
_MAPS: Final = ("properties", "$defs", "definitions")


class _NotStrictError(ValueError):
    pass


def strict_schema(schema: JsonObject) -> JsonObject | None:
    """`schema` with every object closed; None where it says more than strict output can enforce.

    What fits the strict schema fits `schema`, too. A property that may be missing stays the caller's wish, so
    a schema that has one is not strict.

    >>> strict_schema({"type": "object", "properties": {"a": {}}, "required": ["a"]})
    {'type': 'object', 'properties': {'a': {}}, 'required': ['a'], 'additionalProperties': False}
    """
    if schema.get("type") != "object" or "anyOf" in schema:
        return None
    try:
        return _closed(schema, 0)
    except _NotStrictError:
        return None


def _closed(schema: object, depth: int) -> JsonObject:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        raise _NotStrictError
    fields = cast("JsonObject", schema)
    if not _UNKNOWN.isdisjoint(fields):
        raise _NotStrictError
    closed: dict[str, object] = dict(fields)
    for name in _MAPS:
        if name in fields:
            parts = cast("Mapping[str, object]", fields[name])
            closed[name] = {key: _closed(part, depth + 1) for key, part in parts.items()}
    if "items" in fields:
        closed["items"] = _closed(fields["items"], depth + 1)
    if "anyOf" in fields:
        closed["anyOf"] = [_closed(part, depth + 1) for part in cast("list[object]", fields["anyOf"])]
    if "object" in _types(fields):
        _close_object(fields, closed)
    return cast("JsonObject", closed)


def _close_object(fields: JsonObject, closed: dict[str, object]) -> None:
    properties = cast("Mapping[str, object]", fields.get("properties") or {})
    required = cast("list[str]", fields.get("required") or [])
    open_on_purpose = fields.get("additionalProperties", False) is not False or not properties
    if open_on_purpose or set(required) != set(properties):
        raise _NotStrictError
    closed["additionalProperties"] = False


def _types(fields: JsonObject) -> list[str]:
    types = fields.get("type") or []
    return [types] if isinstance(types, str) else list(cast("list[str]", types))
