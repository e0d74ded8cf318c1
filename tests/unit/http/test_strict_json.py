"""JSON that every store can keep, and the rest refused with its place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.errors import InvalidInputError
from liteagent.infra.http.strict_json import MAX_DEPTH, canonical, parse

INT64_MAX = 2**63 - 1
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), INT64_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_every_value_that_can_be_kept_is_read(value: Any) -> None:
    assert parse(json.dumps(value).encode()) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"[-Infinity]",
        b"1e999",
        b'{"a": -1e999}',
        b"9" * 5000,
        b'"\\ud800"',
        b'"\\udc00"',
        b'"\\ud800\\ud800"',
        b'{"\\ud800": 1}',
        b'"\xed\xa0\x80"',
        b'"\xff\xfe"',
        b"\xef\xbb\xbf{}",
        b'"a\x00b"',
        b"\x00",
        b"{bad",
        b'{"a": 1,}',
        b"{'a': 1}",
        b"[1] []",
        b"01",
        b"+1",
        b".5",
        b"nul",
        b'"\n"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(raw)
    assert caught.value.error_code == "invalid_json"
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (b'"\\u0000"', "body"),
        (b'{"a": {"b": ["x", "y\\u0000z"]}}', "body.a.b[1]"),
        (b'{"a": {"b\\u0000": 1}}', "body.a"),
        (b"9223372036854775808", "body"),
        (b'{"n": [18446744073709551615]}', "body.n[0]"),
        (b"18446744073709551616", "body"),
        (b"[-9223372036854775809]", "body"),
        (b"[1e30, 100000000000000000000000000000]", "body"),
    ],
)
def test_what_a_store_would_refuse_is_refused_with_its_place(raw: bytes, place: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(raw)
    assert caught.value.error_code == "invalid_json"
    assert caught.value.details == {"at": place}
    assert place in caught.value.message


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"9223372036854775807", INT64_MAX),
        (b"-9223372036854775808", -(2**63)),
        (b"1e20", 1e20),
        (b"[9223372036854775808.0]", [float(2**63)]),
        (b"-1.5e300", -1.5e300),
        (b"0.1e-999", 0.0),
        (b'"\\\\u0000"', "\\u0000"),
        (b'"\\ud83d\\ude00"', "😀"),
    ],
)
def test_the_neighbours_of_what_is_refused_are_read(raw: bytes, value: object) -> None:
    assert parse(raw) == value


def test_depth_has_one_limit_for_lists_and_objects() -> None:
    def nested(levels: int) -> bytes:
        return b'[{"a":' * (levels // 2) + b"1" + b"}]" * (levels // 2)

    assert parse(nested(MAX_DEPTH))
    with pytest.raises(InvalidInputError):
        parse(nested(MAX_DEPTH + 2))


@given(st.integers(-(10**25), 10**25))
def test_integers_are_refused_exactly_beyond_64_bits(number: int) -> None:
    raw = f'{{"n": [1.5e300, {number}]}}'.encode()
    if -(2**63) <= number <= INT64_MAX:
        assert parse(raw)["n"][1] == number
    else:
        with pytest.raises(InvalidInputError):
            parse(raw)


def test_a_refusal_never_shows_the_value() -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse(b'{"password": "hunter2\\u0000"}')
    assert "hunter2" not in caught.value.message
    with pytest.raises(InvalidInputError) as caught:
        parse(b'{"password": "hunter2" oops}')
    assert "hunter2" not in caught.value.message


@given(VALUES)
def test_the_canonical_form_does_not_depend_on_spelling(value: Any) -> None:
    spaced = parse(json.dumps(value, indent=2).encode())
    assert canonical(spaced) == canonical(parse(json.dumps(value, sort_keys=True).encode()))
