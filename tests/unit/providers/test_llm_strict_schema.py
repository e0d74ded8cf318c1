"""Which schemas strict structured output can enforce."""

from typing import Any

import pytest

from liteagent.providers.llm.strict_schema import strict_schema


def thing(*optional: str, **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def closed(**properties: Any) -> dict[str, Any]:
    return {**thing(**properties), "additionalProperties": False}


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (thing(a=TEXT), closed(a=TEXT)),
        (thing(a=thing(b=TEXT)), closed(a=closed(b=TEXT))),
        (
            thing(a={"type": "array", "items": thing(b=TEXT)}),
            closed(a={"type": "array", "items": closed(b=TEXT)}),
        ),
        (
            thing(a={"anyOf": [thing(b=TEXT), {"type": "null"}]}),
            closed(a={"anyOf": [closed(b=TEXT), {"type": "null"}]}),
        ),
        (
            {**thing(a={"$ref": "#/$defs/b"}), "$defs": {"b": thing(c=TEXT)}},
            {**closed(a={"$ref": "#/$defs/b"}), "$defs": {"b": closed(c=TEXT)}},
        ),
    ],
)
def test_objects_are_closed_all_the_way_down(schema: dict[str, Any], strict: dict[str, Any]) -> None:
    assert strict_schema(schema) == strict


@pytest.mark.parametrize(
    "schema",
    [
        TEXT,
        {"type": "object"},
        {**thing(a=TEXT), "anyOf": []},
        thing("b", a=TEXT, b=TEXT),
        thing(a=thing("c", c=TEXT)),
        thing(a={"type": "object"}),
        thing(a={"type": ["object", "null"]}),
        thing(a=True),
        {**thing(a=TEXT), "additionalProperties": TEXT},
        {**thing(a=TEXT), "additionalProperties": True},
        thing(a={"oneOf": [TEXT]}),
        thing(a={"not": TEXT}),
    ],
)
def test_what_says_more_is_left_to_words(schema: dict[str, Any]) -> None:
    assert strict_schema(schema) is None


def test_a_schema_that_is_too_deep() -> None:
    schema = thing(a=TEXT)
    for _ in range(20):
        schema = thing(a=schema)
    assert strict_schema(schema) is None
