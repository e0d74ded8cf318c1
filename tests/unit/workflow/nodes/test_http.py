"""`http` nodes."""

import json
from typing import Any

import pytest

from liteagent.contracts.fetch import FetchError, FetchResponse
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.nodes.http import HTTP
from liteagent.engine.workflow.services import Services
from liteagent.testing.fetch import FetchReply, ScriptedFetch
from tests.unit.workflow.nodes.making import check_form, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node

URL = "https://api.example.com/v1/items"
JSON = {"content-type": "application/json; charset=utf-8"}
OK = FetchResponse(200, JSON, b'{"id": 7}', URL)


def _node(*replies: FetchReply, **config: Any) -> tuple[Node, ScriptedFetch]:
    fetch = ScriptedFetch(replies or (OK,))
    return Node(HTTP, {"url": URL, **config}, Services(fetch=fetch)), fetch


def test_its_form() -> None:
    fields = {"method", "url", "headers", "query", "body", "effect", "fail_on_status", "follow_redirects"}
    check_form(HTTP, fields, {"url"})


async def test_a_request_and_its_answer() -> None:
    node, fetch = _node(
        url="https://{{ inputs.host }}/v1/items?a=1#part",
        headers={"Authorization": "Bearer {{ inputs.key }}"},
        query={"q": "{{ output }}", "ids": ["{{ inputs.id }}", 2, None], "flag": True, "none": None},
    )
    inputs = {"host": "api.example.com", "key": "s3cret", "id": 1}
    outcome = await node.perform(inputs=inputs, output="a b&c")
    (request,) = fetch.requests
    assert request.url == f"{URL}?a=1&q=a+b%26c&ids=1&ids=2&flag=true#part"
    assert (request.method, request.headers) == ("GET", {"Authorization": "Bearer s3cret"})
    assert (request.body, request.idempotency_key, request.timeout) == (None, None, 30.0)
    assert request.follow_redirects
    assert outcome.output == {"status": 200, "headers": JSON, "body": {"id": 7}, "url": URL}
    assert outcome.detail == {"method": "GET", "url": URL, "status": 200}
    assert node.handler.names == {("inputs", "host"), ("inputs", "key"), ("inputs", "id"), ("output",)}


@pytest.mark.parametrize(
    ("body", "sent", "media_type"),
    [
        ("Hello {{ output.name }}", b"Hello Ada", "text/plain; charset=utf-8"),
        ("{{ output }}", b'{"name":"Ada"}', "application/json"),
        ({"who": ["{{ output.name }}"], "n": 1}, b'{"who":["Ada"],"n":1}', "application/json"),
        (False, b"false", "application/json"),
    ],
)
async def test_bodies(body: Any, sent: bytes, media_type: str) -> None:
    node, fetch = _node(method="post", body=body)
    await node.perform(output={"name": "Ada"})
    assert fetch.requests[0].body == sent
    assert fetch.requests[0].headers == {"Content-Type": media_type}
    assert fetch.requests[0].method == "POST"


async def test_a_content_type_of_ones_own_is_kept() -> None:
    node, fetch = _node(method="POST", body="<a/>", headers={"content-type": "text/xml"})
    await node.perform()
    assert fetch.requests[0].headers == {"content-type": "text/xml"}


@pytest.mark.parametrize(
    ("method", "effect", "safety"),
    [
        ("GET", None, Safety.SAFE),
        ("HEAD", None, Safety.SAFE),
        ("OPTIONS", None, Safety.SAFE),
        ("PUT", None, Safety.IDEMPOTENT),
        ("DELETE", None, Safety.IDEMPOTENT),
        ("POST", None, Safety.UNSAFE),
        ("PATCH", None, Safety.UNSAFE),
        ("POST", "idempotent", Safety.IDEMPOTENT),
        ("POST", "safe", Safety.SAFE),
        ("GET", "unsafe", Safety.UNSAFE),
    ],
)
async def test_what_is_not_safe_has_a_key(method: str, effect: str | None, safety: Safety) -> None:
    node, fetch = _node(method=method, effect=effect)
    assert node.safety is safety
    await node.perform()
    assert fetch.requests[0].idempotency_key == (None if safety is Safety.SAFE else "run:7")


async def test_without_a_journal_there_is_no_key() -> None:
    node, fetch = _node(method="POST")
    await node.perform("")
    assert fetch.requests[0].idempotency_key is None


async def test_the_nodes_timeout_is_the_requests() -> None:
    node, fetch = _node(follow_redirects=False)
    node.timeout = 5.0
    await node.perform()
    assert fetch.requests[0].timeout == 5.0
    assert not fetch.requests[0].follow_redirects


@pytest.mark.parametrize(
    ("media_type", "sent", "body"),
    [
        ("application/problem+json", b'{"a":1}', {"a": 1}),
        ("application/json", b"oops", "oops"),
        ("application/json", b'{"a":"\\u0000"}', '{"a":"\\u0000"}'),
        ("application/json", b"[" * 200 + b"]" * 200, "[" * 200 + "]" * 200),
        ("text/html; charset=latin-1", b"caf\xe9", "café"),
        ("application/octet-stream", b"\x00\xff", "\ufffd\ufffd"),
        ("", b"", ""),
    ],
)
async def test_what_comes_back(media_type: str, sent: bytes, body: Any) -> None:
    node, _ = _node(FetchResponse(200, {"content-type": media_type}, sent, URL))
    outcome = await node.perform()
    assert isinstance(outcome.output, dict)
    assert outcome.output["body"] == body


async def test_a_refusal_fails_the_node_without_a_secret() -> None:
    said = b"No: Bearer s3cret-key for t0ken, really s3cret-key." + b"x" * 1000
    node, _ = _node(
        FetchResponse(403, {}, said, URL),
        url="https://user:pass@api.example.com/v1/items?k=k3yk3y",
        headers={"Authorization": "Bearer {{ inputs.key }}"},
        query={"token": "t0ken"},
    )
    error = await node.failure(inputs={"key": "s3cret-key"})
    assert error.error_code == "http_status"
    assert error.details["status"] == 403
    assert error.details["body"].startswith("No: [redacted] for [redacted], really [redacted].x")
    assert len(error.details["body"]) == 500
    written = json.dumps(error.to_json())
    assert not any(word in written for word in ("s3cret", "t0ken", "k3yk3y", "pass"))
    assert f"GET {URL}" in error.message


async def test_a_refusal_may_be_looked_at_instead() -> None:
    node, _ = _node(FetchResponse(404, {}, b"gone", URL), fail_on_status=False)
    outcome = await node.perform()
    assert outcome.output == {"status": 404, "headers": {}, "body": "gone", "url": URL}


async def test_what_cannot_be_sent() -> None:
    node, _ = _node(FetchError("No such host."))
    assert (await node.failure()).error_code == "fetch_failed"
    node, _ = _node(url="https://[x/", query={"a": 1})
    assert (await node.failure()).details["field"] == "url"
    error = await Node(HTTP, {"url": URL}).failure()
    assert (error.error_code, "No fetch configured" in error.message) == ("not_configured", True)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"url": "{{"}, "url"),
        ({"url": URL, "headers": {"A": "{{"}}, "headers.A"),
        ({"url": URL, "query": {"a": ["{{"]}}, "query"),
        ({"url": URL, "body": {"a": "{{"}}, "body"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(HTTP, config).details["field"] == field


def test_what_its_model_does_not_accept() -> None:
    assert "method" in misfit(HTTP, {"url": URL, "method": "BREW"})
    assert "effect" in misfit(HTTP, {"url": URL, "effect": "sure"})


def test_its_output_is_known() -> None:
    assert set(output_schema(HTTP, {"url": URL})["required"]) == {"status", "headers", "body", "url"}
