"""What the Responses API says, as our words, and ours as its."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.errors import (
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import (
    LLM,
    LLMConfig,
    LLMRequest,
    LLMResponse,
    OutputSchema,
    ReasoningDelta,
    TextDelta,
    ToolSpec,
    Usage,
    complete,
)
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.openai import create
from tests.unit.providers.wire.server import Server, events, responses_reply

HI = (Message(Role.USER, "Hi"),)
ASK = LLMRequest(HI)
LOOK = ToolSpec("look", "Look.", {"type": "object", "properties": {"at": {"type": "string"}}})
THOUGHT: dict[str, Any] = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [],
    "encrypted_content": "sealed",
    "status": None,
}
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": '{"at": "it"}'}


def asking(server: Server, model: str = "gpt-5-mini", **options: Any) -> LLM:
    return create(LLMConfig(model, "sk-x", timeout=20, options=options), transport=server.transport)


def answering(*said: object) -> LLM:
    return asking(Server(events(*said)))


def spoken(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "delta": text}


def done(**item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "item": item}


def completed(**response: Any) -> dict[str, Any]:
    return {"type": "response.completed", "response": {"model": "m-1", **response}}


async def failure(llm: LLM) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await complete(llm, ASK)
    return caught.value


async def sent(request: LLMRequest, model: str = "gpt-5-mini", **options: Any) -> dict[str, Any]:
    server = Server(responses_reply())
    await complete(asking(server, model, **options), request)
    return server.bodies[0]


async def test_a_model_that_does_not_think_is_asked_with_sampling() -> None:
    request = LLMRequest(HI, temperature=0.5, top_p=0.9, max_output_tokens=3, reasoning_effort="high")
    assert await sent(request, "gpt-4.1") == {
        "model": "gpt-4.1",
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 16,
        "stream": True,
    }


async def test_a_model_that_thinks_is_asked_with_effort_and_without_sampling() -> None:
    instructed = (Message(Role.SYSTEM, "Be kind."), *HI)
    request = LLMRequest(instructed, temperature=0.5, top_p=0.9, max_output_tokens=99, reasoning_effort="max")
    body = await sent(request, "o4-mini", reasoning_summary="off", prompt_cache_key="k", body={"user": "u"})
    assert body == {
        "model": "o4-mini",
        "input": [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
        "store": False,
        "max_output_tokens": 99,
        "reasoning": {"effort": "high"},
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "k",
        "user": "u",
        "stream": True,
    }


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [("none", "none"), ("required", "required"), (LOOK, {"type": "function", "name": "look"})],
)
async def test_the_choice_of_tools(choice: Any, wanted: Any) -> None:
    body = await sent(LLMRequest(HI, (LOOK,), tool_choice=choice, parallel_tools=False))
    assert body["tool_choice"] == wanted
    assert body["parallel_tool_calls"] is False
    assert body["tools"] == [
        {
            "type": "function",
            "name": "look",
            "description": "Look.",
            "parameters": LOOK.parameters,
            "strict": False,
        }
    ]


async def test_a_schema_that_cannot_be_strict_is_asked_for_in_words() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    body = await sent(LLMRequest(HI, output_schema=OutputSchema("shape", schema)))
    assert body["text"] == {"format": {"type": "json_object"}}
    assert json.dumps(schema) in body["input"][0]["content"]


async def test_the_answer_comes_in_pieces_and_then_as_a_whole() -> None:
    usage = {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "output_tokens": 8,
        "output_tokens_details": {"reasoning_tokens": 5},
    }
    summary = {"type": "response.reasoning_summary_text.delta"}
    part = {"type": "response.reasoning_summary_part.added"}
    llm = answering(
        {"type": "response.created", "response": {"model": "m-0"}},
        part,
        {**summary, "delta": "First."},
        part,
        {**summary, "delta": "Second."},
        spoken("Hel"),
        spoken("lo."),
        completed(usage=usage),
    )
    assert [item async for item in llm.stream(ASK)] == [
        ReasoningDelta("First."),
        ReasoningDelta("\n\nSecond."),
        TextDelta("Hel"),
        TextDelta("lo."),
        LLMResponse(
            Message(Role.ASSISTANT, "Hello."),
            Usage(9, 8, cached=4, cache_write=2, reasoning=5),
            model="m-1",
            reasoning="First.\n\nSecond.",
        ),
    ]


async def test_what_was_thought_said_and_called_goes_back_in_its_order() -> None:
    comment: dict[str, Any] = {"type": "message", "phase": "commentary", "content": []}
    server = Server(
        events(
            done(**THOUGHT),
            spoken("Let me look."),
            done(**comment),
            done(**{**THOUGHT, "id": "rs_2"}),
            done(**CALL),
            completed(),
        ),
        responses_reply(),
    )
    llm = asking(server)
    message = (await complete(llm, LLMRequest(HI, (LOOK,)))).message
    assert message.tool_calls == (ToolCall("c1", "look", '{"at": "it"}'),)
    await complete(llm, LLMRequest((*HI, message, Message(Role.TOOL, "seen", tool_call_id="c1")), (LOOK,)))
    reasoning: dict[str, Any] = {"type": "reasoning", "summary": [], "encrypted_content": "sealed"}
    assert server.bodies[1]["input"] == [
        {"role": "user", "content": "Hi"},
        {**reasoning, "id": "rs_1"},
        {"role": "assistant", "content": "Let me look.", "phase": "commentary"},
        {**reasoning, "id": "rs_2"},
        {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"at": "it"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "seen"},
    ]


async def test_state_of_a_changed_message_or_of_another_model_stays_at_home() -> None:
    server = Server(responses_reply("Hello.", THOUGHT))
    message = (await complete(asking(server), ASK)).message
    assert message.provider_state is not None
    for model, said in (("gpt-5", message), ("gpt-5-mini", replace(message, content="Bye."))):
        await complete(asking(server, model), LLMRequest((*HI, said, *HI)))
        assert server.bodies[-1]["input"][1] == {"role": "assistant", "content": said.content}


async def test_an_answer_without_thoughts_keeps_nothing() -> None:
    assert (await complete(asking(Server(responses_reply())), ASK)).message.provider_state is None


async def test_messages_after_one_another_are_paragraphs() -> None:
    llm = answering(
        spoken("One."), done(type="message", content=[]), spoken("Two."), done(type="message"), completed()
    )
    assert (await complete(llm, ASK)).message.content == "One.\n\nTwo."


async def test_what_was_not_streamed_is_taken_from_the_item_or_from_the_end() -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": "Late."}]}
    for said in ([done(**message), completed()], [completed(output=[message, CALL])]):
        llm = answering(*said)
        items = [item async for item in llm.stream(ASK)]
        assert items[0] == TextDelta("Late.")
        assert isinstance(items[-1], LLMResponse)
        assert items[-1].message.content == "Late."


@pytest.mark.parametrize(
    ("reason", "expected"), [("max_output_tokens", "length"), ("content_filter", "content_filter")]
)
async def test_an_answer_that_is_not_whole_says_why(reason: str, expected: str) -> None:
    end = {"type": "response.incomplete", "response": {"incomplete_details": {"reason": reason}}}
    assert (await complete(answering(spoken("x"), end), ASK)).finish_reason == expected


async def test_a_refusal_is_text_and_filtered() -> None:
    response = await complete(answering({"type": "response.refusal.delta", "delta": "No."}, completed()), ASK)
    assert (response.message.content, response.finish_reason) == ("No.", "content_filter")


async def test_calls_without_an_id_get_one_that_is_always_the_same() -> None:
    nameless = {"type": "function_call", "name": "look", "arguments": ""}
    llm = answering(done(**nameless), done(**nameless), completed())
    first, second = (await complete(llm, ASK)).message, (await complete(llm, ASK)).message
    assert first == second
    assert len({call.id for call in first.tool_calls}) == 2
    assert [call.arguments for call in first.tool_calls] == ["{}", "{}"]


@pytest.mark.parametrize("pieces", [["one EN", "D two"], ["one ", "E", "N", "D"], ["one END", "END"]])
async def test_a_stop_text_ends_the_answer_wherever_it_is_cut(pieces: list[str]) -> None:
    llm = answering(*map(spoken, pieces), done(**CALL), completed(usage={"output_tokens": 7}))
    items = [item async for item in llm.stream(LLMRequest(HI, stop=("END", "STOP")))]
    response = items[-1]
    assert isinstance(response, LLMResponse)
    text = "".join(item.text for item in items if isinstance(item, TextDelta))
    assert text == response.message.content == "one "
    assert response.finish_reason == "stop"
    assert response.message.tool_calls == ()
    assert response.usage.output == 7


async def test_what_only_looks_like_a_stop_text_is_said() -> None:
    llm = answering(spoken("WEEKEN"), spoken("DS and EN"), completed())
    response = await complete(llm, LLMRequest(HI, stop=("ENDS!",)))
    assert response.message.content == "WEEKENDS and EN"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"type": "error", "code": "rate_limit_exceeded", "message": "slow"}, ProviderRateLimitedError),
        ({"type": "error", "code": "server_error", "message": "oh"}, ProviderUnavailableError),
        (
            {"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}},
            ProviderRateLimitedError,
        ),
        (
            {"type": "response.failed", "response": {"error": {"code": "invalid_prompt", "message": "no"}}},
            ProviderRequestError,
        ),
        (
            {"type": "response.failed", "response": {"error": {"code": "image_too_large", "message": "no"}}},
            ProviderRequestError,
        ),
        ({"type": "response.failed", "response": {}}, ProviderUnavailableError),
        ({"type": "response.failed"}, ProviderUnavailableError),
    ],
)
async def test_a_failure_that_is_told_in_the_stream(event: Any, kind: type[ProviderError]) -> None:
    error = await failure(answering(spoken("so far"), event))
    assert type(error) is kind
    assert error.partial == "so far"


@pytest.mark.parametrize(
    "event",
    [
        "{'no': 'json'}",
        [1],
        7,
        {"type": 5},
        {"type": "response.output_text.delta", "delta": {}},
        {"type": "response.output_item.done", "item": "x"},
        {"type": "response.output_item.done", "item": {"type": "function_call"}},
        {"type": "response.completed"},
        {"type": "response.completed", "response": {"model": 5}},
    ],
    ids=lambda event: str(event)[:40],
)
async def test_what_is_not_the_protocol_is_a_response_error(event: object) -> None:
    error = await failure(answering(spoken("so far"), event))
    assert type(error) is ProviderResponseError
    assert error.partial == "so far"


async def test_a_stream_of_something_else_is_named() -> None:
    error = await failure(answering({"choices": []}))
    assert type(error) is ProviderResponseError
    assert "no events of a response" in error.message


async def test_ten_megabytes_on_one_line_arrive_whole() -> None:
    long = "abcdefgh" * (10 * 1024 * 1024 // 8)
    assert (await complete(answering(spoken(long), completed()), ASK)).message.content == long


async def test_an_answer_that_breaks_off_is_never_whole() -> None:
    error = await failure(answering(spoken("so far")))
    assert type(error) is ProviderUnavailableError
    assert error.partial == "so far"


class Stalling(httpx2.AsyncByteStream):
    """Says a word and then nothing."""

    def __init__(self) -> None:
        self.closed = anyio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield f"data: {json.dumps(spoken('so far'))}\n\n".encode()
        await anyio.sleep_forever()

    async def aclose(self) -> None:
        self.closed.set()


def stalling(body: Stalling, timeout: float) -> LLM:
    headers = {"content-type": "text/event-stream"}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers=headers, stream=body))
    return create(LLMConfig("gpt-5", "sk-x", timeout=timeout), transport=transport)


async def test_a_server_that_falls_silent_times_out_with_what_had_come() -> None:
    body = Stalling()
    error = await failure(stalling(body, 0.1))
    assert type(error) is ProviderTimeoutError
    assert error.partial == "so far"
    assert body.closed.is_set()


async def test_cancelling_closes_the_connection() -> None:
    body = Stalling()
    with anyio.CancelScope() as scope:
        async for _ in stalling(body, 20).stream(ASK):
            scope.cancel()
    assert scope.cancelled_caught
    assert body.closed.is_set()


async def test_lone_surrogates_are_mended_in_all_that_is_kept() -> None:
    thought = r'{"type":"reasoning","id":"r\ud800","summary":[{"text":"a\u0000"}],"encrypted_content":"s"}'
    call = r'{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":\"\udc00\"}"}'
    llm = answering(
        r'{"type":"response.reasoning_text.delta","delta":"hm\ud83d"}',
        r'{"type":"response.reasoning_text.delta","delta":"\ude00"}',
        f'{{"type":"response.output_item.done","item":{thought}}}',
        f'{{"type":"response.output_item.done","item":{call}}}',
        r'{"type":"response.output_text.delta","delta":"a\ud800"}',
        completed(),
    )
    response = await complete(llm, ASK)
    assert response.reasoning == "hm\N{GRINNING FACE}"
    assert response.message.content == "a\ufffd"
    kept = json.dumps(
        [response.message.provider_state, response.message.tool_calls[0].arguments], ensure_ascii=False
    )
    kept.encode()
    assert "\\u0000" not in kept


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["message", "reasoning"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "content",
                    "delta",
                    "encrypted_content",
                    "error",
                    "incomplete_details",
                    "item",
                    "output",
                    "response",
                    "text",
                    "type",
                    "usage",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
kinds = st.sampled_from(
    [
        "error",
        "response.completed",
        "response.failed",
        "response.incomplete",
        "response.output_item.done",
        "response.output_text.delta",
        "response.reasoning_text.delta",
    ]
)
parts = st.dictionaries(st.sampled_from(["item", "response", "delta"]), anything, max_size=3)


@st.composite
def typed(draw: st.DrawFn) -> dict[str, Any]:
    """An event of a known type with anything in it."""
    return {**draw(parts), "type": draw(kinds)}


@settings(deadline=None, max_examples=150)
@given(st.lists(anything | typed(), max_size=4))
def test_whatever_comes_there_is_an_answer_or_a_provider_error(said: list[Any]) -> None:
    async def ask() -> LLMResponse | None:
        try:
            return await complete(answering(*said, spoken("x"), completed()), ASK)
        except ProviderError:
            return None

    response = anyio.run(ask)
    assert response is None or response.finish_reason in ("stop", "tool_calls", "length", "content_filter")
