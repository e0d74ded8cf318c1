"""Models that bear with their providers: wrappers of the LLM contract, one for each thing that goes wrong.

`resilient` puts them around one model and `Fallback` around several of those:

    Fallback( Breaking( Retrying( Limited( TimeLimited( vendor ) ) ) ), … )

No wrapper repeats an answer of which something was streamed: that failure is raised, with its partial text.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import anyio

from liteagent.contracts.errors import (
    ConfigurationError,
    LiteAgentError,
    ProviderError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.contracts.llm import LLM, LLMItem, LLMRequest, LLMResponse, ModelInfo
from liteagent.engine.resilience.circuit_breaker import Outcome, SharedCircuit
from liteagent.engine.resilience.rate_limiter import ConcurrencyLimiter
from liteagent.engine.resilience.retry import PASSING, Random, RetryPolicy
from liteagent.engine.resilience.streaming import Wrapper, heard, is_delta, opened

__all__ = [
    "Breaking",
    "Candidate",
    "Fallback",
    "Limited",
    "Retrying",
    "Sleep",
    "TimeLimited",
    "resilient",
]

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits that many seconds."""


class TimeLimited(Wrapper):
    """Waits for the whole answer `seconds` at most; the reader's own time in between is not counted.

    Args:
        what: Names the limit in the error: `attempt_seconds`, `total_seconds`.
    """

    def __init__(self, llm: LLM, seconds: float, what: str) -> None:
        super().__init__(llm)
        self._seconds = seconds
        self._what = what

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer.

        Raises:
            ProviderTimeoutError: It took too long; with the text so far.
        """
        left, said = self._seconds, list[str]()
        async with opened(self._llm, request) as items:
            while True:
                began = anyio.current_time()
                try:
                    with anyio.fail_after(max(0.0, left)):
                        item = await anext(items, None)
                except TimeoutError:
                    raise self._too_long("".join(said)) from None
                left -= anyio.current_time() - began
                if item is None:
                    return
                said.append(heard(item))
                yield item

    def _too_long(self, partial: str) -> ProviderTimeoutError:
        return ProviderTimeoutError(
            f"The model {self._llm.model!r} did not finish its answer in {self._seconds:g} seconds. Ask for "
            f"less, or raise `{self._what}` of its provider.",
            partial=partial,
            details={"limit": self._what, "value": self._seconds},
        )


class Limited(Wrapper):
    """Waits for a place among the calls of its provider."""

    def __init__(self, llm: LLM, limiter: ConcurrencyLimiter) -> None:
        super().__init__(llm)
        self._limiter = limiter

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer, once there is a place; the place is free again before the last item."""
        last: LLMItem | None = None
        async with self._limiter.place(), opened(self._llm, request) as items:
            async for item in items:
                if isinstance(item, LLMResponse):
                    last = item
                    break
                yield item
        if last is not None:
            yield last


class Retrying(Wrapper):
    """Asks again after a failure that may pass, unless a part of the answer was streamed.

    Args:
        policy: How often, and how long to wait.
        random: Spreads the waits.
        sleep: Waits.
    """

    def __init__(self, llm: LLM, policy: RetryPolicy, random: Random, sleep: Sleep = anyio.sleep) -> None:
        super().__init__(llm)
        self._policy = policy
        self._random = random
        self._sleep = sleep

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer of the first try that has one.

        Raises:
            ProviderError: The last try's failure.
        """
        attempt, shown = 0, False
        while True:
            attempt += 1
            try:
                async with opened(self._llm, request) as items:
                    async for item in items:
                        shown = shown or is_delta(item)
                        yield item
                return
            except PASSING as error:
                wait = None if shown else self._policy.wait(error, attempt, self._random)
                if wait is None:
                    raise
            await self._sleep(wait)


class Breaking(Wrapper):
    """Asks nobody while the circuit is open."""

    def __init__(self, llm: LLM, circuit: SharedCircuit) -> None:
        super().__init__(llm)
        self._circuit = circuit

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer.

        Raises:
            CircuitOpenError: The provider is left alone for a while.
        """
        admission = await self._circuit.enter()
        outcome: Outcome = "left"
        last: LLMItem | None = None
        try:
            async with opened(self._llm, request) as items:
                async for item in items:
                    if isinstance(item, LLMResponse):
                        last = item
                        break
                    yield item
            outcome = "succeeded"
        except (ProviderUnavailableError, ProviderTimeoutError):
            outcome = "failed"
            raise
        except LiteAgentError:
            outcome = "succeeded"  # it refuses, so it is there
            raise
        finally:
            with anyio.CancelScope(shield=True):
                await self._circuit.leave(admission, outcome)
        if last is not None:
            yield last


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be asked; `open` is called when its turn comes."""

    model: str
    open: Callable[[], Awaitable[LLM]]


class Fallback:
    """Asks one model after the other until one answers.

    Args:
        candidates: In the order in which `order` names them by their place.
        order: The places in the order to try, asked for each call.
    """

    def __init__(
        self, candidates: Sequence[Candidate], order: Callable[[], Awaitable[Sequence[int]]]
    ) -> None:
        self._candidates = tuple(candidates)
        self._order = order

    @property
    def model(self) -> str:
        """The name of the first candidate."""
        return self._candidates[0].model

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer of the first that gives one.

        Raises:
            ProviderError: All failed, or one broke off in the middle; `details["tried"]` has each failure.
            ConfigurationError: All failed, the last one since something is not installed.
        """
        tried: list[dict[str, str]] = []
        failure: LiteAgentError | None = None
        for place in await self._order():
            candidate, shown = self._candidates[place], False
            try:
                async with opened(await candidate.open(), request) as items:
                    async for item in items:
                        shown = shown or is_delta(item)
                        yield item
                return
            except (ProviderError, ConfigurationError) as error:
                tried.append({"model": candidate.model, "code": error.error_code, "message": error.message})
                if shown:
                    raise
                failure = error
        if failure is None:
            raise ConfigurationError("There is no model to ask. Add a provider.")
        failure.details["tried"] = tried
        raise failure

    async def models(self) -> tuple[ModelInfo, ...]:
        """What the provider of the first candidate offers."""
        return await (await self._candidates[0].open()).models()

    async def aclose(self) -> None:
        """Whoever opened the candidates closes them."""


def resilient(
    llm: LLM,
    *,
    retry: RetryPolicy,
    circuit: SharedCircuit,
    limiter: ConcurrencyLimiter,
    attempt_seconds: float,
    random: Random,
    sleep: Sleep = anyio.sleep,
) -> LLM:
    """`llm` that waits its turn, is given up when it is slow, asked again, and left alone when it is down."""
    limited = Limited(TimeLimited(llm, attempt_seconds, "attempt_seconds"), limiter)
    return Breaking(Retrying(limited, retry, random, sleep), circuit)
