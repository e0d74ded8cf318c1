"""An LLM behind an Ollama server."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, cast

import anyio
import httpx2
from anyio.lowlevel import checkpoint

from liteagent.contracts.errors import ProviderError, ProviderRequestError, ProviderResponseError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMItem, LLMRequest, ModelInfo, ModelProfile
from liteagent.providers.llm.answer_text import Delta
from liteagent.providers.llm.ollama_answer import Answer
from liteagent.providers.llm.ollama_server import OllamaServer, Spoken
from liteagent.providers.llm.ollama_wire import OllamaSettings, to_body
from liteagent.providers.llm.openai_shapes import (
    MalformedAnswerError,
    ReportedError,
    as_object,
    count_in,
    objects_in,
    string_in,
)
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.profiles import overridden, require
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["OllamaLLM"]

_AT_ONCE: Final = 8
_MOST_DESCRIBED: Final = 200
_CAPABILITIES: Final = {"tools": "tools", "vision": "images", "thinking": "reasoning"}


class OllamaLLM:
    """See `ollama.create`, which checks what is handed in here.

    Args:
        settings: The model and how it is run.
        profile: What it can do as far as its name says.
        overrides: What somebody knows better than the server.
        endpoint: Where the server is.
        transport: Carries the requests; tests hand in their own.
    """

    def __init__(
        self,
        settings: OllamaSettings,
        profile: ModelProfile,
        overrides: JsonObject,
        endpoint: Endpoint,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._overrides = overrides
        self._profile = profile
        self._described = False
        self._server = OllamaServer(endpoint, transport)

    @property
    def model(self) -> str:
        """The model's name, as configured."""
        return self._settings.model

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield text and thinking as they arrive, then the whole answer, once its connection is free."""
        profile = await self._known(request)
        require(request, profile, self.model)
        answer = Answer(request, self.model)
        spoken = await self._server.open("POST", "/api/chat", to_body(request, self._settings, profile))
        try:
            while not answer.finished:
                for item in await self._next(spoken, answer):
                    yield item
            await spoken.leave()
        finally:
            await spoken.close()
        for item in answer.end():
            yield item
        yield answer.response()

    async def models(self) -> tuple[ModelInfo, ...]:
        """The models that the server has pulled, each with the longest window that it knows."""
        listed = await self._server.ask("GET", "/api/tags")
        with self._server.failures.guard():
            models = objects_in(as_object(listed, "The list of models"), "models")
            names = dict.fromkeys(string_in(each, "model") or string_in(each, "name") for each in models)
        windows: dict[str, int] = {}
        limiter = anyio.Semaphore(_AT_ONCE)
        async with anyio.create_task_group() as group:
            for name in list(names)[:_MOST_DESCRIBED]:
                group.start_soon(self._measure, name, limiter, windows)
        return tuple(ModelInfo(well_formed(name), windows.get(name)) for name in names if name)

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        await self._server.aclose()

    async def _next(self, spoken: Spoken, answer: Answer) -> list[Delta]:
        await checkpoint()  # a fast server must not keep the event loop to itself
        failures = self._server.failures

        def partial() -> str:
            answer.end()
            return answer.text

        with failures.guard(partial):
            try:
                line = await spoken.line()
                if line is None:
                    raise failures.cut(partial())
                return answer.feed(line)
            except MalformedAnswerError as error:
                raise failures.malformed(str(error), partial()) from None
            except ReportedError as error:
                raise failures.status(500, error.body, partial()) from None

    async def _known(self, request: LLMRequest) -> ModelProfile:
        """What the model can do; the server is asked once, when it matters."""
        shown = any(message.images for message in request.messages)
        if self._described or not (shown or request.tools or request.reasoning_effort):
            return self._profile
        found = _capabilities(await self._describe(self.model))
        self._profile = overridden(overridden(self._profile, found), self._overrides)
        self._described = True
        return self._profile

    async def _describe(self, model: str) -> Mapping[str, Any]:
        """What the server says of a model; nothing where it cannot."""
        try:
            described = await self._server.ask("POST", "/api/show", {"model": model})
        except (ProviderRequestError, ProviderResponseError) as error:
            if "model" in error.details:  # the server has no such model
                raise
            return {}
        return cast("Mapping[str, Any]", described) if isinstance(described, Mapping) else {}

    async def _measure(self, model: str, limiter: anyio.Semaphore, windows: dict[str, int]) -> None:
        async with limiter:
            try:
                described = await self._describe(model)
            except ProviderError:  # the list is worth more than what it says of one
                return
        window = _window(described)
        if window:
            windows[model] = window


def _capabilities(described: Mapping[str, Any]) -> JsonObject:
    listed = described.get("capabilities")
    if not isinstance(listed, list) or not listed:
        return {}
    return {field: name in listed for name, field in _CAPABILITIES.items()}


def _window(described: Mapping[str, Any]) -> int:
    facts = described.get("model_info")
    if not isinstance(facts, Mapping):
        return 0
    known = cast("Mapping[str, object]", facts)
    return max((count_in(known, name) for name in known if name.endswith(".context_length")), default=0)
