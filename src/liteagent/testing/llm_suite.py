"""What every LLM must do, as tests to inherit.

    class TestMyLLM(LLMSuite):
        counts_usage = True

        @pytest.fixture
        def llm(self) -> LLM:
            return MyLLM(...)

pytest collects the subclass; the tests are coroutines, run by whatever plugin the project uses (anyio's
`anyio_mode = "auto"` does). Override the attributes and methods below where the model differs. A capability
that is not declared is not tested.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, ClassVar, Final, cast

import anyio

from liteagent.contracts.json import dump, load
from liteagent.contracts.llm import (
    LLM,
    LLMItem,
    LLMRequest,
    LLMResponse,
    OutputSchema,
    ReasoningDelta,
    TextDelta,
    ToolSpec,
    complete,
)
from liteagent.contracts.messages import Image, Message, Role

__all__ = ["PIXEL", "WEATHER", "WEATHER_REPORT", "LLMSuite"]

_FINISH_REASONS: Final = ("stop", "tool_calls", "length", "content_filter")

WEATHER: Final = ToolSpec(
    "get_weather",
    "The weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
"""The tool of `parallel_request`."""
WEATHER_REPORT: Final = OutputSchema(
    "weather_report",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "celsius": {"type": "integer"}},
        "required": ["city", "celsius"],
        "additionalProperties": False,
    },
)
"""The shape of `structured_request`."""
PIXEL: Final = Image(
    "image/png",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
)
"""The picture of `image_request`."""


class LLMSuite:
    """Conformance of an LLM.

    A subclass supplies the fixture `llm`, a model that answers `text_request()` with at least three pieces of
    text, `tool_request()`, unless that is None, with a tool call, and the requests of each capability that it
    declares.
    """

    unit: ClassVar[str] = "tokens"
    """What usage is counted in."""
    deterministic: ClassVar[bool] = True
    """Whether the same request gets the same answer."""
    counts_usage: ClassVar[bool] = False
    """Whether every answer says what it consumed."""
    calls_in_parallel: ClassVar[bool] = False
    """Whether `parallel_request` is answered with two calls, and their results with text."""
    gives_structure: ClassVar[bool] = False
    """Whether `structured_request` is answered with JSON of its shape."""
    sees_images: ClassVar[bool] = False
    """Whether `image_request` is answered with text."""
    thinks_aloud: ClassVar[bool] = False
    """Whether `reasoning_request` is answered with reasoning and text, and the conversation goes on then."""

    def text_request(self) -> LLMRequest:
        """A request that the model answers with text."""
        return LLMRequest((Message(Role.USER, "Say a sentence of some words."),))

    def tool_request(self) -> LLMRequest | None:
        """A request that the model answers with a tool call; None if it knows no tools."""
        return None

    def parallel_request(self) -> LLMRequest:
        """A request that the model answers with two tool calls at once."""
        return LLMRequest((Message(Role.USER, "What is the weather in Paris and in Rome?"),), (WEATHER,))

    def structured_request(self) -> LLMRequest:
        """A request that the model answers with JSON."""
        messages = (
            Message(Role.SYSTEM, "You report the weather."),
            Message(Role.USER, "It is 21 degrees Celsius in Paris."),
        )
        return LLMRequest(messages, output_schema=WEATHER_REPORT)

    def image_request(self) -> LLMRequest:
        """A request that shows a picture."""
        return LLMRequest((Message(Role.USER, "Which colour is this?", images=(PIXEL,)),))

    def reasoning_request(self) -> LLMRequest:
        """A request that makes the model think."""
        asked = Message(Role.USER, "How many prime numbers are below 20?")
        return LLMRequest((asked,), reasoning_effort="low")

    def open_calls(self, _llm: LLM, /) -> int:
        """How many calls the model holds open. Override where it can be seen."""
        return 0

    async def test_the_deltas_are_the_text_of_the_one_response_at_the_end(self, llm: LLM) -> None:
        """One LLMResponse, last, and its text is the sum of the deltas."""
        items = await _all(llm, self.text_request())
        *deltas, last = items
        assert isinstance(last, LLMResponse), "a stream ends with an LLMResponse"
        assert not any(isinstance(item, LLMResponse) for item in deltas), "and has no other before that"
        assert _text(items) == last.message.content
        assert last.message.content.strip(), "the text request wants a text"

    async def test_the_response_is_complete(self, llm: LLM) -> None:
        """Role, finish reason, model and usage."""
        response = await complete(llm, self.text_request())
        assert response.message.role is Role.ASSISTANT
        assert response.finish_reason in _FINISH_REASONS
        assert response.model
        usage = response.usage
        assert usage.unit == self.unit
        assert min(usage.input, usage.output, usage.cached, usage.cache_write, usage.reasoning) >= 0
        assert usage.cached + usage.cache_write <= usage.input, "what the cache did is a part of the input"
        assert usage.reasoning <= usage.output, "reasoning is a part of the output"

    async def test_usage_is_counted(self, llm: LLM) -> None:
        """What was read and what was written are above 0."""
        if self.counts_usage:
            usage = (await complete(llm, self.text_request())).usage
            assert usage.input > 0
            assert usage.output > 0

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

    async def test_calls_side_by_side_and_the_way_back(self, llm: LLM) -> None:
        """Two calls in one answer, each readable; with their results the model goes on."""
        if not self.calls_in_parallel:
            return
        request = self.parallel_request()
        response = await complete(llm, request)
        calls = response.message.tool_calls
        assert len(calls) == 2
        assert calls[0].id != calls[1].id
        assert all(isinstance(json.loads(call.arguments), dict) for call in calls)
        results = tuple(Message(Role.TOOL, "sunny", tool_call_id=call.id) for call in calls)
        told = replace(request, messages=(*request.messages, _kept(response.message), *results))
        assert (await complete(llm, told)).message.content.strip()

    async def test_an_answer_of_a_shape(self, llm: LLM) -> None:
        """The text is a JSON object with what the schema requires."""
        if not self.gives_structure:
            return
        request = self.structured_request()
        assert request.output_schema is not None
        answer: Any = json.loads((await complete(llm, request)).message.content)
        assert isinstance(answer, dict)
        required = cast("list[str]", request.output_schema.schema.get("required", []))
        assert set(required) <= cast("dict[str, Any]", answer).keys()

    async def test_a_picture_is_answered(self, llm: LLM) -> None:
        """A request with an image gets a text."""
        if self.sees_images:
            assert (await complete(llm, self.image_request())).message.content.strip()

    async def test_reasoning_is_no_part_of_the_answer(self, llm: LLM) -> None:
        """It comes in deltas of its own, and what a provider keeps of it can be saved and sent back."""
        if not self.thinks_aloud:
            return
        request = self.reasoning_request()
        items = await _all(llm, request)
        response = items[-1]
        assert isinstance(response, LLMResponse)
        thought = "".join(item.text for item in items if isinstance(item, ReasoningDelta))
        assert thought.strip(), "the reasoning request wants reasoning"
        assert response.reasoning == thought
        assert _text(items) == response.message.content
        assert thought not in response.message.content
        again = Message(Role.USER, "Are you sure?")
        told = replace(request, messages=(*request.messages, _kept(response.message), again))
        assert (await complete(llm, told)).message.content.strip()

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
        assert isinstance(await anext(items), TextDelta | ReasoningDelta)
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


def _kept(message: Message) -> Message:
    """The message as it comes back out of a journal."""
    return load(Message, json.loads(json.dumps(dump(message))))
