"""Every way in which a server that speaks Anthropic's protocol can fail, and what we make of it."""

import builtins
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import anthropic
import httpx2
import pytest

from liteagent.contracts.errors import (
    ConfigurationError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import LLM, LLMConfig, ModelInfo, complete
from liteagent.providers.llm.anthropic import create
from liteagent.providers.llm.anthropic_errors import AnthropicFailures
from liteagent.providers.vendors.endpoint import Endpoint
from tests.unit.providers.wire.anthropic_events import begun, delta, ended, event, text
from tests.unit.providers.wire.breaking import ASK, STREAM, Breaking, BreakingSuite, failure

KEY = "sk-ant-very-secret"
HELLO = (event(begun(0, text(""))) + event(delta(0, "text_delta", text="Hello"))).encode()


def llm_of(handler: Callable[[httpx2.Request], Any], timeout: float = 30.0) -> LLM:
    config = LLMConfig(
        "m", KEY, "http://model.test", {"X-Key": "header-secret"}, timeout, {"k": "query-secret"}
    )
    return create(config, transport=httpx2.MockTransport(handler))


def answering(status: int, body: Any = b"", headers: dict[str, str] | None = None) -> LLM:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return llm_of(lambda _: httpx2.Response(status, headers=headers or {}, content=content))


def streaming(*events: dict[str, Any] | bytes) -> LLM:
    sent = b"".join(each if isinstance(each, bytes) else event(each).encode() for each in events)
    return answering(200, sent, STREAM)


def refusal(kind: str, message: str = "the vendor's reason") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ProviderRequestError),
        (400, ProviderRequestError),
        (401, ProviderAuthError),
        (402, ProviderRequestError),
        (403, ProviderAuthError),
        (404, ProviderRequestError),
        (408, ProviderTimeoutError),
        (409, ProviderUnavailableError),
        (413, ProviderRequestError),
        (422, ProviderRequestError),
        (429, ProviderRateLimitedError),
        (500, ProviderUnavailableError),
        (503, ProviderUnavailableError),
        (504, ProviderTimeoutError),
        (529, ProviderUnavailableError),
    ],
)
async def test_each_status_has_its_error(status: int, kind: type[ProviderError]) -> None:
    calls: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        calls.append(request)
        headers = {"location": "http://elsewhere.test/"}
        return httpx2.Response(status, headers=headers, json=refusal("some_error"))

    error = await failure(llm_of(answer))
    assert type(error) is kind
    assert "the vendor's reason" in error.message
    assert f"answered {status}" in error.message
    assert error.details == {"status": status}
    assert len(calls) == 1, "nothing is tried again"


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ("overloaded_error", 529, ProviderUnavailableError),
        ("rate_limit_error", 429, ProviderRateLimitedError),
        ("authentication_error", 401, ProviderAuthError),
        ("permission_error", 403, ProviderAuthError),
        ("invalid_request_error", 400, ProviderRequestError),
        ("request_too_large", 413, ProviderRequestError),
        ("timeout_error", 504, ProviderTimeoutError),
        ("api_error", 500, ProviderUnavailableError),
        ("something_new", 500, ProviderUnavailableError),
    ],
)
async def test_a_failure_inside_a_stream_keeps_the_text_so_far(
    said: str, status: int, kind: type[ProviderError]
) -> None:
    error = await failure(streaming(HELLO, {**refusal(said), "type": "error"}))
    assert type(error) is kind
    assert error.partial == "Hello"
    assert error.details["status"] == status
    assert "the vendor's reason" in error.message


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
async def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    error = await failure(answering(429, refusal("rate_limit_error"), headers))
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>nginx</html>", "an HTML page"),
        ({"error": "plain"}, "plain"),
        ({"message": "loose"}, "loose"),
        ({"detail": [{"msg": "list"}]}, "list"),
        (b"", "answered 500"),
        (b"\xff\xfe", "answered 500"),
    ],
)
async def test_bodies_of_refusals(body: Any, said: str) -> None:
    assert said in (await failure(answering(500, body))).message


@pytest.mark.parametrize(
    "events",
    [
        (),
        (HELLO,),
        (HELLO, {"type": "content_block_stop", "index": 0}),
        (HELLO, ended()[0]),
        (HELLO, b"event: content_block_delta\ndata: {"),
    ],
)
async def test_a_cut_stream_is_an_error_with_the_text_so_far(events: tuple[Any, ...]) -> None:
    error = await failure(streaming(*events))
    assert type(error) is ProviderUnavailableError
    assert "broke off" in error.message
    assert error.partial == ("Hello" if events else "")


@pytest.mark.parametrize(
    "garbage",
    [
        b"event: content_block_delta\ndata: {not json}\n\n",
        b"event: content_block_delta\ndata: [1]\n\n",
        b"event: content_block_delta\ndata: \xff\xfe\n\n",
        b"event: content_block_delta\ndata: " + b"[" * 100_000 + b"\n\n",
        event(delta(7, "text_delta", text="of no block")).encode(),
        event({"type": "content_block_start", "index": 1}).encode(),
        event(delta(0, "text_delta", text=["no string"])).encode(),
        event({"type": "message_delta", "delta": "no object"}).encode(),
    ],
)
async def test_garbage_is_an_error_with_the_text_so_far(garbage: bytes) -> None:
    error = await failure(streaming(HELLO, garbage))
    assert type(error) is ProviderResponseError
    assert error.partial == "Hello"
    assert "http://model.test" in error.message


async def test_a_call_without_a_name() -> None:
    error = await failure(streaming(begun(0, {"type": "tool_use", "id": "x"}), *ended("tool_use")))
    assert type(error) is ProviderResponseError
    assert "no name" in error.message


@pytest.mark.parametrize("kind", ["text/html", "application/json", ""])
async def test_what_is_no_stream(kind: str) -> None:
    error = await failure(answering(200, b"{}", {"content-type": kind} if kind else {}))
    assert type(error) is ProviderResponseError
    assert "not a stream" in error.message
    assert "base_url" in error.message


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (httpx2.ConnectError("refused"), ProviderUnavailableError),
        (httpx2.ConnectTimeout("slow"), ProviderTimeoutError),
        (httpx2.ReadTimeout("slow"), ProviderTimeoutError),
        (httpx2.ReadError("reset"), ProviderUnavailableError),
        (httpx2.RemoteProtocolError("bad"), ProviderUnavailableError),
        (OSError("no route"), ProviderUnavailableError),
    ],
)
async def test_no_connection(raised: Exception, kind: type[ProviderError]) -> None:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise raised

    assert type(await failure(llm_of(fail))) is kind


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    llm = create(LLMConfig("m", base_url=f"http://127.0.0.1:{port}", timeout=5))
    error = await failure(llm)
    assert type(error) is ProviderUnavailableError
    assert "Cannot reach" in error.message


class TestAnswersThatBreakOff(BreakingSuite):
    create = staticmethod(create)
    hello = HELLO


async def test_a_connection_that_fails_after_the_end_is_no_failure() -> None:
    class Late(Breaking):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield HELLO
            for last in ended():
                yield event(last).encode()
            raise httpx2.ReadError("reset")

    body = Late(None)
    response = await complete(llm_of(lambda _: httpx2.Response(200, headers=STREAM, stream=body)), ASK)
    assert response.message.content == "Hello"
    assert body.closed


async def test_no_secret_gets_into_a_message() -> None:
    echo = f"{KEY} header-secret query-secret"
    error = await failure(answering(401, refusal("authentication_error", echo)))
    for secret in (KEY, "header-secret", "query-secret"):
        assert secret not in error.message
    assert "***" in error.message


def pages(request: httpx2.Request) -> httpx2.Response:
    after = request.url.params.get("after_id")
    number = int(after) + 1 if after else 1
    listed = [{"id": str(number), "max_input_tokens": None if number > 1 else 5}]
    return httpx2.Response(200, json={"data": listed, "last_id": str(number), "has_more": number < 3})


async def test_models_are_read_page_by_page() -> None:
    assert await llm_of(pages).models() == (ModelInfo("1", 5), ModelInfo("2"), ModelInfo("3"))


async def test_pages_without_an_end_come_to_one() -> None:
    same = {"data": [{"id": "same"}], "last_id": "same", "has_more": True}
    assert await answering(200, same).models() == (ModelInfo("same"),)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", ProviderResponseError),
        (200, {"data": [{"name": "x"}]}, ProviderResponseError),
        (200, {"data": "x"}, ProviderResponseError),
        (401, refusal("authentication_error"), ProviderAuthError),
        (500, b"", ProviderUnavailableError),
    ],
)
async def test_models_that_cannot_be_read(status: int, body: Any, kind: type[ProviderError]) -> None:
    headers = {"content-type": "application/json"}
    with pytest.raises(kind):
        await answering(status, body, headers).models()


def test_every_error_of_the_sdk_has_one_of_ours() -> None:
    failures = AnthropicFailures(Endpoint("http://model.test"))
    request = httpx2.Request("POST", "http://model.test")
    response = httpx2.Response(418, request=request)
    made: list[Exception] = [
        anthropic.APIStatusError("x", response=response, body=None),
        anthropic.APIConnectionError(request=request),
        anthropic.APITimeoutError(request),
        anthropic.APIResponseValidationError(response, None),
        anthropic.APIError("x", request, body=None),
        anthropic.AnthropicError("x"),
    ]
    for error in made:
        assert isinstance(failures.translated(error, ""), ProviderError)
    assert failures.translated(AssertionError(), "") is None
    with pytest.raises(AssertionError), failures.guard():
        raise AssertionError


def test_importing_the_provider_loads_no_sdk() -> None:
    code = (
        "import sys, liteagent.providers.llm.anthropic as provider; provider.profile('x');"
        "assert 'anthropic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "liteagent.providers.llm.anthropic_client", raising=False)
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name == "liteagent.providers.llm.anthropic_client":
            raise ModuleNotFoundError("No module named 'anthropic'", name="anthropic")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ConfigurationError, match=r"liteagent\[anthropic\]"):
        create(LLMConfig("m"))
