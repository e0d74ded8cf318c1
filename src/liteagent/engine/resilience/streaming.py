"""Reading the stream of a model that one wraps."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

from liteagent.contracts.llm import LLM, LLMItem, LLMRequest, ModelInfo, ReasoningDelta, TextDelta

__all__ = ["Wrapper", "heard", "is_delta", "opened"]


def opened(llm: LLM, request: LLMRequest) -> "aclosing[AsyncGenerator[LLMItem]]":
    """A context whose value is the stream of `llm`; leaving it closes the stream."""
    return aclosing(_closable(llm.stream(request)))


def heard(item: LLMItem) -> str:
    """The answer's text that an item adds."""
    return item.text if isinstance(item, TextDelta) else ""


class Wrapper:
    """A model that does what the one inside does; a subclass overrides `stream`."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    @property
    def model(self) -> str:
        """The name of the model inside."""
        return self._llm.model

    def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The stream of the model inside."""
        return self._llm.stream(request)

    async def models(self) -> tuple[ModelInfo, ...]:
        """What the provider of the model inside offers."""
        return await self._llm.models()

    async def aclose(self) -> None:
        """Close the model inside."""
        await self._llm.aclose()


def is_delta(item: LLMItem) -> bool:
    """Whether somebody may have been shown a part of the answer by now."""
    return isinstance(item, TextDelta | ReasoningDelta)


def _closable(items: AsyncIterator[LLMItem]) -> AsyncGenerator[LLMItem]:
    return cast("AsyncGenerator[LLMItem]", items) if hasattr(items, "aclose") else _generator(items)


async def _generator(items: AsyncIterator[LLMItem]) -> AsyncGenerator[LLMItem]:
    async for item in items:
        yield item
