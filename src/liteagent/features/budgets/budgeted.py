"""A model whose calls are paid from budgets."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from liteagent.contracts.clock import IdSource
from liteagent.contracts.identity import Spender
from liteagent.contracts.llm import LLM, LLMItem, LLMRequest, LLMResponse
from liteagent.engine.resilience.streaming import Wrapper, heard, opened
from liteagent.features.budgets.amounts import Amounts, nano
from liteagent.features.budgets.estimates import input_tokens, output_tokens
from liteagent.features.budgets.service import BudgetService, Reservation

__all__ = ["Account", "Budgeted", "Quote"]

Quote: TypeAlias = Callable[[int, int], int | None]
"""What so many tokens read and written cost at most, in nano-dollars; None where no price is known."""

_ASSUMED_MS = 30_000
_GRACE = 60.0


def _unknown() -> int | None:
    return None


@dataclass(frozen=True, slots=True)
class Account:
    """Who pays, and how prices and times are estimated.

    Attributes:
        seconds: How long a call may take.
        longest: Tells the model's longest answer in tokens; None is unknown.
    """

    workspace_id: str
    spender: Spender
    quote: Quote
    seconds: float
    longest: Callable[[], int | None] = _unknown


class Budgeted(Wrapper):
    """Sets aside what a call may spend before it is made, and counts what it did spend after."""

    def __init__(self, llm: LLM, budgets: BudgetService, account: Account, new_id: IdSource) -> None:
        super().__init__(llm)
        self._budgets = budgets
        self._account = account
        self._new_id = new_id
        self._calls = 0

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer; what it spent is durable before its last item.

        Raises:
            BudgetExceededError: A budget is used up; nobody was asked.
        """
        if not await self._budgets.limits(self._account.workspace_id, self._account.spender):
            async with opened(self._llm, request) as items:
                async for item in items:
                    yield item
            return
        call = _Call(request)
        reservation = await self._reserve(request)
        try:
            async with opened(self._llm, request) as items:
                async for item in items:
                    call.hear(item)
                    if call.response is not None:
                        break
                    yield item
        finally:
            if reservation is not None:
                with anyio.CancelScope(shield=True):
                    await self._budgets.settle(reservation, call.spent(self._account.quote))
        if call.response is not None:
            yield call.response

    async def _reserve(self, request: LLMRequest) -> Reservation | None:
        account = self._account
        self._calls += 1
        key = f"{account.spender.key or self._new_id()}#{self._calls}"
        reading, writing = input_tokens(request), output_tokens(request, account.longest())
        estimate = Amounts(account.quote(reading, writing), reading + writing, 1, _ASSUMED_MS)
        return await self._budgets.reserve(
            account.workspace_id, account.spender, key, estimate, seconds=account.seconds + _GRACE
        )


class _Call:
    """What is known of a call while it runs."""

    def __init__(self, request: LLMRequest) -> None:
        self._request = request
        self._began = anyio.current_time()
        self._said: list[str] = []
        self.response: LLMResponse | None = None

    def hear(self, item: LLMItem) -> None:
        if isinstance(item, LLMResponse):
            self.response = item
        else:
            self._said.append(heard(item))

    def spent(self, quote: Quote) -> Amounts:
        """What it came to: as the vendor counted, else an estimate; nothing for one that said nothing."""
        milliseconds = round((anyio.current_time() - self._began) * 1000)
        text = "".join(self._said)
        if self.response is None and not text:
            return Amounts(milliseconds=milliseconds)
        usage = None if self.response is None else self.response.usage
        if usage is not None and usage.unit != "tokens":
            return Amounts(self._money(), 0, 1, milliseconds)
        if usage is not None and (usage.input or usage.output):
            return Amounts(self._money(), usage.input + usage.output, 1, milliseconds)
        reading, writing = input_tokens(self._request), output_tokens(self._request, said=text)
        money = self._money() if self.response is not None else quote(reading, writing)
        return Amounts(money, reading + writing, 1, milliseconds)

    def _money(self) -> int | None:
        cost = None if self.response is None else self.response.cost
        return None if cost is None else nano(cost)
