"""An LLM behind OpenAI's protocols, through the official SDK."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Protocol

import anyio
import httpx2
import openai
from anyio.lowlevel import checkpoint
from openai.pagination import AsyncPage
from openai.types import Model

from liteagent.contracts.llm import LLMItem, LLMRequest, LLMResponse, ModelInfo
from liteagent.providers.llm.answer_text import Delta
from liteagent.providers.llm.chat_answer import ChatAnswer
from liteagent.providers.llm.openai_dialect import Dialect, Refusal
from liteagent.providers.llm.openai_settings import OpenAISettings
from liteagent.providers.llm.openai_shapes import MalformedAnswerError, ReportedError, count_in
from liteagent.providers.llm.openai_wire import to_chat
from liteagent.providers.llm.responses_answer import ResponsesAnswer
from liteagent.providers.llm.responses_wire import to_responses
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.openai_errors import ErrorTranslator
from liteagent.providers.vendors.openai_sdk import Azure, open_client, translator
from liteagent.providers.vendors.patience import Patience
from liteagent.providers.vendors.profiles import require
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["OpenAILLM"]

_END: Final = object()
_PATHS: Final = {"chat": "/chat/completions", "responses": "/responses"}


class OpenAILLM:
    """See `openai.create` and `openai_compatible.create`, which check what is handed in here.

    A server that refuses a field is asked again without it, and never with it while this model is open.

    Args:
        settings: The model and how it is asked.
        endpoint: Where the server is.
        transport: Carries the requests; tests hand in their own.
        azure: Set where the server is Azure's.
    """

    def __init__(
        self,
        settings: OpenAISettings,
        endpoint: Endpoint,
        transport: httpx2.AsyncBaseTransport | None = None,
        azure: Azure | None = None,
    ) -> None:
        self._settings = settings
        self._dialect = settings.dialect
        self._timeout = endpoint.timeout
        self._errors = translator(endpoint)
        self._client = open_client(endpoint, transport, azure)

    @property
    def model(self) -> str:
        """The model's name, as configured."""
        return self._settings.model

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield the answer as it arrives, then the whole of it, once its connection is free again."""
        require(request, self._settings.profile, self.model)
        call = await self._open(request)
        try:
            while (new := await call.next()) is not None:
                for delta in new:
                    yield delta
        finally:
            await call.close()
        for delta in call.answer.end():
            yield delta
        yield call.whole()

    async def models(self) -> tuple[ModelInfo, ...]:
        """What the server lists under /models, in its order."""
        with self._errors.guard():
            page = await Patience(self._timeout).wait(_ask_models(self._client))
            listed = {well_formed(model.id): model.to_dict(warnings=False) for model in page.data}
            return tuple(_info(name, said) for name, said in listed.items())

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        await self._client.close()

    async def _open(self, request: LLMRequest) -> "_Call":
        patience = Patience(self._timeout)
        dialect = self._dialect
        with self._errors.guard():
            while True:
                body = self._body(request, dialect)
                try:
                    events = await patience.wait(self._post(_PATHS[dialect.api], body))
                except openai.APIStatusError as error:
                    refusal = Refusal(error.status_code, self._errors.refusal(error))
                    poorer = dialect.after(refusal, body)
                    if poorer is None:
                        raise
                    dialect = poorer
                    continue
                self._dialect = dialect.lasting
                return _Call(self._answer(request, dialect, body), events, self._errors, patience)

    async def _post(self, path: str, body: dict[str, Any]) -> openai.AsyncStream[object]:
        # As plain JSON: the SDK's models of events say nothing about what other servers send.
        return await self._client.post(
            path, body=body, cast_to=object, stream=True, stream_cls=openai.AsyncStream[object]
        )

    def _body(self, request: LLMRequest, dialect: Dialect) -> dict[str, Any]:
        write = to_responses if dialect.api == "responses" else to_chat
        return write(request, self._settings, dialect)

    def _answer(self, request: LLMRequest, dialect: Dialect, body: Mapping[str, Any]) -> "_Answer":
        settings = self._settings
        if dialect.api == "responses":
            return ResponsesAnswer(request, settings.model, settings.provider)
        stop = () if "stop" in body else request.stop
        keep_as = settings.provider if settings.return_reasoning else None
        return ChatAnswer(request, settings.model, stop, keep_as)


class _Answer(Protocol):
    lack: str
    events: int
    understood: int

    @property
    def text(self) -> str: ...

    @property
    def finished(self) -> bool: ...

    def feed(self, event: object) -> list[Delta]: ...

    def end(self) -> list[Delta]: ...

    def response(self) -> LLMResponse: ...


class _Call:
    """One answer that is being read: next until None, close, whole."""

    def __init__(
        self,
        answer: _Answer,
        events: openai.AsyncStream[object],
        errors: ErrorTranslator,
        patience: Patience,
    ) -> None:
        self.answer = answer
        self._events = events
        self._errors = errors
        self._patience = patience

    async def next(self) -> list[Delta] | None:
        """What is new, possibly nothing; None after the last event."""
        await checkpoint()  # a fast server must not keep the event loop to itself
        with self._errors.guard(self._partial):
            event = await self._patience.wait(anext(self._events, _END))
            if event is _END:
                self._check_complete(self._events.response)
                return None
            return self._feed(event)

    async def close(self) -> None:
        """Give the connection up, even when the task is being cancelled."""
        with anyio.CancelScope(shield=True):
            await self._events.close()

    def whole(self) -> LLMItem:
        try:
            return self.answer.response()
        except MalformedAnswerError as error:
            raise self._errors.malformed(str(error), self.answer.text) from None

    def _feed(self, event: object) -> list[Delta]:
        try:
            return self.answer.feed(event)
        except MalformedAnswerError as error:
            raise self._errors.malformed(str(error), self._partial()) from None
        except ReportedError as error:
            raise self._errors.reported(error.body, self._partial()) from None

    def _check_complete(self, response: httpx2.Response) -> None:
        if self.answer.finished:
            return
        if self.answer.events and not self.answer.understood:
            raise self._errors.malformed(self.answer.lack)
        media_type = response.headers.get("content-type", "").partition(";")[0]
        if not self.answer.events and media_type != "text/event-stream":
            raise self._errors.malformed(f"It is {media_type or 'of no type'}, not a stream of events.")
        raise self._errors.cut(self._partial())

    def _partial(self) -> str:
        self.answer.end()
        return self.answer.text


async def _ask_models(client: openai.AsyncOpenAI) -> AsyncPage[Model]:
    return await client.models.list()


def _info(name: str, said: Mapping[str, object]) -> ModelInfo:
    window = count_in(said, "max_model_len") or count_in(said, "context_length")
    return ModelInfo(name, window or None)
