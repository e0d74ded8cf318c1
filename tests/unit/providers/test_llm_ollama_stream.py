"""What Ollama servers answer, and every way in which they fail."""

import json
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.errors import (
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import (
    LLM,
    LLMConfig,
    LLMRequest,
    LLMResponse,
    ModelInfo,
    ReasoningDelta,
    TextDelta,
    Usage,
    complete,
)
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.ollama import create
from liteagent.testing.llm_suite import WEATHER
from tests.unit.providers.wire.breaking import ASK, Breaking, BreakingSuite, failure

STREAM = {"content-type": "application/x-ndjson"}
HELLO = b'{"model":"m-1","message":{"role":"assistant","content":"Hello"},"done":false}\n'
DONE: dict[str, Any] = {"message": {"content": ""}, "done": True, "done_reason": "stop"}


def llm_of(handler: Callable[[httpx2.Request], Any], timeout: float = 30.0) -> LLM:
    config = LLMConfig("m", "key-secret", "http://model.test", timeout=timeout)
    return create(config, transport=httpx2.MockTransport(handler))


def answering(status: int, body: Any = b"", headers: dict[str, str] | None = None) -> LLM:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return llm_of(lambda _: httpx2.Response(status, headers=headers or {}, content=content))


def streaming(*lines: dict[str, Any] | bytes) -> LLM:
    sent = [each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in lines]
    return answering(200, b"".join(sent), STREAM)


def said(**message: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": "", **message}, "done": False}


async def test_text_and_thinking_come_in_pieces_and_then_as_a_whole() -> None:
    llm = streaming(
        said(thinking="Let me "), said(thinking="see."), said(content="Hel"), b"\n", said(content="lo."), DONE
    )
    assert [item async for item in llm.stream(ASK)] == [
        ReasoningDelta("Let me "),
        ReasoningDelta("see."),
        TextDelta("Hel"),
        TextDelta("lo."),
        LLMResponse(Message(Role.ASSISTANT, "Hello."), Usage(), "stop", "m", "Let me see."),
    ]


async def test_lines_may_be_cut_anywhere() -> None:
    whole = HELLO + json.dumps(DONE).encode()
    pieces = tuple(whole[at : at + 3] for at in range(0, len(whole), 3))
    body = Breaking(httpx2.ReadError("the server closes"), *pieces, b"\n")
    response = await complete(llm_of(lambda _: httpx2.Response(200, stream=body)), ASK)
    assert response.message.content == "Hello"
    assert body.closed


async def test_an_answer_in_one_piece_without_a_stream() -> None:
    whole = {**DONE, "message": {"content": "Hello"}, "prompt_eval_count": 3, "eval_count": 1}
    response = await complete(streaming(whole), ASK)
    assert (response.message.content, response.usage) == ("Hello", Usage(3, 1))


@pytest.mark.parametrize(
    ("sent", "told"), [("stop", "stop"), ("length", "length"), ("load", "stop"), (None, "stop")]
)
async def test_finish_reasons(sent: str | None, told: str) -> None:
    response = await complete(streaming({**DONE, "done_reason": sent}), ASK)
    assert response.finish_reason == told


async def test_calls_over_several_lines_with_and_without_ids() -> None:
    def call(name: str, arguments: Any, **more: Any) -> dict[str, Any]:
        return {"function": {"name": name, "arguments": arguments}, **more}

    lines = (
        said(thinking="Hm.", tool_calls=[call("f", {"x": "ä"}, id="a"), call("f", {"x": "ä"})]),
        said(tool_calls=[call("f", '{"y": 1}', id="a"), call("g", None)]),
        DONE,
    )
    first, second = await complete(streaming(*lines), ASK), await complete(streaming(*lines), ASK)
    assert first == second
    calls = first.message.tool_calls
    assert [(each.name, each.arguments) for each in calls] == [
        ("f", '{"x": "ä"}'),
        ("f", '{"x": "ä"}'),
        ("f", '{"y": 1}'),
        ("g", "{}"),
    ]
    assert len({each.id for each in calls}) == 4
    assert calls[0].id == "a"
    assert first.finish_reason == "tool_calls"
    assert first.message.provider_state == {"ollama": {"thinking": "Hm."}}


@pytest.mark.parametrize("counts", [{}, {"prompt_eval_count": "3", "eval_count": -1}])
async def test_usage_that_is_not_sent_is_zero(counts: dict[str, Any]) -> None:
    assert (await complete(streaming({**DONE, **counts}), ASK)).usage == Usage()


async def test_pieces_of_a_pair_are_joined_and_broken_text_is_mended() -> None:
    halves = (rb'{"message":{"content":"a\ud83d"}}', rb'{"message":{"content":"\ude00b\u0000\udc00"}}')
    response = await complete(streaming(halves[0] + b"\n", halves[1] + b"\n", DONE), ASK)
    assert response.message.content == "a\N{GRINNING FACE}b\ufffd\ufffd"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ProviderRequestError),
        (400, ProviderRequestError),
        (401, ProviderAuthError),
        (404, ProviderRequestError),
        (429, ProviderRateLimitedError),
        (500, ProviderUnavailableError),
        (503, ProviderUnavailableError),
    ],
)
async def test_each_status_has_its_error(status: int, kind: type[ProviderError]) -> None:
    error = await failure(answering(status, {"error": "the server's reason"}, {"retry-after": "7"}))
    assert type(error) is kind
    assert "the server's reason" in error.message
    assert error.retry_after == 7.0
    assert error.details["status"] == status


async def test_a_missing_model_is_to_be_pulled() -> None:
    error = await failure(answering(404, {"error": "model 'm' not found"}))
    assert type(error) is ProviderRequestError
    assert "ollama pull m" in error.message
    with pytest.raises(ProviderRequestError, match="ollama pull m"):
        await complete(answering(404, {"error": "model 'm' not found"}), LLMRequest(ASK.messages, (WEATHER,)))


async def test_a_server_that_is_not_there_is_to_be_started() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(create(LLMConfig("m", base_url=f"http://127.0.0.1:{port}", timeout=5)))
    assert type(error) is ProviderUnavailableError
    assert "ollama serve" in error.message


async def test_a_failure_inside_a_stream_keeps_the_text_so_far() -> None:
    error = await failure(streaming(HELLO, {"error": "an error was encountered while running the model"}))
    assert type(error) is ProviderUnavailableError
    assert "while running the model" in error.message
    assert error.partial == "Hello"


@pytest.mark.parametrize("lines", [(), (HELLO,), (HELLO, said(content=""))])
async def test_a_cut_stream_is_an_error_with_the_text_so_far(lines: tuple[Any, ...]) -> None:
    error = await failure(streaming(*lines))
    assert type(error) is ProviderUnavailableError
    assert error.partial == ("Hello" if lines else "")


@pytest.mark.parametrize(
    "garbage",
    [
        b"{not json}\n",
        b"[1]\n",
        b'"text"\n',
        b'{"message": "no object"}\n',
        b'{"message": {"content": ["no text"]}}\n',
        b'{"message": {"tool_calls": {}}}\n',
        b'{"message": {"tool_calls": [{"function": {"arguments": {}}}]}}\n',
        b'{"message": {"tool_calls": [{}]}}\n',
        b'{"message": {"content": "\xff\xfe"}}\n',
        b"[" * 100_000 + b"\n",
        b'{"message": {"content": "' + b"x" * (10 * 1024 * 1024) + b'"}}\n',
        b"<html><body>nginx</body></html>",
    ],
    ids=lambda garbage: repr(garbage[:24]),
)
async def test_garbage_is_an_error_with_the_text_so_far(garbage: bytes) -> None:
    error = await failure(streaming(HELLO, garbage))
    assert type(error) is ProviderResponseError
    assert error.partial == "Hello"
    assert "base_url" in error.message


async def test_a_line_without_an_end_is_given_up() -> None:
    class Endless(Breaking):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield HELLO
            while True:
                yield b"x" * 1_000_000

    body = Endless(None)
    error = await failure(llm_of(lambda _: httpx2.Response(200, stream=body)))
    assert type(error) is ProviderResponseError
    assert error.partial == "Hello"
    assert body.closed


class TestAnswersThatBreakOff(BreakingSuite):
    create = staticmethod(create)
    hello = HELLO


async def test_no_secret_gets_into_a_message() -> None:
    error = await failure(answering(401, {"error": "bad key-secret"}))
    assert "key-secret" not in error.message


def tags(request: httpx2.Request) -> httpx2.Response:
    if request.url.path == "/api/tags":
        listed = [{"name": "a:1", "model": "a:1"}, {"name": "b:1"}, {"name": "a:1"}, {"size": 3}]
        return httpx2.Response(200, json={"models": listed})
    if json.loads(request.content)["model"] == "a:1":
        return httpx2.Response(200, json={"model_info": {"llama.context_length": 8192, "x": None}})
    return httpx2.Response(500, text="broken")


async def test_models_are_listed_even_where_one_cannot_be_described() -> None:
    assert await llm_of(tags).models() == (ModelInfo("a:1", 8192), ModelInfo("b:1"))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>", ProviderResponseError),
        (200, {"models": "x"}, ProviderResponseError),
        (200, [], ProviderResponseError),
        (404, b"404 page not found", ProviderRequestError),
        (500, b"", ProviderUnavailableError),
    ],
)
async def test_models_that_cannot_be_read(status: int, body: Any, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        await answering(status, body).models()


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["message", "content", "tool_calls", "function", "name", "arguments", "done"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(st.lists(ANYTHING, max_size=3))
def test_whatever_comes_there_is_an_answer_or_a_provider_error(lines: list[Any]) -> None:
    async def ask() -> LLMResponse | None:
        try:
            return await complete(streaming(HELLO, *lines, DONE), ASK)
        except ProviderError:
            return None

    response = anyio.run(ask)
    assert response is None or response.finish_reason in ("stop", "tool_calls", "length")
