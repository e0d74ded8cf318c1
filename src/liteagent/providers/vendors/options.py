"""Options of a provider, checked against the JSON Schema that describes them to people."""

from collections.abc import Mapping
from typing import Final, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject

__all__ = ["check_options"]

_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "array": (list, tuple),
    "boolean": (bool,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (Mapping,),
    "string": (str,),
}


def check_options(provider: str, schema: JsonObject, options: JsonObject) -> None:
    """Check options against `schema`, of which type, enum, minimum, items, properties, required and
    `additionalProperties: false` count.

    Args:
        provider: The provider's type, for messages.
        schema: Of the whole object.
        options: As somebody wrote them.

    Raises:
        InvalidInputError: One is unknown, missing or of the wrong kind; the message names it.
    """
    _check(f"The option {{}} of the provider {provider!r}", "", schema, options)


def _check(told: str, path: str, schema: JsonObject, value: object) -> None:
    kinds = _kinds(schema)
    if kinds and not any(_is(kind, value) for kind in kinds):
        raise _wrong(told, path, "must be of type " + " or ".join(kinds))
    choices = cast("list[object]", schema.get("enum") or [])
    if choices and value not in choices:
        raise _wrong(told, path, "must be one of " + ", ".join(map(str, choices)))
    minimum = schema.get("minimum")
    if isinstance(minimum, int | float) and isinstance(value, int | float) and value < minimum:
        raise _wrong(told, path, f"must be at least {minimum}")
    if isinstance(value, Mapping):
        _check_fields(told, path, schema, cast("Mapping[str, object]", value))
    elif isinstance(value, list | tuple):
        items = cast("JsonObject", schema.get("items") or {})
        for number, item in enumerate(cast("list[object]", value)):
            _check(told, f"{path}[{number}]", items, item)


def _check_fields(told: str, path: str, schema: JsonObject, value: Mapping[str, object]) -> None:
    known = cast("Mapping[str, JsonObject]", schema.get("properties") or {})
    missing = [name for name in cast("list[str]", schema.get("required") or []) if name not in value]
    if missing:
        raise _wrong(told, _under(path, missing[0]), "is missing")
    for name, each in value.items():
        if name in known:
            _check(told, _under(path, name), known[name], each)
        elif schema.get("additionalProperties") is False:
            raise _wrong(told, _under(path, name), "does not exist. Known: " + ", ".join(sorted(known)))


def _kinds(schema: JsonObject) -> list[str]:
    kinds = schema.get("type") or []
    return [kinds] if isinstance(kinds, str) else list(cast("list[str]", kinds))


def _is(kind: str, value: object) -> bool:
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _wrong(told: str, path: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"{told.format(repr(path) if path else 'object')} {why}.")
