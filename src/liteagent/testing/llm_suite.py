"""What every LLM must do, as tests to inherit.

    class TestMyLLM(LLMSuite):
        @pytest.fixture
        def llm(self) -> LLM:
            return MyLLM(...)

pytest collects the subclass; the tests are coroutines, run by whatever plugin the project uses (anyio's
`anyio_mode = "auto"` does). Override the attributes and methods below where the model differs.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import ClassVar, cast

import anyio

from liteagent.contracts.llm import LLM, LLMItem, LLMRequest, LLMResponse, TextDelta, complete
from liteagent.contracts.messages import Message, Role

__all__ = ["LLMSuite"]

_FINISH_REASONS = ("stop", "tool_calls", "length", "content_filter")


class LLMSuite:
    """Conformance of an LLM.

    A subclass supplies the fixture `llm`, a model that answers `text_request()` with at least three pieces of
    text, and `tool_request()`, unless that is None, with a tool call.
    """

    unit: ClassVar[str] = "tokens"
    """What usage is counted in."""
    deterministic: ClassVar[bool] = True
    """Whether the same request gets the same answer."""

    def text_request(self) -> LLMRequest:
        """A request that the model answers with text."""
        return LLMRequest((Message(Role.USER, "Say a sentence of some words."),))

    def tool_request(self) -> LLMRequest | None:
        """A request that the model answers with a tool call; None if it knows no tools."""
        return None

    def open_calls(self, _llm: LLM, /) -> int:
        """How many calls the model holds open. Override where it can be seen."""
        return 0

    async def test_the_deltas_are_the_text_of_the_one_response_at_the_end(self, llm: LLM) -> None:
        """One LLMResponse, last, and its text is the sum of the deltas."""
        items = await _all(llm, self.text_request())
        *deltas, last = items
        assert isinstance(last, LLMResponse), "a stream ends with an LLMResponse"
        assert all(isinstance(item, TextDelta) for item in deltas), "and has no other before that"
        assert _text(items) == last.message.content
        assert last.message.content.strip(), "the text request wants a text"

    async def test_the_response_is_complete(self, llm: LLM) -> None:
        """Role, finish reason, model and usage."""
        response = await complete(llm, self.text_request())
        assert response.message.role is Role.ASSISTANT
        assert response.finish_reason in _FINISH_REASONS
        assert response.model
        assert response.usage.unit == self.unit
        assert response.usage.input >= 0
        assert response.usage.output >= 0

    async def test_a_tool_call_has_an_id_of_its_own_and_names_an_offered_tool(self, llm: LLM) -> None:
        """Calls can be told apart and performed."""
        request = self.tool_request()
        if request is None:
            return
        response = await complete(llm, request)
        calls = response.message.tool_calls
        assert calls, "the tool request wants a tool call"
        assert response.finish_reason == "tool_calls"
        assert len({call.id for call in calls}) == len(calls)
        assert all(call.id for call in calls)
        assert {call.name for call in calls} <= {tool.name for tool in request.tools}

    async def test_the_same_request_gets_the_same_answer(self, llm: LLM) -> None:
        """Nothing is kept between calls."""
        if self.deterministic:
            first = await complete(llm, self.text_request())
            assert await complete(llm, self.text_request()) == first

    async def test_calls_at_once_do_not_mix(self, llm: LLM) -> None:
        """Four streams side by side each give one whole answer."""
        answers: list[list[LLMItem]] = []

        async def ask() -> None:
            answers.append(await _all(llm, self.text_request()))

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(ask)
        assert len(answers) == 4
        for items in answers:
            assert isinstance(items[-1], LLMResponse)
            assert _text(items) == items[-1].message.content
        assert self.open_calls(llm) == 0

    async def test_a_cancelled_stream_leaves_nothing_open(self, llm: LLM) -> None:
        """Cancelled in the middle, the model lets go and answers the next call."""
        with anyio.CancelScope() as scope:
            async with aclosing(_stream(llm, self.text_request())) as items:
                async for _ in items:
                    scope.cancel()
        assert scope.cancelled_caught, "the stream must have an await between its pieces"
        assert self.open_calls(llm) == 0
        assert (await complete(llm, self.text_request())).message.content

    async def test_a_stream_can_be_abandoned(self, llm: LLM) -> None:
        """`aclose()` of the generator after the first piece is enough."""
        items = _stream(llm, self.text_request())
        assert isinstance(await anext(items), TextDelta)
        await items.aclose()
        assert self.open_calls(llm) == 0

    async def test_models_and_model_are_names(self, llm: LLM) -> None:
        """The model has a name, and so have all that the provider offers."""
        assert llm.model
        offered = await llm.models()
        assert offered
        assert all(info.id for info in offered)

    async def test_it_can_be_closed(self, llm: LLM) -> None:
        """`aclose()` returns, used or not."""
        await complete(llm, self.text_request())
        await llm.aclose()


def _stream(llm: LLM, request: LLMRequest) -> AsyncGenerator[LLMItem]:
    return cast("AsyncGenerator[LLMItem]", llm.stream(request))


async def _all(llm: LLM, request: LLMRequest) -> list[LLMItem]:
    return [item async for item in llm.stream(request)]


def _text(items: list[LLMItem]) -> str:
    return "".join(item.text for item in items if isinstance(item, TextDelta))
