"""Whatever the text and whatever the data: an expression gives JSON within bounds, or ExpressionError."""

import math
import time
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.engine.workflow.expressions import ExpressionError, compile_expression
from liteagent.engine.workflow.functions import FUNCTIONS

NAMES = st.sampled_from(["output", "inputs", "a", "b", "rows", "n"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | TEXTS, inner, max_size=4),
    max_leaves=12,
)
SCOPES = st.dictionaries(NAMES, JSON, max_size=6)
_WORDS = """
    output inputs a b rows n . [ ] ( ) { } , : ' " \\ + - * / // % == != < <= > >= = in not and or if else is
    lambda for await true false null None 0 1 -1 2.5 1e308 9223372036854775807 'a' '' _ __ é
"""
_PIECES = [*_WORDS.split(), *(f"{name}(" for name in FUNCTIONS), " ", "\n", "\t"]
LOOSE = st.lists(st.sampled_from(_PIECES), max_size=30).map(" ".join)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(
        ["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
    )
    calls = st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda name: st.lists(
            inner, min_size=FUNCTIONS[name].least, max_size=min(3, FUNCTIONS[name].most)
        ).map(lambda arguments: f"{name}({', '.join(arguments)})")
    )
    return (
        st.builds("({} {} {})".format, inner, operators, inner)
        | st.builds("({} if {} else {})".format, inner, inner, inner)
        | st.builds("{}[{}]".format, inner, inner)
        | st.builds("{}[{}:{}]".format, inner, inner, inner)
        | st.builds("({}).{}".format, inner, NAMES)
        | st.builds("(-{})".format, inner)
        | st.builds("(not {})".format, inner)
        | st.builds("[{}, {}]".format, inner, inner)
        | st.builds("{{{}: {}}}".format, inner, inner)
        | calls
    )


LEAVES = NAMES | st.sampled_from(
    ["0", "1", "3", "2.5", "9223372036854775807", "1e308", "'a'", "''", "true", "null"]
)
WELL_FORMED = st.recursive(LEAVES, _grown, max_leaves=12)


def _depth(value: Any) -> int:
    """Levels of a JSON value; fails where it is none, or out of bounds."""
    match value:
        case list():
            items = cast("list[Any]", value)
            assert len(items) <= 10_000
            return 1 + max(map(_depth, items), default=0)
        case dict():
            entries = cast("dict[Any, Any]", value)
            assert all(isinstance(key, str) for key in entries)
            return 1 + max(map(_depth, entries.values()), default=0)
        case bool() | None:
            return 0
        case int():
            assert -(2**63) <= value < 2**63
            return 0
        case float():
            assert math.isfinite(value)
            return 0
        case _:
            assert isinstance(value, str)
            assert len(value) <= 1_000_000
            return 0


def _error(text: str, scope: dict[str, Any]) -> ExpressionError | None:
    try:
        assert _depth(compile_expression(text).evaluate(scope)) <= 100
    except ExpressionError as error:
        return error
    return None


def _assert_harmless(text: str, scope: dict[str, Any]) -> None:
    before, started = repr(scope), time.process_time()
    error = _error(text, scope)
    if error:
        assert error.error_code in ("expression_invalid", "expression_failed")
        assert 0 <= error.details["position"] <= max(len(text), 1)
    assert time.process_time() - started < 2
    assert repr(scope) == before


@settings(deadline=None)
@given(st.text(max_size=60), SCOPES)
def test_any_text_is_harmless(text: str, scope: dict[str, Any]) -> None:
    _assert_harmless(text, scope)


@settings(deadline=None)
@given(LOOSE, SCOPES)
def test_any_row_of_words_is_harmless(text: str, scope: dict[str, Any]) -> None:
    _assert_harmless(text, scope)


@settings(deadline=None, max_examples=300)
@given(WELL_FORMED, SCOPES)
def test_any_expression_is_harmless(text: str, scope: dict[str, Any]) -> None:
    _assert_harmless(text, scope)


@settings(deadline=None)
@given(WELL_FORMED, SCOPES)
def test_an_expression_is_pure(text: str, scope: dict[str, Any]) -> None:
    def outcome() -> object:
        try:
            return compile_expression(text).evaluate(scope)
        except ExpressionError as error:
            return error.to_json()

    assert outcome() == outcome()


@settings(deadline=None)
@given(WELL_FORMED, SCOPES)
def test_only_the_named_paths_are_read(text: str, scope: dict[str, Any]) -> None:
    """What `names` does not list has no influence, so that a graph can be checked before it runs."""
    try:
        expression = compile_expression(text)
    except ExpressionError:
        return
    roots = {path[0] for path in expression.names}
    narrowed = {name: value for name, value in scope.items() if name in roots}

    def outcome(data: dict[str, Any]) -> object:
        try:
            return expression.evaluate(data)
        except ExpressionError as error:
            return error.details["position"]

    assert outcome(scope) == outcome(narrowed)


@settings(deadline=None)
@given(JSON, JSON)
def test_equality_is_symmetric_and_strict(one: Any, other: Any) -> None:
    scope = {"a": one, "b": other}

    def value(text: str) -> Any:
        return compile_expression(text).evaluate(scope)

    assert value("a == b") == value("b == a")
    assert value("a == b") != value("a != b")
    assert value("a == a") is True
    assert value("parse_json(json([a])) == [a]") is True
