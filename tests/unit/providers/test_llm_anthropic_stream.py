"""What Anthropic's servers answer, as our words."""

import json
from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.errors import ProviderError
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
from liteagent.providers.llm.anthropic import create
from liteagent.testing.llm_suite import WEATHER
from tests.unit.providers.wire.anthropic_events import begun, delta, ended, named, said, text
from tests.unit.providers.wire.server import Server

ASK = LLMRequest((Message(Role.USER, "Hi"),))
CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "c2lnbmVk"}
HIDDEN = {"type": "redacted_thinking", "data": "ZW5jcnlwdGVk"}


def llm_of(server: Server, model: str = "claude-haiku-5-5", **options: Any) -> LLM:
    return create(LLMConfig(model, "sk-ant-test", timeout=20, options=options), transport=server.transport)


async def answer(*events: dict[str, Any] | str, request: LLMRequest = ASK) -> LLMResponse:
    return await complete(llm_of(Server(named(*events))), request)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("tool_use", "stop"),
        ("something_new", "stop"),
        (None, "stop"),
    ],
)
async def test_finish_reasons(sent: str | None, told: str) -> None:
    assert (await answer(begun(0, text("x")), *ended(sent))).finish_reason == told


@pytest.mark.parametrize(
    ("sent", "told"), [("tool_use", "tool_calls"), ("end_turn", "tool_calls"), ("max_tokens", "length")]
)
async def test_finish_reasons_with_a_call(sent: str, told: str) -> None:
    assert (await answer(begun(0, CALL), *ended(sent))).finish_reason == told


async def test_every_kind_of_delta() -> None:
    events = [
        begun(0, {"type": "thinking", "thinking": "", "signature": ""}),
        delta(0, "thinking_delta", thinking="Let me "),
        delta(0, "thinking_delta", thinking="see."),
        delta(0, "signature_delta", signature="c2ln"),
        begun(1, text("")),
        {"type": "ping"},
        delta(1, "text_delta", text="It is "),
        delta(1, "citations_delta", citation={"type": "char_location", "cited_text": "secret"}),
        delta(1, "some_new_delta", text="no"),
        delta(1, "text_delta", text="sunny."),
        {"type": "some_new_event", "text": "no"},
        begun(2, {"type": "some_new_block", "text": "no"}),
        delta(2, "text_delta", text="no"),
    ]
    llm = llm_of(Server(named(*events, *ended(output_tokens=9))))
    items = [item async for item in llm.stream(ASK)]
    assert items[:-1] == [
        ReasoningDelta("Let me "),
        ReasoningDelta("see."),
        TextDelta("It is "),
        TextDelta("sunny."),
    ]
    response = items[-1]
    assert isinstance(response, LLMResponse)
    assert response.message.content == "It is sunny."
    assert response.reasoning == "Let me see."
    assert response.model == "claude-haiku-5-5"


async def test_usage_counts_all_that_was_read_and_the_last_word_holds() -> None:
    first = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 30,
        "output_tokens": 1,
    }
    last: dict[str, Any] = {
        "output_tokens": 50,
        "input_tokens": 11,
        "output_tokens_details": {"thinking_tokens": 40},
    }
    start = {"type": "message_start", "message": {"model": "m", "usage": first}}
    response = await answer(start, begun(0, text("x")), *ended(**last))
    assert response.usage == Usage(61, 50, cached=30, cache_write=20, reasoning=40)


@pytest.mark.parametrize(
    "usage", [{}, {"input_tokens": None, "output_tokens": "many"}, {"output_tokens": -1}]
)
async def test_usage_that_is_no_count_is_zero(usage: dict[str, Any]) -> None:
    assert (await answer(begun(0, text("x")), *ended(**usage))).usage == Usage()


async def test_calls_whose_arguments_come_whole_in_pieces_or_not_at_all() -> None:
    response = await answer(
        begun(0, {**CALL, "id": "a", "input": {"city": "Paris"}}),
        begun(1, {**CALL, "id": "b"}),
        delta(1, "input_json_delta", partial_json='{"city"'),
        delta(1, "input_json_delta", partial_json=': "Rome"}'),
        begun(2, {**CALL, "id": "c"}),
        *ended("tool_use"),
    )
    assert response.message.tool_calls == (
        ToolCall("a", "get_weather", '{"city": "Paris"}'),
        ToolCall("b", "get_weather", '{"city": "Rome"}'),
        ToolCall("c", "get_weather", "{}"),
    )


async def test_missing_and_doubled_ids_are_made_up_the_same_each_time() -> None:
    blocks = [
        begun(number, {"type": "tool_use", "name": "get_weather", "input": {}, **given})
        for number, given in enumerate(({}, {"id": ""}, {"id": "a"}, {"id": "a"}))
    ]
    first, second = await answer(*blocks, *ended()), await answer(*blocks, *ended())
    assert first == second
    ids = [call.id for call in first.message.tool_calls]
    assert len(set(ids)) == 4
    assert ids[2] == "a"


async def test_pieces_of_a_pair_are_joined_and_broken_text_is_mended() -> None:
    response = await answer(
        begun(0, text("")),
        *(delta(0, "text_delta", text=piece) for piece in ("a\ud83d", "\ude00b", "\0", "\ud800")),
        begun(1, {**CALL, "name": "f\ud800"}),
        delta(1, "input_json_delta", partial_json='{"a":"\udc00"}'),
        *ended("tool_use"),
    )
    assert response.message.content == "a\N{GRINNING FACE}b\ufffd\ufffd"
    call = response.message.tool_calls[0]
    assert (call.name, call.arguments) == ("f\ufffd", '{"a":"\ufffd"}')


async def test_a_very_long_piece_arrives_whole() -> None:
    long = "abcdefgh" * (10 * 1024 * 1024 // 8)
    response = await answer(begun(0, text("")), delta(0, "text_delta", text=long), *ended())
    assert response.message.content == long


async def thought() -> tuple[Message, LLMRequest]:
    """An answer that thought, spoke and called, and what it answered."""
    request = LLMRequest(
        (Message(Role.SYSTEM, "Be kind."), *ASK.messages), (WEATHER,), reasoning_effort="low"
    )
    blocks = (THINKING, text("One. "), HIDDEN, text("Two."), CALL)
    response = await complete(llm_of(Server(said(*blocks, reason="tool_use"))), request)
    assert response.message.content == "One. Two."
    return response.message, request


async def sent_back(message: Message, request: LLMRequest, model: str = "claude-haiku-5-5") -> list[Any]:
    """What is said to a model of an earlier answer, when the result of its call is told."""
    server = Server(said(text("ok")))
    result = Message(Role.TOOL, "sunny", tool_call_id="toolu_1")
    llm = llm_of(server, model)
    await complete(llm, replace(request, messages=(*request.messages, message, result)))
    return server.bodies[0]["messages"][1]["content"]


async def test_thinking_goes_back_where_it_stood() -> None:
    message, request = await thought()
    assert await sent_back(message, request) == [THINKING, text("One. "), HIDDEN, text("Two."), CALL]
    assert json.dumps(message.provider_state)


async def test_thinking_stays_away_from_another_model_and_another_conversation() -> None:
    message, request = await thought()
    plain = [text("One. Two."), CALL]
    assert await sent_back(message, request, "claude-sonnet-5-5") == plain
    other = (Message(Role.SYSTEM, "Be cruel."), *ASK.messages)
    assert await sent_back(message, replace(request, messages=other)) == plain
    assert await sent_back(message, replace(request, tools=(replace(WEATHER, name="weather"),))) == plain
    edited = replace(message, content="One. Two. Three.")
    assert await sent_back(edited, request) == [text("One. Two. Three."), CALL]
    foreign = replace(message, provider_state={"openai": {"id": "rs_1"}})
    assert await sent_back(foreign, request) == plain


async def test_a_thought_without_words_is_not_sent_back() -> None:
    response = await complete(llm_of(Server(said(THINKING, reason="max_tokens"))), ASK)
    server = Server(said(text("ok")))
    messages = (*ASK.messages, response.message, Message(Role.USER, "Go on."))
    await complete(llm_of(server), LLMRequest(messages))
    assert [turn["role"] for turn in server.bodies[0]["messages"]] == ["user"]


async def test_a_paused_answer_goes_on_and_is_one() -> None:
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    server = Server(said(text("One. "), search, reason="pause_turn"), said(text("Two.")))
    llm = llm_of(server)
    items = [item async for item in llm.stream(ASK)]
    assert items[:-1] == [TextDelta("One. "), TextDelta("Two.")]
    response = items[-1]
    assert isinstance(response, LLMResponse)
    assert response.message.content == "One. Two."
    assert response.usage == Usage(6, 4)
    assert response.finish_reason == "stop"
    assert server.bodies[1]["messages"] == [
        {"role": "user", "content": [text("Hi")]},
        {"role": "assistant", "content": [text("One. "), search]},
    ]


async def test_an_answer_that_only_pauses_comes_to_an_end() -> None:
    server = Server(said(text("x"), reason="pause_turn"))
    response = await complete(llm_of(server), ASK)
    assert len(server.requests) == 8
    assert response.message.content == "x" * 8
    assert response.finish_reason == "length"


KINDS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["", "text", "tool_use", "text_delta"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "index",
                    "content_block",
                    "delta",
                    "text",
                    "message",
                    "usage",
                    "input_tokens",
                    "name",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@st.composite
def any_event(draw: st.DrawFn) -> dict[str, Any]:
    names = st.sampled_from(["index", "content_block", "delta", "message", "usage"])
    more: dict[str, Any] = draw(st.dictionaries(names, ANYTHING, max_size=3))
    return {**more, "type": draw(st.sampled_from(KINDS))}


@settings(max_examples=40, deadline=None)
@given(st.lists(any_event(), max_size=4))
def test_whatever_comes_there_is_an_answer_or_a_provider_error(events: list[dict[str, Any]]) -> None:
    async def ask() -> LLMResponse | None:
        try:
            return await answer(begun(9, text("x")), *events, *ended())
        except ProviderError:
            return None

    response = anyio.run(ask)
    assert response is None or response.finish_reason in ("stop", "tool_calls", "length", "content_filter")
