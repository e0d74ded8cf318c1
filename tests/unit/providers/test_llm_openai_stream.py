"""What an OpenAI-compatible server answers, as our words."""

import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import anyio.abc
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.errors import ProviderError, ProviderResponseError
from liteagent.contracts.llm import (
    LLM,
    LLMConfig,
    LLMRequest,
    LLMResponse,
    ReasoningDelta,
    TextDelta,
    Usage,
    complete,
)
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.openai_compatible import create

ASK = LLMRequest((Message(Role.USER, "Hi"),))


def answering(*events: Any, end: str = "data: [DONE]\n\n") -> LLM:
    """A server that sends these events: objects as JSON, strings as they are."""
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    body = "".join(f"data: {line}\n\n" for line in lines) + end

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body.encode())

    config = LLMConfig("tiny", base_url="http://model.test/v1", timeout=30)
    return create(config, transport=httpx2.MockTransport(answer))


def chunk(content: Any = None, finish: str | None = None, calls: Any = None, **extra: Any) -> dict[str, Any]:
    delta = {"content": content, "tool_calls": calls}
    return {"model": "tiny-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **extra}


def fragment(index: int | None, call_id: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": call_id, "function": {k: v for k, v in function.items() if v is not None}}


async def deltas(llm: LLM) -> list[str]:
    return [item.text async for item in llm.stream(ASK) if isinstance(item, TextDelta)]


async def calls_of(*fragments: list[dict[str, Any]]) -> tuple[ToolCall, ...]:
    llm = answering(*(chunk(calls=group) for group in fragments), chunk(finish="tool_calls"))
    response = await complete(llm, ASK)
    assert response.finish_reason == "tool_calls"
    return response.message.tool_calls


async def test_text_comes_in_pieces_and_then_as_a_whole() -> None:
    usage: dict[str, Any] = {
        "model": "tiny-1",
        "choices": [],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2},
    }
    llm = answering(chunk(""), chunk("Hel"), chunk("lo."), chunk(finish="stop"), usage)
    assert [item async for item in llm.stream(ASK)] == [
        TextDelta("Hel"),
        TextDelta("lo."),
        LLMResponse(Message(Role.ASSISTANT, "Hello."), Usage(7, 2), "stop", "tiny-1"),
    ]


async def test_usage_that_is_not_sent_is_zero_and_the_configured_model_stands_in() -> None:
    llm = answering({"choices": [{"delta": {"content": "x"}, "finish_reason": "stop"}]})
    response = await complete(llm, ASK)
    assert response.usage == Usage(0, 0, "tokens")
    assert response.model == "tiny"


@pytest.mark.parametrize(
    "counts", [{"prompt_tokens": "7", "completion_tokens": -1}, {}, {"prompt_tokens": True}]
)
async def test_usage_that_is_no_count_is_zero(counts: dict[str, Any]) -> None:
    response = await complete(answering(chunk("x", "stop", usage=counts)), ASK)
    assert response.usage == Usage(0, 0)


async def test_the_last_usage_counts() -> None:
    events = [chunk("x", usage={"prompt_tokens": 3, "completion_tokens": n}) for n in (1, 2)]
    response = await complete(answering(*events, chunk(finish="stop", usage=None)), ASK)
    assert response.usage == Usage(3, 2)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [("stop", "stop"), ("length", "length"), ("content_filter", "content_filter"), ("eos", "stop")],
)
async def test_finish_reasons(sent: str, expected: str) -> None:
    assert (await complete(answering(chunk("x", sent)), ASK)).finish_reason == expected


async def test_a_refusal_is_text_and_filtered() -> None:
    refusal = {"choices": [{"delta": {"refusal": "I won't."}, "finish_reason": "stop"}]}
    response = await complete(answering(refusal), ASK)
    assert response.message.content == "I won't."
    assert response.finish_reason == "content_filter"


async def test_parallel_tool_calls_arrive_in_fragments() -> None:
    calls = await calls_of(
        [fragment(0, "a", "one", "")],
        [fragment(0, None, None, '{"x":'), fragment(1, "b", "two", '{"y"')],
        [fragment(1, None, None, ":2}"), fragment(0, None, None, "1}")],
    )
    assert calls == (ToolCall("a", "one", '{"x":1}'), ToolCall("b", "two", '{"y":2}'))


@pytest.mark.parametrize("index", [0, None])
async def test_calls_that_are_not_numbered_are_told_apart_by_id(index: int | None) -> None:
    calls = await calls_of(
        [fragment(index, "a", "one", '{"x"'), fragment(index, None, None, ":1}")],
        [fragment(index, "b", "one", "{}")],
    )
    assert calls == (ToolCall("a", "one", '{"x":1}'), ToolCall("b", "one", "{}"))


async def test_calls_without_id_and_index_are_told_apart_by_name() -> None:
    calls = await calls_of(
        [fragment(None, None, "one", "{}"), fragment(None, None, "two", '{"y"')],
        [fragment(None, None, None, ":2}")],
    )
    assert [(call.name, call.arguments) for call in calls] == [("one", "{}"), ("two", '{"y":2}')]


async def test_missing_and_doubled_ids_are_made_up_the_same_each_time() -> None:
    group = [
        fragment(0, None, "f", "{}"),
        fragment(1, None, "f", "{}"),
        fragment(2, "a", "f", "{}"),
        fragment(3, "a", "f", "{}"),
    ]
    first, second = await calls_of(group), await calls_of(group)
    assert first == second
    assert len({call.id for call in first}) == 4
    assert first[2].id == "a"


async def test_a_made_up_id_differs_from_one_request_to_the_next() -> None:
    llm = answering(chunk(calls=[fragment(0, None, "f", "{}")]), chunk(finish="tool_calls"))
    one = await complete(llm, ASK)
    longer = LLMRequest((*ASK.messages, one.message, Message(Role.TOOL, "1"), *ASK.messages))
    other = await complete(llm, longer)
    assert one.message.tool_calls[0].id != other.message.tool_calls[0].id


async def test_a_name_on_each_fragment_and_arguments_as_an_object_or_none() -> None:
    calls = await calls_of(
        [fragment(0, "a", "f", '{"x"')],
        [fragment(0, "a", "f", ":1}")],
        [fragment(1, "b", "g", {"y": 2})],
        [fragment(2, "c", "h", None)],
    )
    assert calls == (ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", '{"y": 2}'), ToolCall("c", "h", "{}"))


async def test_finish_reason_stop_with_a_call_means_tool_calls() -> None:
    llm = answering(chunk("Let me see.", calls=[fragment(0, "a", "f", "{}")]), chunk(finish="stop"))
    response = await complete(llm, ASK)
    assert response.finish_reason == "tool_calls"
    assert response.message.content == "Let me see."


async def test_content_in_parts_is_text() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert await deltas(answering(chunk(parts), chunk(finish="stop"))) == ["ab"]


async def test_other_choices_and_unknown_fields_are_left_out() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "no"}}], "zebra": [1]}
    reasoning = {"choices": [{"index": 0, "delta": {"reasoning_content": "hm"}}]}
    assert await deltas(answering(other, reasoning, chunk("yes", "stop"))) == ["yes"]


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_reasoning_comes_beside_the_answer(name: str) -> None:
    thought: dict[str, Any] = {"choices": [{"index": 0, "delta": {name: "hm"}}]}
    llm = answering(thought, chunk("yes", "stop"))
    items = [item async for item in llm.stream(ASK)]
    assert items[:2] == [ReasoningDelta("hm"), TextDelta("yes")]
    response = items[2]
    assert isinstance(response, LLMResponse)
    assert (response.reasoning, response.message.content) == ("hm", "yes")
    assert response.message.provider_state is None


@pytest.mark.parametrize("thinking", ["hm", [{"type": "text", "text": "hm"}]])
async def test_reasoning_among_the_parts_of_the_content(thinking: Any) -> None:
    parts = [{"type": "thinking", "thinking": thinking}, {"type": "text", "text": "yes"}]
    response = await complete(answering(chunk(parts, "stop")), ASK)
    assert (response.reasoning, response.message.content) == ("hm", "yes")


async def test_what_was_cached_and_thought_is_a_part_of_the_whole() -> None:
    counts = {
        "prompt_tokens": 10,
        "completion_tokens": 8,
        "prompt_tokens_details": {"cached_tokens": 6, "cache_write_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 99},
    }
    response = await complete(answering(chunk("x", "stop", usage=counts)), ASK)
    assert response.usage == Usage(10, 8, cached=6, cache_write=3, reasoning=8)


async def test_comments_and_empty_chunks_are_no_news() -> None:
    llm = answering({"choices": [], "prompt_filter_results": []}, chunk("x", "stop"), end=": ping\n\n")
    assert await deltas(llm) == ["x"]


async def test_a_pair_of_surrogates_split_between_pieces_is_joined() -> None:
    llm = answering(
        r'{"choices":[{"delta":{"content":"a\ud83d"}}]}',
        r'{"choices":[{"delta":{"content":"\ude00b"},"finish_reason":"stop"}]}',
    )
    assert await deltas(llm) == ["a", "\N{GRINNING FACE}b"]


async def test_lone_surrogates_and_nul_become_replacement_characters() -> None:
    function = r'{"name":"f","arguments":"\u0000"}'
    call = r'{"choices":[{"delta":{"tool_calls":[{"id":"\ud800","function":' + function + "}]}}]}"
    text = (
        r'{"model":"m\ud800","choices":[{"delta":{"content":"a\u0000\udc00b\ud800"},"finish_reason":"stop"}]}'
    )
    response = await complete(answering(call, text), ASK)
    assert response.message.content == "a\ufffd\ufffdb\ufffd"
    assert response.message.tool_calls == (ToolCall("\ufffd", "f", "\ufffd"),)
    assert response.model == "m\ufffd"
    json.dumps([response.message.content, response.model], ensure_ascii=False).encode()


async def test_ten_megabytes_on_one_line_arrive_whole() -> None:
    long = "abcdefgh" * (10 * 1024 * 1024 // 8)
    response = await complete(answering(chunk(long, "stop")), ASK)
    assert response.message.content == long


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "content",
                    "index",
                    "tool_calls",
                    "function",
                    "name",
                    "id",
                    "usage",
                    "arguments",
                    "finish_reason",
                    "model",
                    "refusal",
                    "error",
                    "message",
                    "code",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(anything, max_size=3))
def test_whatever_comes_there_is_an_answer_or_a_provider_error(events: list[Any]) -> None:
    async def ask() -> LLMResponse | None:
        try:
            return await complete(answering(*events, chunk("x", "stop")), ASK)
        except ProviderError:
            return None

    response = anyio.run(ask)
    assert response is None or response.finish_reason in ("stop", "tool_calls", "length", "content_filter")


class SlowServer:
    """Speaks HTTP on a socket: sends a piece whenever asked to, and notices when the client goes away."""

    def __init__(self) -> None:
        self.gone = anyio.Event()
        self.port = 0

    async def serve(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self.port = listener.extra(anyio.abc.SocketAttribute.local_port)
        task_status.started()
        async with listener:
            await listener.serve(self.handle)

    async def handle(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            await stream.send(f"data: {json.dumps(chunk('first'))}\n\n".encode())
            try:
                while True:
                    await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                self.gone.set()


@pytest.fixture
async def slow_server() -> AsyncIterator[SlowServer]:
    server = SlowServer()
    async with anyio.create_task_group() as group:
        await group.start(server.serve)
        yield server
        group.cancel_scope.cancel()


async def test_cancelling_closes_the_connection(slow_server: SlowServer) -> None:
    llm = create(LLMConfig("m", base_url=f"http://127.0.0.1:{slow_server.port}/v1"))
    with anyio.CancelScope() as scope:
        async for _ in llm.stream(ASK):
            scope.cancel()
    assert scope.cancelled_caught
    with anyio.fail_after(10):
        await slow_server.gone.wait()
    await llm.aclose()


async def test_a_stalled_stream_times_out_with_what_had_come(slow_server: SlowServer) -> None:
    llm = create(LLMConfig("m", base_url=f"http://127.0.0.1:{slow_server.port}/v1", timeout=0.3))
    with pytest.raises(ProviderError) as caught:
        await complete(llm, ASK)
    assert caught.value.code == "provider_timeout"
    assert caught.value.partial == "first"
    with anyio.fail_after(10):
        await slow_server.gone.wait()
    await llm.aclose()


MALFORMED: list[object] = [
    "<html>no</html>",
    "{'single': 'quotes'}",
    "[" * 100_000,
    [1, 2],
    5,
    {"choices": "none"},
    {"choices": [7]},
    {"choices": [{"delta": "text"}]},
    chunk({"an": "object"}),
    chunk(calls=[fragment(0, "a", None, "{}")]),
    chunk(calls=[{"index": "first", "function": {"name": "f"}}]),
]


@pytest.mark.parametrize("event", MALFORMED, ids=lambda event: str(event)[:30])
async def test_what_is_not_the_protocol_is_a_response_error_with_the_text_so_far(event: object) -> None:
    llm = answering(chunk("so far"), event, chunk(finish="stop"))
    with pytest.raises(ProviderResponseError) as caught:
        await complete(llm, ASK)
    assert caught.value.partial == "so far"
    assert "base_url" in caught.value.message
