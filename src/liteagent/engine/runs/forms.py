"""Whether a person's answer fits its form: the part of JSON Schema that forms are made of.

What is checked is `type`, `enum`, `required`, `properties`, `items` and `additionalProperties: false`; every
other keyword is for whoever draws the form.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue

__all__ = ["check_form"]

_DEEPEST = 8


def check_form(form: JsonValue, answer: JsonValue) -> None:
    """Whether `answer` is what `form`, a JSON Schema of type object, asks for; without one anything is.

    Raises:
        InvalidInputError: `answer_invalid`; `details.fields` says of each field what is wrong with it.
    """
    if not isinstance(form, Mapping):
        return
    schema = {"type": "object", **cast("Mapping[str, Any]", form)}
    problems = list(_problems(schema, answer, "", 0))
    if problems:
        told = "; ".join(f"{place or 'answer'} {problem}" for place, problem in problems[:5])
        raise InvalidInputError(
            f"The answer does not fit its form: {told}.",
            code="answer_invalid",
            details={"field": "answer", "fields": [{"field": at, "problem": what} for at, what in problems]},
        )


def _problems(schema: Mapping[str, Any], value: Any, place: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        return
    kinds = _kinds(schema.get("type"))
    if kinds and not any(_is_a(kind, value) for kind in kinds):
        yield place, f"is to be of type {' or '.join(kinds)}"
        return
    options = schema.get("enum")
    if isinstance(options, list) and value not in cast("list[object]", options):
        yield place, f"is to be one of: {', '.join(map(str, cast('list[object]', options)))}"
    if isinstance(value, Mapping):
        yield from _of_object(schema, cast("Mapping[str, Any]", value), place, depth)
    elif isinstance(value, list) and isinstance(items := schema.get("items"), Mapping):
        for index, each in enumerate(cast("list[object]", value)):
            yield from _problems(cast("Mapping[str, Any]", items), each, f"{place}[{index}]", depth + 1)


def _of_object(
    schema: Mapping[str, Any], value: Mapping[str, Any], place: str, depth: int
) -> Iterator[tuple[str, str]]:
    properties = cast("Mapping[str, Any]", schema.get("properties") or {})
    for name in cast("Sequence[str]", schema.get("required") or ()):
        if name not in value:
            yield _inside(place, name), "is missing"
    for name, each in value.items():
        if name in properties:
            yield from _problems(properties[name], each, _inside(place, name), depth + 1)
        elif schema.get("additionalProperties") is False:
            yield _inside(place, name), "is not a field of the form"


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _kinds(declared: object) -> tuple[str, ...]:
    if isinstance(declared, str):
        return (declared,)
    return tuple(cast("list[str]", declared)) if isinstance(declared, list) else ()


def _is_a(kind: str, value: object) -> bool:
    match kind:
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return not isinstance(value, bool) and (
                isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            )
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "null":
            return value is None
        case _:
            return True
