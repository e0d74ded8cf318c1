"""Templates: text with expressions in it, and data made of such texts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.engine.workflow.expressions import Expression, ExpressionError, ExpressionFailedError
from liteagent.engine.workflow.templates import compile_template, names_of, render_value
from tests.unit.workflow.hostile_expressions import INVALID

DATA: dict[str, Any] = {
    "a": {"b": [1, 2.5, {"c": "é"}], "text": "{{ secret }}"},
    "n": 3,
    "yes": True,
    "nothing": None,
    "secret": "s3cret",
}


def _render(text: str, scope: dict[str, Any] = DATA) -> str:
    return compile_template(text).render(scope)


def _refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compile_template(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{ one } }} {x}", "{ one } }} {x}"),
        ("{{ n }}", "3"),
        ("{{n}}", "3"),
        ("n = {{ n }}!", "n = 3!"),
        ("{{ n }}{{ n + 1 }}", "34"),
        ("{{\n  n\n}}", "3"),
        ("{{ a.b[1] }}", "2.5"),
        ("{{ 6 / 2 }}", "3.0"),
        ("{{ yes }} {{ not yes }}", "true false"),
        ("[{{ nothing }}]", "[]"),
        ("{{ a.b }}", '[1,2.5,{"c":"é"}]'),
        ("{{ {'z': 1, 'a': null} }}", '{"z":1,"a":null}'),
        ("{{ {'a': {'b': n}}.a.b }}", "3"),
        ("{{{'a': n}}}", '{"a":3}'),
        ("{{ '}}' }}", "}}"),
        ('{{ "it\'s }} \\" }}" }}', "it's }} \" }}"),
        ('{{ "{{" }} n }}', "{{ n }}"),
        ("{{ '{{' + ' n }}' }}", "{{ n }}"),
        ("{{ a.text }}", "{{ secret }}"),
        ("{{ default(missing, 'none') }}", "none"),
        ("é {{ n if yes else missing }} é", "é 3 é"),
    ],
)
def test_a_template_renders(text: str, rendered: str) -> None:
    assert _render(text) == rendered


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ a.b }}", [1, 2.5, {"c": "é"}]),
        ("{{ n }}", 3),
        ("{{ nothing }}", None),
        ("{{ yes }}", True),
        (" {{ n }}", " 3"),
        ("{{ n }}{{ n }}", "33"),
        ("n", "n"),
        ("", ""),
    ],
)
def test_one_expression_alone_keeps_its_type(text: str, value: object) -> None:
    found = compile_template(text).value(DATA)
    assert found == value
    assert type(found) is type(value)
    assert render_value(text, DATA) == value


def test_a_template_is_a_value_with_its_parts() -> None:
    template = compile_template("x {{ a.b[0] }}{{ n }} y")
    assert [part.text if isinstance(part, Expression) else part for part in template.parts] == [
        "x ",
        "a.b[0]",
        "n",
        " y",
    ]
    assert template.names == {("a", "b"), ("n",)}
    assert template == compile_template("x {{ a.b[0] }}{{ n }} y")
    assert hash(template) == hash(compile_template(template.text))


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("ab {{ n", 3, "never closed"),
        ("{{", 0, "never closed"),
        ("{{ n }", 0, "never closed"),
        ("{{ {'a': 1 }}", 0, "never closed"),
        ("ab {{ don't }}", 3, "quote"),
        ("ab {{ '}} }}", 3, "quote"),
        ("ab {{}}", 5, "empty"),
        ("ab {{  }}", 7, "empty"),
        ("é {{ n }} {{  n && n }}", 17, "write `and`"),
        ("{{ n }} {{ n._x }}", 12, "private"),
        ("{{ n }}\n{{ __import__('os') }}", 11, "no such function"),
        ("{{ {{ n }} }}", 3, "square brackets"),
        ("{{ '" + "a" * 2_000 + "' }}", 2_003, "longer than 2,000"),
        ("{{ " + " " * 5_000 + "n }}", 0, "2,000 characters"),
        ("{{ n }}" * 1_001, 7_000, "at most 1,000"),
    ],
)
def test_a_refusal_has_its_position_in_the_whole_text(text: str, position: int, reason: str) -> None:
    error = _refusal(text)
    assert error.error_code == "expression_invalid"
    assert reason in error.details["reason"]
    assert error.details["position"] == position


@pytest.mark.parametrize(
    ("text", "position"),
    [("{{ nope }}", 3), ("é {{ n }} {{ a.nope }}", 14), ("{{ n }}{{ 1 + (2 / 0) }}", 15)],
)
def test_a_failure_has_its_position_in_the_whole_text(text: str, position: int) -> None:
    with pytest.raises(ExpressionFailedError) as caught:
        _render(text)
    assert caught.value.details["position"] == position
    with pytest.raises(ExpressionFailedError):
        render_value(text, DATA)


def test_a_thousand_expressions_and_text_after_them_are_allowed() -> None:
    assert _render("{{ n }}" * 1_000 + " end") == "3" * 1_000 + " end"


def test_a_long_template_is_compiled_all_the_same() -> None:
    assert _render("x" * 100_000 + "{{ n }}") == "x" * 100_000 + "3"


def test_a_rendered_text_is_bounded() -> None:
    scope = {"long": "a" * 600_000, "lists": ["a" * 600_000, "b" * 600_000]}
    assert len(_render("{{ long }}", scope)) == 600_000
    for text in ("{{ long }}{{ long }}", "{{ lists }}", "{{ long }}" * 900):
        with pytest.raises(ExpressionFailedError):
            _render(text, scope)


def test_data_is_rendered_at_every_depth() -> None:
    value = {
        "{{ key }}": "{{ n }}",
        "headers": {"X": "n={{ n }}", "Y": ["{{ a.b }}", 1, None, True, 2.5, "plain"]},
    }
    assert render_value(value, DATA) == {
        "{{ key }}": 3,
        "headers": {"X": "n=3", "Y": [[1, 2.5, {"c": "é"}], 1, None, True, 2.5, "plain"]},
    }
    assert names_of(value) == {("n",), ("a", "b")}


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "plain", [], {}])
def test_data_without_templates_stays_as_it_is(value: Any) -> None:
    assert render_value(value, {}) == value
    assert names_of(value) == frozenset()


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": "{{ nope }}"}, "a"),
        ({"a": {"b": ["x", {"c": "{{ nope }}"}]}}, "a.b[1].c"),
        (["x", ["{{ nope }}"]], "[1][0]"),
    ],
)
def test_an_error_inside_of_data_says_where(value: Any, place: str) -> None:
    with pytest.raises(ExpressionFailedError) as caught:
        render_value(value, DATA)
    assert caught.value.details["at"] == place
    assert caught.value.details["position"] == 3
    with pytest.raises(ExpressionError) as refused:
        names_of({"x": [1, "{{ a b }}"]})
    assert refused.value.details["at"] == "x[1]"


def test_what_is_handed_on_may_be_large() -> None:
    large = {"rows": list(range(20_000)), "text": "a" * 2_000_000}
    assert render_value("{{ x }}", {"x": large}) is large
    assert render_value({"kept": "{{ x }}"}, {"x": large}) == {"kept": large}


@pytest.mark.parametrize(
    ("template", "reason"),
    [(["{{ x }}", "{{ x }}"], "too large"), ({"before": "{{ x }}"}, "levels deep")],
)
def test_data_cannot_grow_from_step_to_step(template: Any, reason: str) -> None:
    def grow() -> None:
        value: Any = ["0123456789"] * 100
        for _ in range(200):
            value = render_value(template, {"x": value})

    with pytest.raises(ExpressionFailedError, match=reason):
        grow()


def test_deep_data_is_refused() -> None:
    value: Any = "{{ n }}"
    for _ in range(200):
        value = [value]
    with pytest.raises(ExpressionError, match="levels deep"):
        names_of(value)
    with pytest.raises(ExpressionError, match="levels deep"):
        render_value(value, DATA)


@pytest.mark.parametrize("text", INVALID, ids=lambda text: ascii(text)[:40])
def test_a_hostile_expression_is_refused_in_a_template(text: str) -> None:
    template = "é {{ n }} {{ " + text + " }} end"
    error = _refusal(template)
    assert error.error_code == "expression_invalid"
    assert 0 <= error.details["position"] <= len(template)
    assert len(error.message) < 1_000


@given(st.text(max_size=40))
def test_text_without_pieces_stays_as_it_is(text: str) -> None:
    if "{{" not in text:
        assert _render(text) == text
        assert render_value([text], {}) == [text]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40))
def test_a_value_is_never_read_as_a_template(text: str) -> None:
    assert _render("<{{ x }}>", {"x": text}) == f"<{text}>"
    assert render_value({"a": "{{ x }}", "b": ["{{ x }}{{ x }}"]}, {"x": text}) == {
        "a": text,
        "b": [text * 2],
    }


@given(
    st.lists(st.sampled_from(["{{", "}}", "{", "}", "'", '"', "\\", " ", "n", "a.b", "+", "\n", "é", "("]))
)
def test_any_row_of_braces_is_harmless(pieces: list[str]) -> None:
    text = "".join(pieces)

    def position() -> int:
        try:
            return len(_render(text)) * 0
        except ExpressionError as error:
            return int(error.details["position"])

    assert 0 <= position() <= len(text)
