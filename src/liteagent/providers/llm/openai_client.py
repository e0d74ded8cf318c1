"""An LLM behind any server that speaks OpenAI's chat completions, through the official SDK."""

from collections.abc import AsyncIterator
from typing import Any, Final

import anyio
import httpx2
import openai
from anyio.lowlevel import checkpoint
from openai.pagination import AsyncPage
from openai.types import Model
from openai.types.chat import ChatCompletionChunk

from liteagent.contracts.llm import LLMItem, LLMRequest, ModelInfo, TextDelta
from liteagent.providers.llm.openai_answer import Answer, MalformedAnswerError
from liteagent.providers.llm.openai_wire import to_wire
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.openai_errors import ErrorTranslator
from liteagent.providers.vendors.openai_sdk import open_client, translator
from liteagent.providers.vendors.patience import Patience
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["OpenAICompatibleLLM"]

_OPENAI_HOST: Final = "api.openai.com"
_END: Final = object()


class OpenAICompatibleLLM:
    """See `openai_compatible.create`, which checks what is handed in here.

    Args:
        model: Its name, as the server spells it.
        endpoint: Where the server is.
        transport: Carries the requests; tests hand in their own.
    """

    def __init__(
        self, model: str, endpoint: Endpoint, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        host = httpx2.URL(endpoint.base_url).host
        self._model = model
        self._timeout = endpoint.timeout
        self._limit_name = "max_completion_tokens" if host == _OPENAI_HOST else "max_tokens"
        self._errors = translator(endpoint)
        self._client = open_client(endpoint, transport)

    @property
    def model(self) -> str:
        """The model's name, as configured."""
        return self._model

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield the text as it arrives, then the whole answer, once its connection is free again."""
        call = _Call(Answer(request, self._model), self._errors, self._timeout)
        try:
            await call.open(self._client, to_wire(request, self._model, self._limit_name))
            while (text := await call.next()) is not None:
                if text:
                    yield TextDelta(text)
        finally:
            await call.close()
        if rest := call.answer.end():
            yield TextDelta(rest)
        yield call.whole()

    async def models(self) -> tuple[ModelInfo, ...]:
        """What the server lists under /models, in its order."""
        with self._errors.guard():
            page = await Patience(self._timeout).wait(_ask_models(self._client))
            ids = dict.fromkeys(well_formed(model.id) for model in page.data)
            return tuple(ModelInfo(name) for name in ids)

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        await self._client.close()


class _Call:
    """One streamed completion: open, next until None, close, whole."""

    def __init__(self, answer: Answer, errors: ErrorTranslator, timeout: float) -> None:
        self.answer = answer
        self._errors = errors
        self._patience = Patience(timeout)
        self._chunks: openai.AsyncStream[ChatCompletionChunk] | None = None

    async def open(self, client: openai.AsyncOpenAI, body: dict[str, Any]) -> None:
        with self._errors.guard():
            self._chunks = await self._patience.wait(client.chat.completions.create(stream=True, **body))

    async def next(self) -> str | None:
        """The next text, possibly empty; None after the last chunk."""
        assert self._chunks is not None
        await checkpoint()  # a fast server must not keep the event loop to itself
        with self._errors.guard(self._partial):
            chunk = await self._patience.wait(anext(self._chunks, _END))
            if chunk is _END:
                self._check_complete(self._chunks.response)
                return None
            data = chunk.to_dict(warnings=False) if isinstance(chunk, ChatCompletionChunk) else chunk
            return self._feed(data)

    async def close(self) -> None:
        """Give the connection up, even when the task is being cancelled."""
        if self._chunks is not None:
            with anyio.CancelScope(shield=True):
                await self._chunks.close()

    def whole(self) -> LLMItem:
        try:
            return self.answer.response()
        except MalformedAnswerError as error:
            raise self._errors.malformed(str(error), self.answer.text) from None

    def _feed(self, data: object) -> str:
        try:
            return self.answer.feed(data)
        except MalformedAnswerError as error:
            raise self._errors.malformed(str(error), self._partial()) from None

    def _check_complete(self, response: httpx2.Response) -> None:
        if self.answer.finished:
            return
        if self.answer.chunks and not self.answer.choices:
            raise self._errors.malformed("It holds no choices.")
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if not self.answer.chunks and media_type != "text/event-stream":
            raise self._errors.malformed(f"It is {media_type or 'of no type'}, not a stream of events.")
        raise self._errors.cut(self._partial())

    def _partial(self) -> str:
        self.answer.end()
        return self.answer.text


async def _ask_models(client: openai.AsyncOpenAI) -> AsyncPage[Model]:
    return await client.models.list()
