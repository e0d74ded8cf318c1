"""`wait`: seconds, or until a moment."""

from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import Outcome
from liteagent.engine.workflow.nodes.wait import WAIT, WaitNodeHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema, refusal

NOW = 1_700_000_000.0
YEAR = 366 * 86_400


def moment(scope: dict[str, Any] | None = None, **config: Any) -> float:
    return make(WAIT, WaitNodeHandler, config).until(scope or {}, NOW)


@pytest.mark.parametrize(
    ("seconds", "waited"),
    [(30, 30), (0.5, 0.5), (0, 0), ("inputs.n * 2", 20), ("{{ inputs.n }}", 10), ("5", 5), (YEAR, YEAR)],
)
def test_seconds_are_counted_from_now(seconds: Any, waited: float) -> None:
    assert moment({"inputs": {"n": 10}}, seconds=seconds) == NOW + waited


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        ("2023-11-14T22:13:30Z", NOW + 10),
        ("2023-11-14T23:13:30+01:00", NOW + 10),
        ("2023-11-14T22:13:30.5Z", NOW + 10.5),
        (NOW + 10, NOW + 10),
        ("{{ inputs.at }}", NOW + 10),
        ("{{ inputs.day }}T22:13:30Z", NOW + 10),
        ("2001-01-01T00:00:00Z", 978_307_200),
        (0, 0),
    ],
)
def test_a_moment_is_a_time_or_seconds_since_1970(until: Any, seconds: float) -> None:
    assert moment({"inputs": {"at": NOW + 10, "day": "2023-11-14"}}, until=until) == seconds


@pytest.mark.parametrize("value", [-1, YEAR + 1, "soon", None, True, float("nan"), float("inf"), [1]])
def test_seconds_that_are_none_fail_the_node(value: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        moment({"n": value}, seconds="{{ n }}")
    assert caught.value.error_code in {"wait_invalid", "expression_failed"}


@pytest.mark.parametrize(
    "value",
    ["soon", "2023-11-14T22:13:30", "2100-01-01T00:00:00Z", NOW + YEAR + 1, -1, None, True, float("nan")],
)
def test_a_moment_that_is_none_fails_the_node(value: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        moment({"at": value}, until="{{ at }}")
    assert caught.value.error_code in {"wait_invalid", "expression_failed"}


def test_what_is_missing_fails_the_node() -> None:
    with pytest.raises(ExpressionError):
        moment(seconds="gone")


def test_its_output_is_the_moment() -> None:
    handler = make(WAIT, WaitNodeHandler, {"seconds": "inputs.n"})
    assert handler.over(NOW) == Outcome(output={"until": NOW})
    assert handler.names == {("inputs", "n")}


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({}, "seconds"),
        ({"seconds": 1, "until": 1}, "until"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": "-1"}, "seconds"),
        ({"seconds": YEAR + 1}, "seconds"),
        ({"seconds": "1 +"}, "seconds"),
        ({"seconds": "{{ 1 / 0 }}"}, "seconds"),
        ({"until": "{{"}, "until"),
        ({"until": "soon"}, "until"),
        ({"until": "2030-01-01T00:00:00"}, "until"),
        ({"until": -1}, "until"),
    ],
)
def test_what_it_cannot_use_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(WAIT, config).details["field"] == field


def test_its_form_and_schema() -> None:
    check_form(WAIT, {"seconds", "until"})
    assert labels(WAIT, {"seconds": 1}) == ()
    assert output_schema(WAIT, {"seconds": 1})["required"] == ["until"]


@pytest.mark.parametrize("value", [True, [1], {"hours": 1}])
@pytest.mark.parametrize("field", ["seconds", "until"])
def test_what_is_no_number_and_no_text_is_refused_once(field: str, value: Any) -> None:
    said = misfit(WAIT, {field: value})
    assert f"\n{field}\n" in said
    assert said.startswith("1 validation error")
