"""An LLM behind any server that speaks Anthropic's messages, through the official SDK."""

from collections.abc import AsyncIterator
from typing import Any, Final

import anthropic
import anyio
import httpx2
from anthropic.types import Message, RawMessageStreamEvent
from anyio.lowlevel import checkpoint

from liteagent.contracts.llm import LLMItem, LLMRequest, LLMResponse, ModelInfo
from liteagent.providers.llm.answer_text import Delta
from liteagent.providers.llm.anthropic_answer import Answer
from liteagent.providers.llm.anthropic_errors import AnthropicFailures
from liteagent.providers.llm.anthropic_manner import Manner
from liteagent.providers.llm.anthropic_wire import Call, to_call
from liteagent.providers.llm.openai_shapes import MalformedAnswerError
from liteagent.providers.vendors.connections import open_connections
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.patience import Patience
from liteagent.providers.vendors.profiles import require
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["AnthropicLLM"]

_HOST: Final = "api.anthropic.com"
_NO_KEY: Final = "not-needed"
_VERSION: Final = "anthropic-version"
_OLDER: Final = "2023-06-01"
_SAMPLING: Final = ("temperature", "top_p")
_MOST_LEGS: Final = 8
_MOST_PAGES: Final = 50
_FAREWELL: Final = 1.0
_END: Final = object()


class AnthropicLLM:
    """See `anthropic.create`, which checks what is handed in here.

    Args:
        model: Its name, as the server spells it.
        manner: How it is asked.
        endpoint: Where the server is.
        transport: Carries the requests; tests hand in their own.
    """

    def __init__(
        self,
        model: str,
        manner: Manner,
        endpoint: Endpoint,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._model = model
        self._manner = manner
        self._timeout = endpoint.timeout
        self._failures = AnthropicFailures(endpoint)
        self._client = _Client(endpoint, transport)

    @property
    def model(self) -> str:
        """The model's name, as configured."""
        return self._model

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield text and thinking as they arrive, then the whole answer, once its connection is free."""
        require(request, self._manner.profile, self._model)
        call = to_call(request, self._model, self._manner)
        answer = Answer(request, self._model, call)
        for number in range(1, _MOST_LEGS + 1):
            leg = _Leg(answer, self._failures, self._timeout)
            try:
                await leg.open(self._client, call)
                while (news := await leg.next()) is not None:
                    for item in news:
                        yield item
            finally:
                await leg.close()
            for item in answer.end():
                yield item
            if not answer.paused or number == _MOST_LEGS:
                break
            call = answer.next_leg()
        yield self._whole(answer)

    async def models(self) -> tuple[ModelInfo, ...]:
        """What the server lists under /v1/models, page by page, in its order."""
        found: dict[str, ModelInfo] = {}
        with self._failures.guard():
            page = await Patience(self._timeout).wait(_first_page(self._client))
            for _ in range(_MOST_PAGES):
                listed = {well_formed(each.id): each for each in page.data}
                news = {name: _info(name, each) for name, each in listed.items() if name not in found}
                found |= news
                if not news or not page.has_next_page():
                    break
                page = await Patience(self._timeout).wait(page.get_next_page())
        return tuple(found.values())

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        await self._client.close()

    def _whole(self, answer: Answer) -> LLMResponse:
        try:
            return answer.response()
        except MalformedAnswerError as error:
            raise self._failures.malformed(str(error), answer.text) from None


class _Leg:
    """One streamed message: open, next until None, close."""

    def __init__(self, answer: Answer, failures: AnthropicFailures, timeout: float) -> None:
        self._answer = answer
        self._failures = failures
        self._timeout = timeout
        self._events: anthropic.AsyncStream[RawMessageStreamEvent] | None = None

    async def open(self, client: anthropic.AsyncAnthropic, call: Call) -> None:
        with self._failures.guard(self._partial):
            self._events = await Patience(self._timeout).wait(_create(client, dict(call.body)))

    async def next(self) -> list[Delta] | None:
        """What is new, possibly nothing; None after the last event."""
        assert self._events is not None
        await checkpoint()  # a fast server must not keep the event loop to itself
        if self._answer.finished:
            await self._part()
            return None
        with self._failures.guard(self._partial):
            event = await Patience(self._timeout).wait(anext(self._events, _END))
            if event is _END:
                self._check_begun(self._events.response)
                raise self._failures.cut(self._partial())
            return self._feed(event)

    async def close(self) -> None:
        """Give the connection up, even when the task is being cancelled."""
        if self._events is not None:
            with anyio.CancelScope(shield=True):
                await self._events.close()

    async def _part(self) -> None:
        """Read to the end, so that the connection can be used again; the answer is there in any case."""
        assert self._events is not None
        try:
            with anyio.move_on_after(min(_FAREWELL, self._timeout)):
                await anext(self._events, _END)
        except (anthropic.AnthropicError, httpx2.HTTPError, httpx2.StreamError, OSError, ValueError):
            return

    def _feed(self, event: object) -> list[Delta]:
        data = event.to_dict(warnings=False) if isinstance(event, anthropic.BaseModel) else event
        try:
            return self._answer.feed(data)
        except MalformedAnswerError as error:
            raise self._failures.malformed(str(error), self._partial()) from None

    def _check_begun(self, response: httpx2.Response) -> None:
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if not self._answer.events and media_type != "text/event-stream":
            raise self._failures.malformed(f"It is {media_type or 'of no type'}, not a stream of events.")

    def _partial(self) -> str:
        self._answer.end()
        return self._answer.text


class _Client(anthropic.AsyncAnthropic):
    """The SDK as we want it: no retries, no redirects, nothing out of the environment."""

    def __init__(self, endpoint: Endpoint, transport: httpx2.AsyncBaseTransport | None) -> None:
        connections = open_connections(endpoint, transport)
        super().__init__(
            api_key=endpoint.api_key or _NO_KEY,
            base_url=endpoint.base_url,
            default_query=dict(endpoint.query),
            timeout=connections.timeout,
            max_retries=0,
            open_telemetry=False,
            http_client=connections,
        )
        # The SDK adds headers that stand in the environment; another vendor's server must not be told them.
        self._custom_headers = {**_older_headers(endpoint), **endpoint.headers}


def _older_headers(endpoint: Endpoint) -> dict[str, str]:
    """Key and version as servers of others know them, who follow the protocol's changes late."""
    if httpx2.URL(endpoint.base_url).host == _HOST:
        return {}
    return {_VERSION: _OLDER, **({"X-Api-Key": endpoint.api_key} if endpoint.api_key else {})}


async def _create(
    client: anthropic.AsyncAnthropic, body: dict[str, Any]
) -> anthropic.AsyncStream[RawMessageStreamEvent]:
    # Not by `messages.create`: that warns of models that it knows to be old, and has no sampling any more,
    # which only the older version of the API takes.
    older = {_VERSION: _OLDER} if any(name in body for name in _SAMPLING) else {}
    return await client.post(
        "/v1/messages",
        body=body,
        options={"headers": older},
        cast_to=Message,
        stream=True,
        stream_cls=anthropic.AsyncStream[RawMessageStreamEvent],
    )


async def _first_page(client: anthropic.AsyncAnthropic) -> Any:
    return await client.models.list(limit=1000)


def _info(name: str, listed: Any) -> ModelInfo:
    return ModelInfo(name, listed.max_input_tokens, listed.max_tokens)
