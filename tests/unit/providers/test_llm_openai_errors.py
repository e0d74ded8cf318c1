"""Every way in which an OpenAI-compatible server can fail, and what we make of it."""

import json
import logging
import socket
import subprocess
import sys
import traceback
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from typing import Any

import anyio
import httpx2
import openai
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
from liteagent.contracts.llm import LLM, LLMConfig, ModelInfo
from liteagent.providers.llm.openai_compatible import create
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.failures import retry_after
from liteagent.providers.vendors.openai_sdk import translator
from tests.unit.providers.wire.breaking import ASK, STREAM, Breaking, failure

HELLO = b'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n'
KEY = "sk-very-secret"


def llm_of(handler: Callable[[httpx2.Request], Any], timeout: float = 30.0) -> LLM:
    config = LLMConfig(
        "tiny", KEY, "http://model.test/v1?key=in-the-url", {"X-Key": "header-secret"}, timeout
    )
    return create(config, transport=httpx2.MockTransport(handler))


def answering(status: int, body: Any = b"", headers: dict[str, str] | None = None) -> LLM:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return llm_of(lambda _: httpx2.Response(status, headers=headers or {}, content=content))


def raising(error: Exception) -> LLM:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise error

    return llm_of(fail)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ProviderRequestError),
        (307, ProviderRequestError),
        (400, ProviderRequestError),
        (401, ProviderAuthError),
        (402, ProviderRequestError),
        (403, ProviderAuthError),
        (404, ProviderRequestError),
        (405, ProviderRequestError),
        (408, ProviderTimeoutError),
        (409, ProviderUnavailableError),
        (413, ProviderRequestError),
        (418, ProviderRequestError),
        (422, ProviderRequestError),
        (429, ProviderRateLimitedError),
        (500, ProviderUnavailableError),
        (502, ProviderUnavailableError),
        (503, ProviderUnavailableError),
        (504, ProviderTimeoutError),
        (529, ProviderUnavailableError),
    ],
)
async def test_each_status_has_its_error(status: int, kind: type[ProviderError]) -> None:
    headers = {"location": "http://elsewhere.test/"}
    error = await failure(answering(status, {"error": {"message": "the vendor's reason"}}, headers))
    assert type(error) is kind
    assert "the vendor's reason" in error.message
    assert f"answered {status}" in error.message
    assert error.details == {"status": status}
    assert error.partial == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "plain"}, "plain"),
        ({"message": "flat"}, "flat"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required"),
        (b"just text\x00", "just text"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "an HTML page"),
        (b"", "answered 500. Try"),
        (b"\xff\xfe garbage", "garbage"),
        ({"error": {"error": {"error": 5}}}, "answered 500"),
        ({"error": {"message": "x" * 5000}}, "x" * 300 + "…"),
    ],
)
async def test_the_reason_is_found_in_any_shape(body: Any, said: str) -> None:
    error = await failure(answering(500, body))
    assert said in error.message
    assert "\0" not in error.message
    assert "<html" not in error.message
    assert len(error.message) < 500


@pytest.mark.parametrize("secret", [KEY, "in-the-url", "header-secret"])
@pytest.mark.parametrize("status", [401, 500])
async def test_a_server_that_echoes_a_secret_does_not_make_us_tell_it(
    status: int, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    error = await failure(answering(status, {"error": {"message": f"bad key {secret}!"}}))
    told = error.message + repr(error) + str(error.details) + "".join(traceback.format_exception(error))
    assert secret not in told
    assert KEY not in caplog.text
    assert "header-secret" not in caplog.text


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "Retry-After": "7"}, 0.25),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e999"}, None),
        ({}, None),
    ],
)
async def test_how_long_to_wait(headers: dict[str, str], wait: float | None) -> None:
    for status in (429, 503):
        assert (await failure(answering(status, b"", headers))).retry_after == wait


def test_how_long_to_wait_as_a_date() -> None:
    assert retry_after({"retry-after": formatdate(1_000_060, usegmt=True)}, 1_000_000) == 60
    assert retry_after({"retry-after": formatdate(999_000, usegmt=True)}, 1_000_000) == 0
    assert retry_after({"retry-after": "Mon, 99 Foo 2020 99:99:99 GMT"}, 0) is None


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (
            httpx2.ConnectError("[Errno 111] Connection refused"),
            ProviderUnavailableError,
            "Connection refused",
        ),
        (httpx2.ConnectError("[Errno -2] Name or service not known"), ProviderUnavailableError, "not known"),
        (httpx2.ConnectError(""), ProviderUnavailableError, "ConnectError"),
        (httpx2.ConnectTimeout("slow"), ProviderTimeoutError, "within 30 s"),
        (httpx2.ReadTimeout("slow"), ProviderTimeoutError, "within 30 s"),
        (httpx2.PoolTimeout("slow"), ProviderTimeoutError, "within 30 s"),
        (httpx2.RemoteProtocolError("gone"), ProviderUnavailableError, "broke off"),
        (httpx2.ReadError("reset"), ProviderUnavailableError, "broke off"),
        (httpx2.WriteError("reset"), ProviderUnavailableError, "Cannot reach"),
        (httpx2.ProxyError("403 Forbidden"), ProviderUnavailableError, "403 Forbidden"),
        (ConnectionResetError("reset"), ProviderUnavailableError, "Cannot reach"),
        (TimeoutError(), ProviderTimeoutError, "within 30 s"),
        (ValueError("odd"), ProviderResponseError, "ValueError"),
    ],
)
async def test_what_the_network_does(error: Exception, kind: type[ProviderError], said: str) -> None:
    ours = await failure(raising(error))
    assert type(ours) is kind
    assert said in ours.message
    assert "http://model.test" in ours.message
    assert "in-the-url" not in ours.message


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        llm = create(LLMConfig("m", base_url=f"http://127.0.0.1:{free.getsockname()[1]}/v1"))
        error = await failure(llm)
    assert type(error) is ProviderUnavailableError
    assert "Cannot reach" in error.message


async def test_a_server_that_never_answers() -> None:
    async def silent(_: httpx2.Request) -> httpx2.Response:
        await anyio.sleep_forever()
        raise AssertionError

    error = await failure(llm_of(silent, timeout=0.05))
    assert type(error) is ProviderTimeoutError


async def test_the_total_time_is_bounded_although_pieces_keep_coming() -> None:
    class Dripping(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b": still here\n\n"
                await anyio.sleep(0.01)

    error = await failure(llm_of(lambda _: httpx2.Response(200, headers=STREAM, stream=Dripping()), 0.1))
    assert type(error) is ProviderTimeoutError


async def test_the_time_that_the_caller_takes_is_not_counted() -> None:
    body = HELLO + b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    llm = llm_of(lambda _: httpx2.Response(200, headers=STREAM, content=body), 0.2)
    async for _ in llm.stream(ASK):
        await anyio.sleep(0.3)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.RemoteProtocolError("incomplete chunked read"), ProviderUnavailableError),
        (httpx2.ReadError("reset"), ProviderUnavailableError),
        (httpx2.ReadTimeout("stalled"), ProviderTimeoutError),
        (httpx2.DecodingError("bad gzip"), ProviderUnavailableError),
        (ConnectionResetError(), ProviderUnavailableError),
        (None, ProviderTimeoutError),
    ],
)
async def test_a_cut_stream_keeps_what_had_come(error: Exception | None, kind: type[ProviderError]) -> None:
    body = Breaking(error, HELLO)
    ours = await failure(llm_of(lambda _: httpx2.Response(200, headers=STREAM, stream=body), timeout=0.2))
    assert type(ours) is kind
    assert ours.partial == "Hello"
    assert body.closed


@pytest.mark.parametrize("end", [b"", b"data: [DONE]\n\n", b'data: {"choices":[{"delta"'])
async def test_a_stream_that_ends_early_is_never_an_answer(end: bytes) -> None:
    error = await failure(answering(200, HELLO + end, STREAM))
    assert isinstance(error, ProviderUnavailableError | ProviderResponseError)
    assert error.partial == "Hello"


async def test_an_empty_stream_is_cut() -> None:
    assert type(await failure(answering(200, b"", STREAM))) is ProviderUnavailableError


@pytest.mark.parametrize("body", [b'data: {"choices":[]}\n\n', b'data: {"id":"x"}\n\ndata: [DONE]\n\n'])
async def test_an_answer_without_choices(body: bytes) -> None:
    error = await failure(answering(200, body, STREAM))
    assert type(error) is ProviderResponseError
    assert "no choices" in error.message


@pytest.mark.parametrize("media_type", ["text/html; charset=utf-8", "application/json"])
async def test_an_answer_that_is_no_stream(media_type: str) -> None:
    error = await failure(answering(200, b"<html><body>Welcome</body></html>", {"content-type": media_type}))
    assert type(error) is ProviderResponseError
    assert media_type.partition(";")[0] in error.message


@pytest.mark.parametrize(
    ("reported", "kind"),
    [
        ({"message": "slow down", "type": "rate_limit_error"}, ProviderRateLimitedError),
        ({"message": "busy", "code": 503}, ProviderUnavailableError),
        ({"message": "busy", "type": "server_error"}, ProviderUnavailableError),
        ({"message": "too long", "type": "invalid_request_error"}, ProviderRequestError),
        ({"message": "who?", "code": "401"}, ProviderAuthError),
        ({"message": "odd", "code": "9" * 5000}, ProviderUnavailableError),
        ("just words", ProviderUnavailableError),
    ],
)
async def test_an_error_inside_the_stream(reported: Any, kind: type[ProviderError]) -> None:
    event = f"data: {json.dumps({'error': reported})}\n\n".encode()
    error = await failure(answering(200, HELLO + event, STREAM))
    assert type(error) is kind
    assert error.partial == "Hello"


async def test_models_are_listed_once_each() -> None:
    listed = {"data": [{"id": "b", "max_model_len": 4096}, {"id": "a"}, {"id": "c\0", "context_length": 99}]}
    listed["data"].append(listed["data"][0])
    llm = answering(200, listed, {"content-type": "application/json"})
    assert await llm.models() == (ModelInfo("b", 4096), ModelInfo("a"), ModelInfo("c\ufffd", 99))


@pytest.mark.parametrize(
    ("llm", "kind"),
    [
        (answering(401, {"error": "no"}), ProviderAuthError),
        (answering(404, b"not here"), ProviderRequestError),
        (answering(200, b"<html></html>", {"content-type": "text/html"}), ProviderResponseError),
        (answering(200, {"data": None}, {"content-type": "application/json"}), ProviderResponseError),
        (answering(200, {"data": [{"id": 5}]}, {"content-type": "application/json"}), ProviderResponseError),
        (answering(200, b"{", {"content-type": "application/json"}), ProviderResponseError),
        (raising(httpx2.ConnectError("refused")), ProviderUnavailableError),
    ],
)
async def test_models_that_cannot_be_listed(llm: LLM, kind: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as caught:
        await llm.models()
    assert type(caught.value) is kind


def sdk_errors() -> list[Exception]:
    """One of each exception class of the SDK, made without its constructor's help where that wants more."""
    request = httpx2.Request("POST", "http://model.test")
    response = httpx2.Response(418, request=request)
    return [_made(kind, request, response) for kind in _family(openai.OpenAIError)]


def _family(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(member for child in kind.__subclasses__() for member in _family(child))]


def _made(kind: type[Exception], request: httpx2.Request, response: httpx2.Response) -> Exception:
    error = kind.__new__(kind, "x")
    facts = {"request": request, "response": response, "body": None, "status_code": 418, "message": "x"}
    vars(error).update(facts, code=None, type=None)
    return error


@pytest.mark.parametrize("error", sdk_errors(), ids=lambda error: type(error).__name__)
def test_every_exception_of_the_sdk_is_translated(error: Exception) -> None:
    with (
        pytest.raises(ProviderError) as caught,
        translator(Endpoint("http://model.test")).guard(lambda: "so far"),
    ):
        raise error
    assert caught.value.partial == "so far"


def test_importing_the_provider_loads_no_sdk() -> None:
    code = (
        "import sys, liteagent.providers.llm.openai, liteagent.providers.llm.openai_compatible;"
        "print([name for name in ('openai', 'httpx2', 'pydantic') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "liteagent.providers.llm.openai_client", raising=False)
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ConfigurationError, match=r"liteagent\[openai\]"):
        create(LLMConfig("m"))
