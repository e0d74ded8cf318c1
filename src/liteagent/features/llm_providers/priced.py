"""A model whose answers say what they cost."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from liteagent.contracts.llm import LLM, LLMItem, LLMRequest, LLMResponse
from liteagent.engine.resilience.streaming import Wrapper, opened
from liteagent.features.budgets.amounts import usd
from liteagent.features.llm_providers.prices import Price

__all__ = ["Priced"]


class Priced(Wrapper):
    """Fills in `LLMResponse.cost`, where the provider has not said it itself.

    Args:
        model: Its name, as users know it.
        find: The price of a model by its name; None where it is not known.
    """

    def __init__(self, llm: LLM, model: str, find: Callable[[str], Price | None]) -> None:
        super().__init__(llm)
        self._name = model
        self._find = find

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer."""
        async with opened(self._llm, request) as items:
            async for item in items:
                yield self._with_cost(item) if isinstance(item, LLMResponse) else item

    def _with_cost(self, response: LLMResponse) -> LLMResponse:
        price = self._find(self._name) or self._find(response.model)
        if response.cost is not None or price is None:
            return response
        return replace(response, cost=usd(price.cost(response.usage)))
