"""Whether answers fit their forms."""

from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.runs.forms import check_form


@pytest.mark.parametrize(
    ("schema", "fits", "does_not"),
    [
        ({"type": "string"}, "a", 1),
        ({"type": "integer"}, 2.0, 2.5),
        ({"type": "number"}, 2.5, "2"),
        ({"type": "boolean"}, True, 1),
        ({"type": "null"}, None, 0),
        ({"type": ["string", "null"]}, None, 0),
        ({"type": "array", "items": {"type": "string"}}, ["a"], ["a", 1]),
        ({"type": "object", "required": ["x"]}, {"x": 1}, {}),
        ({"enum": [1, "a"]}, "a", "b"),
        ({"type": "something new"}, object, None),
    ],
)
def test_what_fits_and_what_does_not(schema: dict[str, Any], fits: Any, does_not: Any) -> None:
    form = {"properties": {"field": schema}}
    check_form(form, {"field": fits})
    if does_not is not None:
        with pytest.raises(InvalidInputError) as refused:
            check_form(form, {"field": does_not})
        assert refused.value.details["fields"][0]["field"].startswith("field")


def test_without_a_form_anything_goes() -> None:
    check_form(None, 1)
    check_form("no form", 1)
