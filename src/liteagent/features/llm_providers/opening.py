"""Language models of providers, opened once and kept: as they are, or resilient and priced."""

import json
import random
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial

from anyio import to_thread

from liteagent.contracts.cache import Cache
from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ProviderRequestError
from liteagent.contracts.llm import LLM, LLMConfig, LLMFactory, ModelInfo
from liteagent.contracts.registry import Registry
from liteagent.engine.resilience.circuit_breaker import BreakerPolicy, SharedCircuit
from liteagent.engine.resilience.fallback import Choice, order
from liteagent.engine.resilience.rate_limiter import ConcurrencyLimiter
from liteagent.engine.resilience.resilient_llm import resilient
from liteagent.engine.resilience.retry import RetryPolicy
from liteagent.features.llm_providers.pinned import ProviderRef
from liteagent.features.llm_providers.priced import Priced
from liteagent.features.llm_providers.prices import Price, PriceTable
from liteagent.features.llm_providers.records import ProviderRecord

__all__ = ["BUILTIN", "ModelOpener"]

BUILTIN = LLMConfig("builtin-extractive")
"""The model that is there without any provider."""

_OPEN_MODELS = 32
_DAY = 86_400.0
_HOUR = 3_600.0
_NO_CHAT = ("embed", "rerank", "whisper", "tts", "transcribe", "moderation", "dall-e", "image", "audio")
"""What the names of models hold that don't chat, where a provider lists everything that it has."""


class ModelOpener:
    """Opens language models.

    Args:
        registry: Factories by provider type.
        cache: Holds the state of circuits, whose turn it is, and which model a provider listed first.
        clock: Measures how long a circuit stays open.
    """

    def __init__(self, registry: Registry[LLMFactory], cache: Cache, clock: Clock) -> None:
        self._registry = registry
        self._cache = cache
        self._clock = clock
        self._open: OrderedDict[tuple[str | None, ...], LLM] = OrderedDict()
        self._limiters: dict[tuple[str, int | None], ConcurrencyLimiter] = {}

    async def builtin(self, prices: PriceTable) -> LLM:
        """The built-in model."""
        llm = await self.vendor("builtin", BUILTIN)
        return Priced(llm, BUILTIN.model, _finder(prices, None, "builtin"))

    async def vendor(self, provider_type: str, config: LLMConfig) -> LLM:
        """The model as its factory makes it.

        Raises:
            ConfigurationError: Its package is not installed.
            InvalidInputError: The factory refuses what the provider's row says.
        """
        key = _key(provider_type, config)
        if key not in self._open:
            # In a thread: the first of its kind loads a vendor's SDK, which takes up to a second.
            made = await to_thread.run_sync(lambda: self._registry.get(provider_type)(config))
            self._open.setdefault(key, made)
            # The one dropped may be answering right now: it closes its connections when it is collected.
            if len(self._open) > _OPEN_MODELS:
                self._open.popitem(last=False)
        self._open.move_to_end(key)
        return self._open[key]

    async def resilient(self, record: ProviderRecord, model: str, prices: PriceTable) -> LLM:
        """A provider's model that bears with failures and says what it costs.

        Raises:
            ConfigurationError: As `vendor`.
            InvalidInputError: As `vendor`.
        """
        llm = await self.vendor(record.provider_type, record.reached(model))
        said = record.resilience
        policy = BreakerPolicy(failures=said.failures, open_for=said.open_seconds)
        return resilient(
            Priced(llm, model, _finder(prices, record.id, record.provider_type)),
            retry=RetryPolicy(said.attempts, longest_wait=said.longest_wait, patience=said.patience),
            circuit=SharedCircuit(self._cache, f"breaker:{record.id}:{model}", policy, self._clock),
            limiter=self._limiter(record.id, said.concurrency),
            attempt_seconds=said.attempt_seconds,
            random=random.random,
        )

    async def order(self, refs: Sequence[ProviderRef]) -> Sequence[int]:
        """The places of `refs` in the order in which to ask; the first one's strategy decides."""
        turn = 0
        if refs[0].strategy == "round_robin":
            names = ",".join(f"{ref.id}:{ref.model}" for ref in refs)
            turn = await self._cache.increment(f"turn:{names}", 1, _DAY) - 1
        choices = [Choice(ref.priority, ref.weight) for ref in refs]
        return order(choices, refs[0].strategy, turn, random.random)

    async def first_model(self, record: ProviderRecord) -> str:
        """The first model that chats, of those that the provider lists; it is remembered for an hour.

        Raises:
            ProviderError: The provider cannot say, or lists none.
        """
        key = f"first-model:{record.id}"
        if (known := await self._cache.get(key)) is not None:
            return known.decode()
        llm = await self.vendor(record.provider_type, record.reached("default"))
        name = _first(await llm.models())
        if name is None:
            raise ProviderRequestError(
                f"The provider {record.name!r} lists no model. Set its `model_name`, or DEFAULT_MODEL."
            )
        await self._cache.set(key, name.encode(), _HOUR)
        return name

    async def close(self) -> None:
        """Release every connection."""
        while self._open:
            _, llm = self._open.popitem()
            await llm.aclose()

    def _limiter(self, provider_id: str, limit: int | None) -> ConcurrencyLimiter:
        return self._limiters.setdefault((provider_id, limit), ConcurrencyLimiter(limit))


def _key(provider_type: str, config: LLMConfig) -> tuple[str | None, ...]:
    rest = json.dumps([config.timeout, config.headers, config.query, dict(config.options)], sort_keys=True)
    return provider_type, config.model, config.api_key, config.base_url, rest


def _finder(prices: PriceTable, provider_id: str | None, provider_type: str) -> Callable[[str], Price | None]:
    return partial(prices.find, provider_id, provider_type)


def _first(models: Sequence[ModelInfo]) -> str | None:
    names = [model.id for model in models]
    chatting = [name for name in names if not any(word in name.lower() for word in _NO_CHAT)]
    return next(iter((*chatting, *names)), None)
