"""Options are what their schema says."""

from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.providers.llm import openai, openai_compatible
from liteagent.providers.vendors.options import check_options

SCHEMA: JsonObject = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "count": {"type": ["integer", "null"], "minimum": 1},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "names": {"type": "array", "items": {"type": "string"}},
        "inner": {"type": "object", "additionalProperties": False, "properties": {"on": {"type": "boolean"}}},
        "anything": {"type": "object"},
        "share": {"type": "number"},
    },
}


def test_what_fits_is_taken() -> None:
    fitting: dict[str, Any] = {
        "name": "",
        "count": None,
        "kind": "b",
        "names": ["x"],
        "inner": {"on": False},
        "anything": {"at": ["all"]},
        "share": 1,
    }
    check_options("p", SCHEMA, fitting)
    check_options("p", SCHEMA, {"name": "x", "count": 1, "names": ()})


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "'name'.*is missing"),
        ({"name": 5}, "'name'.*type string"),
        ({"name": "", "count": 0}, "'count'.*at least 1"),
        ({"name": "", "count": True}, "'count'.*type integer or null"),
        ({"name": "", "kind": "c"}, "'kind'.*one of a, b"),
        ({"name": "", "names": ["x", 1]}, r"'names\[1\]'.*type string"),
        ({"name": "", "inner": {"off": 1}}, r"'inner\.off'.*does not exist. Known: on"),
        ({"name": "", "inner": {"on": 1}}, r"'inner\.on'.*type boolean"),
        ({"name": "", "zebra": "secret"}, "'zebra' of the provider 'p' does not exist"),
    ],
)
def test_what_does_not_fit_is_named_and_not_quoted(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInputError, match=told) as caught:
        check_options("p", SCHEMA, options)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("schema", [openai.OPTIONS_SCHEMA, openai_compatible.OPTIONS_SCHEMA])
def test_every_option_is_explained_and_no_default_is_refused(schema: JsonObject) -> None:
    properties: Any = schema["properties"]
    assert all(each.get("description") for each in properties.values())
    check_options(
        "p", schema, {name: each["default"] for name, each in properties.items() if "default" in each}
    )
