"""Memory: what of a conversation fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.engine.agent.memory import (
    Memory,
    create_sliding_window_memory,
    create_token_limited_memory,
    estimate_tokens,
)

Conversation = list[Message]


def user(text: str) -> Message:
    return Message(Role.USER, text)


def said(text: str) -> Message:
    return Message(Role.ASSISTANT, text)


def called(*ids: str) -> Conversation:
    """An answer with tool calls, and their results."""
    calls = tuple(ToolCall(each, "look", "{}") for each in ids)
    results = [Message(Role.TOOL, f"result {each}", tool_call_id=each) for each in ids]
    return [Message(Role.ASSISTANT, "", calls), *results]


def test_everything_is_kept_where_there_is_room() -> None:
    talk = [user("a"), said("b"), user("c"), *called("1", "2"), said("d"), user("e")]
    assert create_token_limited_memory().fit(talk) == tuple(talk)
    assert create_sliding_window_memory(window_size=8).fit(talk) == tuple(talk)


def test_the_oldest_goes_first() -> None:
    talk = [user("a"), said("b"), user("c"), said("d"), user("e")]
    assert create_sliding_window_memory(window_size=3).fit(talk) == tuple(talk[2:])
    assert create_sliding_window_memory(window_size=1).fit(talk) == (talk[-1],)


def test_an_answer_to_a_question_that_is_gone_goes_too() -> None:
    talk = [user("a"), said("b"), user("c"), said("d"), user("e")]
    assert create_sliding_window_memory(window_size=2).fit(talk) == (talk[-1],)


def test_tokens_are_counted_from_the_newest() -> None:
    talk = [user("x" * 400), said("y"), user("z")]
    assert create_token_limited_memory(max_tokens=20).fit(talk) == (talk[-1],)
    assert create_token_limited_memory(max_tokens=150).fit(talk) == tuple(talk)


def test_each_part_of_a_message_is_counted() -> None:
    call = ToolCall("1", "four", "{" * 4)
    talk = [user("four"), Message(Role.ASSISTANT, "four", (call,)), user("four")]
    for limit, kept in ((15, 1), (16, 1), (17, 3), (18, 3)):
        assert len(create_token_limited_memory(max_tokens=limit).fit(talk)) == kept, limit


def test_the_defaults() -> None:
    assert create_token_limited_memory().max_tokens == 4000
    assert create_sliding_window_memory().window_size == 10


def test_the_question_and_the_newest_results_stay_even_over_the_limit() -> None:
    talk = [user("old"), said("old"), user("q"), *called("1"), *called("2", "3")]
    assert create_token_limited_memory(max_tokens=1).fit(talk) == (talk[2], *talk[-3:])
    assert create_sliding_window_memory(window_size=1).fit(talk) == (talk[2], *talk[-3:])


def test_system_messages_always_come_first() -> None:
    system = Message(Role.SYSTEM, "be kind")
    talk = [system, user("a"), said("b"), user("c")]
    assert create_sliding_window_memory(window_size=2).fit(talk) == (system, talk[-1])


def test_a_conversation_may_be_empty() -> None:
    assert create_token_limited_memory().fit([]) == ()


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit: int) -> None:
    with pytest.raises(InvalidInputError, match="at least 1"):
        create_token_limited_memory(max_tokens=limit)
    with pytest.raises(InvalidInputError, match="at least 1"):
        create_sliding_window_memory(window_size=limit)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("four", 1), ("fives", 2), ("東京", 2), ("привет", 4), ("a東", 2), ("\ud800", 1)],
)
def test_tokens_are_estimated(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == tokens


@st.composite
def conversations(draw: st.DrawFn) -> Conversation:
    talk: Conversation = []
    for at in range(draw(st.integers(1, 6))):
        talk.append(user(draw(st.text(max_size=40))))
        for round_ in range(draw(st.integers(0, 3))):
            talk.extend(called(*(f"{at}-{round_}-{n}" for n in range(draw(st.integers(1, 3))))))
        if draw(st.booleans()):
            talk.append(said("done"))
    return talk


memories = st.one_of(
    st.builds(create_token_limited_memory, st.integers(1, 200)),
    st.builds(create_sliding_window_memory, st.integers(1, 20)),
)


@given(conversations(), memories)
def test_what_is_kept_is_whole_and_in_order(talk: Conversation, memory: Memory) -> None:
    kept = memory.fit(talk)
    places = [next(at for at, each in enumerate(talk) if each is message) for message in kept]
    assert places == sorted(set(places))
    calls = {call.id for message in kept for call in message.tool_calls}
    assert calls == {message.tool_call_id for message in kept if message.role is Role.TOOL}
    assert [each for each in talk if each.role is Role.USER][-1] in kept
    assert kept[0].role is Role.USER
    assert memory.fit(kept) == kept
