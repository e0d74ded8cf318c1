"""The public fakes that tests of agents are written with."""

import anyio
import pytest

from liteagent.contracts.errors import ProviderUnavailableError
from liteagent.contracts.llm import LLMRequest, LLMResponse, TextDelta, Usage, complete
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.testing import Fail, Hang, ManualClock, ScriptedLLM

HI = LLMRequest((Message(Role.USER, "Hi you"),))
LATER = LLMRequest((*HI.messages, Message(Role.ASSISTANT, "Hello."), *HI.messages))
CALL = ToolCall("c1", "look", "{}")


async def outcome(llm: ScriptedLLM, request: LLMRequest) -> tuple[list[object], ProviderUnavailableError]:
    """What was heard, and the ProviderError that ended it."""
    heard: list[object] = []
    stream = aiter(llm.stream(request))
    while True:
        try:
            heard.append(await anext(stream))
        except ProviderUnavailableError as error:
            return heard, error


async def test_the_reply_is_chosen_by_how_often_the_assistant_has_spoken() -> None:
    llm = ScriptedLLM(["First.", "Second."])
    for _ in range(2):
        assert (await complete(llm, LATER)).message.content == "Second."
        assert (await complete(llm, HI)).message.content == "First."
    assert llm.requests == [LATER, HI, LATER, HI]


async def test_text_comes_in_pieces_of_the_size_asked_for() -> None:
    llm = ScriptedLLM(["abcdefg"], piece=3, model="m")
    assert [item async for item in llm.stream(HI)] == [
        TextDelta("abc"),
        TextDelta("def"),
        TextDelta("g"),
        LLMResponse(Message(Role.ASSISTANT, "abcdefg"), Usage(2, 1), "stop", "m"),
    ]


@pytest.mark.parametrize("reply", [CALL, [CALL], (CALL,)])
async def test_tool_calls(reply: ToolCall | list[ToolCall] | tuple[ToolCall, ...]) -> None:
    response = await complete(ScriptedLLM([reply]), HI)
    assert response.message.tool_calls == (CALL,)
    assert response.finish_reason == "tool_calls"


async def test_a_response_is_given_as_it_is_and_a_callable_is_asked() -> None:
    whole = LLMResponse(Message(Role.ASSISTANT, "Let me look.", (CALL,)), Usage(5, 6), "length", "other")
    llm = ScriptedLLM([lambda request: whole, lambda request: request.messages[-1].content.upper()])
    assert await complete(llm, HI) == whole
    assert (await complete(llm, LATER)).message.content == "HI YOU"


async def test_past_the_end_it_says_what_is_missing() -> None:
    with pytest.raises(AssertionError, match="has 1 replies and is asked for number 2"):
        await complete(ScriptedLLM(["Only one."]), LATER)


async def test_failures_are_raised_each_time_with_what_was_said_before() -> None:
    error = ProviderUnavailableError("gone", retry_after=3.0)
    llm = ScriptedLLM([Fail(error, after="Hello"), error], piece=2)
    for _ in range(2):
        heard, raised = await outcome(llm, HI)
        assert heard == [TextDelta("He"), TextDelta("ll"), TextDelta("o")]
        assert (raised.partial, raised.retry_after) == ("Hello", 3.0)
        assert raised is not error
    with pytest.raises(ProviderUnavailableError) as caught:
        await complete(llm, LATER)
    assert caught.value.partial == ""


async def test_any_exception_can_be_scripted() -> None:
    with pytest.raises(ZeroDivisionError):
        await complete(ScriptedLLM([ZeroDivisionError("x")]), HI)


async def test_it_hangs_until_cancelled() -> None:
    llm = ScriptedLLM([Hang(after="Hel")], piece=8)
    heard: list[object] = []
    with anyio.move_on_after(0.05) as scope:
        async for item in llm.stream(HI):
            heard.append(item)
            assert llm.open == 1
    assert scope.cancelled_caught
    assert heard == [TextDelta("Hel")]
    assert llm.open == 0


def test_the_clock_moves_only_when_told() -> None:
    clock = ManualClock(10.0)
    assert clock.now() == clock.now() == 10.0
    clock.advance(0.5)
    assert clock.now() == 10.5
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
