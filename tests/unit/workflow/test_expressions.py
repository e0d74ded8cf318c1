"""Expressions: what they give, what they refuse and where, and that nothing else can come of them."""

import math
import time
from collections.abc import Mapping
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, LiteAgentError
from liteagent.engine.workflow.expressions import (
    Expression,
    ExpressionError,
    ExpressionFailedError,
    compile_expression,
    truth,
)
from liteagent.engine.workflow.functions import FUNCTIONS
from tests.unit.workflow.hostile_expressions import INVALID, SCOPE, WITHOUT_VALUE

DATA: dict[str, Any] = {
    "output": "success",
    "classify": {"output": {"text": "Urgent!", "score": 0.5, "from": "Ada"}},
    "inputs": {"n": 7, "rows": [3, 1, 2], "yes": True, "nothing": None, "_private": 1},
    "item": {"tags": ["a", "b"]},
    "ключ": {"é": 1},
}


def _value(text: str, scope: Mapping[str, Any] = DATA) -> Any:
    return compile_expression(text).evaluate(scope)


def _refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text)
    return caught.value


def _failure(text: str, scope: Mapping[str, Any] = DATA) -> ExpressionError:
    expression = compile_expression(text)
    with pytest.raises(ExpressionError) as caught:
        expression.evaluate(scope)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Literals
        ("1", 1),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("'it' \"'s\"", "it's"),
        ("'\\u00e9\\n\\\\d'", "é\n\\d"),
        ("true", True),
        ("True", True),
        ("null", None),
        ("None", None),
        ("[1, 'a', [null]]", [1, "a", [None]]),
        ("{'a': 1, output: {}}", {"a": 1, "success": {}}),
        ("  \n output  \n", "success"),
        ("(1 +\n 2)", 3),
        # Paths
        ("classify.output.text", "Urgent!"),
        ("classify['output']['from']", "Ada"),
        ("inputs.rows[0]", 3),
        ("inputs.rows[-1]", 2),
        ("inputs.rows[inputs.rows[1]]", 1),
        ("inputs.rows[:2]", [3, 1]),
        ("inputs.rows[1:]", [1, 2]),
        ("inputs.rows[-2:99]", [1, 2]),
        ("output[0]", "s"),
        ("output[:3]", "suc"),
        ("ключ.é", 1),
        ("{'a': 5}.a", 5),
        ("item.tags[1]", "b"),
        # Comparison
        ("output == 'success'", True),
        ("output != 'success'", False),
        ("1 == 1.0", True),
        ("1 == true", False),
        ("0 == false", False),
        ("1 == '1'", False),
        ("null == false", False),
        ("[1] == [true]", False),
        ("[1, [2.0]] == [1.0, [2]]", True),
        ("[1] == [1, 2]", False),
        ("{'a': [1]} == {'a': [1.0]}", True),
        ("{'a': 1} == {'a': true}", False),
        ("{'a': 1} == {'b': 1}", False),
        ("[] == {}", False),
        ("1 < 2 <= 2 < 3.5", True),
        ("3 > 2 > 2", False),
        ("1 == 1 == 1", True),
        ("'a' < 'b'", True),
        ("'succ' in output", True),
        ("'a' not in item.tags", False),
        ("1 in [true, '1', 1.0]", True),
        ("true in [1]", False),
        ("[1] in [[1]]", True),
        ("null in [null]", True),
        ("'n' in inputs", True),
        ("1 in inputs", False),
        # Boolean
        ("'' or 'b'", "b"),
        ("1 and 0 and missing", 0),
        ("1 or missing", 1),
        ("not []", True),
        ("not output", False),
        ("'a' if inputs.yes else missing", "a"),
        ("missing if [] else 'b'", "b"),
        # Arithmetic
        ("1 + 2 * 3 - 4", 3),
        ("7 / 2", 3.5),
        ("-7 // 2", -4),
        ("7 % 4", 3),
        ("-inputs.n", -7),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        # Functions
        ("abs(-2)", 2),
        ("bool([])", False),
        ("contains(output, 'cc')", True),
        ("default(missing, 1)", 1),
        ("default(inputs.nothing, 1)", 1),
        ("default(inputs.rows[9].a.b, 1)", 1),
        ("default(output.text, output)", "success"),
        ("default(lower(missing), 1)", 1),
        ("default(0, missing)", 0),
        ("exists(inputs.nothing)", True),
        ("exists(inputs.nothing.a)", False),
        ("exists(missing.a[0])", False),
        ("endswith(output, 'ess')", True),
        ("first(inputs.rows)", 3),
        ("last(inputs.rows)", 2),
        ("default(first([]), 'none')", "none"),
        ("float('-1.5e2')", -150.0),
        ("float(2)", 2.0),
        ("int(' 42 ')", 42),
        ("int(-1.9)", -1),
        ("int(true)", 1),
        ("join(['a', 1, null, true], '-')", "a-1--true"),
        ("join(['a', 'b'])", "ab"),
        ("json({'b': [1, null], 'a': 'é'})", '{"b":[1,null],"a":"é"}'),
        ("keys(inputs)", ["n", "rows", "yes", "nothing"]),
        ("len(output) + len(inputs.rows) + len(item)", 11),
        ("lower('ÀB')", "àb"),
        ("max(inputs.rows)", 3),
        ("max(1, 2.5)", 2.5),
        ("min(['b', 'a'])", "a"),
        ("parse_json('{\"a\": [1.5, null, 1e20]}')", {"a": [1.5, None, 1e20]}),
        ("parse_json('9223372036854775807')", 2**63 - 1),
        ("parse_json(json(inputs.rows)) == inputs.rows", True),
        ("replace('a-b-c', '-', '')", "abc"),
        ("round(2.567, 2)", 2.57),
        ("round(2.567)", 3),
        ("sorted(inputs.rows)", [1, 2, 3]),
        ("split('a, b', ', ')", ["a", "b"]),
        ("split(' a  b ')", ["a", "b"]),
        ("startswith(output, 'suc')", True),
        ("str(1.5) + str(null) + str(true) + str('a') + str([1])", "1.5truea[1]"),
        ("strip('  a ')", "a"),
        ("sum(inputs.rows)", 6),
        ("sum([])", 0),
        ("upper(output)", "SUCCESS"),
        ("values({'a': 1, 'b': 2})", [1, 2]),
    ],
)
def test_an_expression_has_its_value(text: str, value: object) -> None:
    found = _value(text)
    assert found == value
    assert type(found) is type(value)


def test_every_function_has_an_example() -> None:
    examples = " ".join(str(mark.args[1]) for mark in test_an_expression_has_its_value.pytestmark)  # type: ignore[attr-defined]
    assert [name for name in FUNCTIONS if f"{name}(" not in examples] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("classify.output.text", {("classify", "output", "text")}),
        ("a['b'].c[0].d", {("a", "b", "c")}),
        ("a[b.c].d", {("a",), ("b", "c")}),
        ("a[b:c.d]", {("a",), ("b",), ("c", "d")}),
        ("output == inputs.x and not output", {("output",), ("inputs", "x")}),
        ("default(a.b, len(c))", {("a", "b"), ("c",)}),
        ("len(last) + last(len)", {("last",), ("len",)}),
        ("[{x: y}, true, null, False]", {("x",), ("y",)}),
        ("{'a': b}.a", {("b",)}),
        ("first(a).b", {("a",)}),
        ("'a' in ['a']", set[tuple[str, ...]]()),
    ],
)
def test_an_expression_says_what_it_reads(text: str, names: set[tuple[str, ...]]) -> None:
    assert compile_expression(text).names == names


@pytest.mark.parametrize("text", INVALID, ids=lambda text: ascii(text)[:40])
def test_a_hostile_text_is_no_expression(text: str) -> None:
    error = _refusal(text)
    assert isinstance(error, InvalidInputError)
    assert (error.error_code, error.status) == ("expression_invalid", 422)
    assert 0 <= error.details["position"] <= max(len(text), 1)
    assert error.details["reason"] in error.message
    assert len(error.message) < 1_000
    assert str(error.to_json()).encode()
    assert "\x00" not in error.details["expression"]


@pytest.mark.parametrize("text", WITHOUT_VALUE)
def test_a_hostile_expression_has_no_value(text: str) -> None:
    error = _failure(text, SCOPE)
    assert (error.error_code, error.status) == ("expression_failed", 422)
    assert isinstance(error, ExpressionFailedError)
    assert error.details["expression"] == text
    assert 0 <= error.details["position"] < len(text)


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("a && b", 3, "write `and`"),
        ("a || b", 3, "write `or`"),
        ("a = 'b'", 2, "write `==`"),
        ("a ? b : c", 2, "if condition else"),
        ("a is None", 0, "write `==`"),
        ("'éé' + a.lower()", 8, "write lower(text)"),
        ("1 + lenn(a)", 4, "there is: len"),
        ("1 + nope(a)", 4, "there is: abs, bool"),
        ("1 + replace(a)", 4, "replace(text, old, new)"),
        ("  (1,\n  _x)", 2, "square brackets"),
        ("[1,\n  é._x]", 7, "private"),
        ("1 +", 3, "missing at its end"),
        ("a == 'b", 5, "never closed"),
        ("9" * 30, 0, "beyond 64 bits"),
        ("a" * 2_001, 2_000, "longer than 2,000"),
        ("[" + ",".join("1" * 200) + "]", 0, "more than 200 parts"),
        ("-" * 20 + "a", 20, "more than 20 levels"),
        ("", 0, "empty"),
    ],
)
def test_a_refusal_says_where_and_why(text: str, position: int, reason: str) -> None:
    details = _refusal(text).details
    assert reason in details["reason"]
    assert details["expression"] == text[:2_000]
    if len(text) < 100:
        assert details["position"] == position


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("nope", 0, "no 'nope' here; there is: 'output', 'classify', 'inputs', 'item', 'ключ'"),
        ("1 + classify.output.nope", 19, "no 'nope'; there is: 'text', 'score', 'from'"),
        ("inputs.nope", 6, "there is: 'n', 'rows', 'yes', 'nothing'"),
        ("output.nope", 6, "text, not an object"),
        ("inputs.rows[5]", 11, "no place 5; there are 3"),
        ("1 + (2 + 'a')", 5, "`+` cannot join a number and text; str() makes"),
        ("true and -output", 9, "`-` needs a number"),
        ("'ж' == 'ж' and 1 < 'a'", 15, "two numbers or two texts, and these are a number and text"),
    ],
)
def test_a_failure_says_where_and_why(text: str, position: int, reason: str) -> None:
    details = _failure(text).details
    assert reason in details["reason"]
    assert details["position"] == position


def test_what_exists_is_listed_shortly_and_without_private_names() -> None:
    scope = {"_private": 1, "n" * 500: 1} | {f"name{at}": at for at in range(50)}
    message = _failure("nope", scope).message
    assert "_private" not in message
    assert len(message) < 500


@pytest.mark.parametrize("text", [True, None, 5, b"a", ["a"]])
def test_only_text_is_an_expression(text: Any) -> None:
    assert _refusal(text).error_code == "expression_invalid"


def test_expressions_are_values() -> None:
    one = compile_expression("output == 'a'")
    assert one is compile_expression("output == 'a'")
    assert one == Expression("output == 'a'", frozenset(), lambda _: None)
    assert one != compile_expression("output == 'b'")
    assert len({one, compile_expression("output == 'a'")}) == 1


def test_an_error_survives_the_journal() -> None:
    for error in (_refusal("a b"), _failure("nope")):
        again = LiteAgentError.from_json(error.to_json())
        assert isinstance(again, ExpressionError)
        assert again.to_json() == error.to_json()


@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", [], {}])
def test_nothing_is_not_true(value: Any) -> None:
    assert not truth(value)


@pytest.mark.parametrize("value", [True, 1, -0.5, "false", [None], {"a": None}])
def test_something_is_true(value: Any) -> None:
    assert truth(value)


def test_what_is_only_handed_on_may_be_large() -> None:
    large = {"text": "a" * 2_000_000, "rows": list(range(20_000))}
    assert _value("x", {"x": large}) is large
    assert _value("x.rows if x.text else null", {"x": large}) is large["rows"]
    assert _value("default(x.text, '')", {"x": large}) is large["text"]
    assert _value("len(x.rows) + len(x.text) + last(x.rows)", {"x": large}) == 2_039_999
    assert "10,000" in _failure("x.rows[1:]", {"x": large}).message


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**63, -(2**63) - 1])
def test_a_number_that_json_lacks_never_comes_out(value: Any) -> None:
    assert _failure("x", {"x": value}).error_code == "expression_failed"
    assert _failure("[x]", {"x": value}).error_code == "expression_failed"


@pytest.mark.parametrize("value", [object(), b"bytes", (1, 2), {1}, 1j, len])
def test_what_is_no_json_cannot_be_worked_with(value: Any) -> None:
    for text in ("[x]", "x + 1", "x.a", "x[0]", "len(x)", "str(x)", "json(x)", "-x", "x < 1", "1 in x"):
        assert _failure(text, {"x": value}).error_code == "expression_failed"
    assert _value("x == 1", {"x": value}) is False


def _outcome(text: str, scope: Mapping[str, Any]) -> str:
    try:
        return repr(_value(text, scope))
    except ExpressionError as error:
        return error.message


def _nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_deep_values_are_harmless() -> None:
    one, other = _nested(20_000), _nested(20_000)
    assert _value("a == b", {"a": one, "b": other}) is True
    for text in ("[a]", "json(a)", "str(a)", "join([a])"):
        assert "levels deep" in _failure(text, {"a": one}).message


def test_results_cannot_grow_from_step_to_step() -> None:
    value: Any = "0123456789"
    steps = 0
    while "too large" not in _outcome("[x, x]", {"x": value}):
        value = _value("[x, x]", {"x": value})
        steps += 1
    assert 10 < steps < 20


@pytest.mark.alone
@pytest.mark.parametrize(
    "text",
    [
        "0<(" * 9 + "x" + "<1)" * 9,
        "(" * 9 + "x" + " or x)" * 9,
        " + ".join(["len(json(rows))"] * 10),
        " and ".join(["0 - 1 not in rows"] * 18),
        " and ".join(["left == right"] * 18),
        " and ".join(["sorted(rows) == sorted(rows)"] * 9),
        " and ".join(["'aab' not in text"] * 18),
        " or ".join(["contains(replace(text, 'aab', ''), 'b')"] * 9),
    ],
)
def test_work_is_bounded(text: str) -> None:
    scope = {
        "x": 0,
        "rows": list(range(10_000)),
        "left": [{"a": at} for at in range(10_000)],
        "right": [{"a": at} for at in range(10_000)],
        "text": "a" * 1_000_000,
    }
    before = time.process_time()
    _outcome(text, scope)
    assert time.process_time() - before < 3


def test_a_result_has_at_most_100_levels() -> None:
    assert _value("[x][0]", {"x": _nested(99)}) == _nested(99)
    assert _value("[x]", {"x": _nested(99)}) == _nested(100)
    assert "100 levels" in _failure("[x]", {"x": _nested(100)}).message
