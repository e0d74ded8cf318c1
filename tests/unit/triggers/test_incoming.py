"""What a request says, and what a run is started with because of it."""

from typing import Any

import pytest
from starlette.exceptions import HTTPException

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue
from liteagent.features.triggers.incoming import Heard, check_templates, mapped, read_body

_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("media_type", "raw", "said"),
    [
        (_JSON, b'{"a": [1, null]}', {"a": [1, None]}),
        ("", b"[1]", [1]),
        ("application/cloudevents+json", b"1", 1),
        (_FORM, b"a=1&b=x%20y&a=2&c=", {"a": ["1", "2"], "b": "x y", "c": ""}),
        ("text/plain", "h\u00e9".encode(), "h\u00e9"),
        ("text/csv", b"a,b", "a,b"),
        (_JSON, b"", None),
    ],
)
def test_json_forms_and_texts_are_read(media_type: str, raw: bytes, said: JsonValue) -> None:
    assert read_body(media_type, raw) == said


@pytest.mark.parametrize(
    ("media_type", "raw"),
    [
        (_JSON, b"{"),
        (_JSON, b'{"a": NaN}'),
        (_JSON, b"[" * 200 + b"]" * 200),
        (_JSON, b'"\\u0000"'),
        (_FORM, b"a=%00"),
        (_FORM, b"a=%ff"),
        (_FORM, b"&".join(b"a=1" for _ in range(2_000))),
        ("text/plain", b"\xff"),
        ("text/plain", b"\x00"),
    ],
)
def test_what_cannot_be_read_is_refused(media_type: str, raw: bytes) -> None:
    with pytest.raises(InvalidInputError):
        read_body(media_type, raw)


@pytest.mark.parametrize("media_type", ["image/png", "multipart/form-data", "application/xml", "x"])
def test_other_types_are_not_taken(media_type: str) -> None:
    with pytest.raises(HTTPException) as refused:
        read_body(media_type, b"x")
    assert refused.value.status_code == 415


def _heard(body: JsonValue = None, **more: Any) -> Heard:
    return Heard("2026-06-01T09:00:00Z", "Nightly", body=body, **more)


def test_templates_read_the_request() -> None:
    inputs = {
        "title": "{{ body.issue.title }}",
        "labels": "{{ body.issue.labels }}",
        "text": "By {{ headers['x-from'] }} at {{ moment }} ({{ query.q }}) for {{ trigger.name }}",
        "fixed": 7,
    }
    heard = _heard(
        {"issue": {"title": "Down", "labels": ["a", "b"]}}, headers={"x-from": "me"}, query={"q": "1"}
    )
    assert mapped(inputs, heard, is_agent=False) == {
        "title": "Down",
        "labels": ["a", "b"],
        "text": "By me at 2026-06-01T09:00:00Z (1) for Nightly",
        "fixed": 7,
    }


def test_credentials_of_a_request_are_not_there_to_be_read() -> None:
    headers = {"authorization": "Bearer x", "cookie": "y", "x-gitlab-token": "z", "x-kept": "k"}
    assert _heard(headers=headers).scope()["headers"] == {"x-kept": "k"}


@pytest.mark.parametrize(
    ("body", "is_agent", "expected"),
    [
        ({"a": 1}, False, {"a": 1}),
        ([1], False, {"body": [1]}),
        ("x", False, {"body": "x"}),
        (None, False, {}),
        ({"message": "Hi", "b": 1}, True, {"message": "Hi"}),
        ("Hi", True, {"message": "Hi"}),
        ({"b": 1}, True, {"message": '{"b":1}'}),
    ],
)
def test_without_inputs_the_body_is_handed_on(
    body: JsonValue, is_agent: bool, expected: dict[str, Any]
) -> None:
    assert mapped(None, _heard(body), is_agent=is_agent) == expected


def test_templates_are_read_when_they_are_saved() -> None:
    check_templates({"a": "{{ body.x }} {{ moment }}", "b": ["{{ query.y }}"], "c": 1})
    with pytest.raises(InvalidInputError, match="reads 'inputs'") as refused:
        check_templates({"a": "{{ inputs.x }}"})
    assert refused.value.details["field"] == "inputs.a"
    with pytest.raises(InvalidInputError) as refused:
        check_templates({"b": {"c": "{{ body. }}"}})
    assert refused.value.details["field"] == "inputs.b"


def test_what_the_request_lacks_is_said() -> None:
    with pytest.raises(InvalidInputError, match=r"body\.x"):
        mapped({"a": "{{ body.x }}"}, _heard({}), is_agent=False)
