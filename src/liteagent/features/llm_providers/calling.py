"""Which model a run is given, and how it is opened: resilient, priced, and paid from the budgets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

from anyio import to_thread

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import InvalidInputError, NotFoundError, ProviderRequestError
from liteagent.contracts.identity import Principal, Spender
from liteagent.contracts.json import JsonObject, dump, load
from liteagent.contracts.llm import LLM, LLMFactory, ModelProfile, ProfileFactory
from liteagent.contracts.registry import Registry
from liteagent.engine.resilience.fallback import Strategy
from liteagent.engine.resilience.resilient_llm import Candidate, Fallback, TimeLimited
from liteagent.features.budgets.budgeted import Account, Budgeted, Quote
from liteagent.features.budgets.service import BudgetService
from liteagent.features.llm_providers.environment import DefaultModel
from liteagent.features.llm_providers.opening import BUILTIN, ModelOpener
from liteagent.features.llm_providers.pinned import ProviderRef
from liteagent.features.llm_providers.price_list import PriceService
from liteagent.features.llm_providers.prices import PriceTable
from liteagent.features.llm_providers.records import ProviderRecord, ProviderRecords
from liteagent.features.llm_providers.schemas import Resilience
from liteagent.infra.cache.fresh import Fresh

__all__ = ["ModelCalls"]

_TYPES_FRESH = 60.0


class ModelCalls:
    """Pins models for runs and opens them.

    Args:
        registry: The types that have language models.
        default_model: Of providers that name none.
    """

    def __init__(
        self,
        registry: Registry[LLMFactory],
        records: ProviderRecords,
        opener: ModelOpener,
        prices: PriceService,
        budgets: BudgetService,
        clock: Clock,
        new_id: IdSource,
        default_model: DefaultModel,
    ) -> None:
        self._registry = registry
        self._records = records
        self._opener = opener
        self._prices = prices
        self._budgets = budgets
        self._new_id = new_id
        self._default_model = default_model
        self._profiles: Registry[ProfileFactory] = Registry("liteagent.llm_profile")
        self._types: Fresh[None, tuple[str, ...]] = Fresh(clock, _TYPES_FRESH)

    async def pin(
        self,
        principal: Principal,
        provider_id: str | None,
        fallbacks: Sequence[str] = (),
        strategy: Strategy = "priority",
    ) -> ProviderRef:
        """The provider for a run: the one named, or the workspace's default.

        Args:
            principal: In whose workspace.
            provider_id: None for the default.
            fallbacks: What is asked where it fails: ids of providers, or `ID:MODEL` for another model of one.
                Those that are deleted or switched off are left out.
            strategy: Which of all these is asked first.

        Raises:
            NotFoundError: The one named is not in this workspace.
            ProviderRequestError: The one named is not active, or lists no model.
        """
        if provider_id is None:
            record = await self._records.default(principal, await self._model_types())
        else:
            record = await self._records.get(principal, provider_id)
        if record is None:
            main = ProviderRef(None, "builtin", BUILTIN.model)
        elif not record.is_active:
            raise ProviderRequestError(
                f"The provider {record.name!r} is switched off; switch it on or choose another."
            )
        else:
            main = await self._ref(record)
        found = [await self._fallback(principal, each) for each in fallbacks]
        alternatives = tuple(each for each in found if each is not None)
        return replace(
            main,
            alternatives=alternatives,
            strategy=strategy,
            created_by=principal.name,
            api_key_id=principal.api_key_id,
        )

    async def open(self, workspace_id: str, ref: ProviderRef, spender: Spender | None = None) -> LLM:
        """The language model that a run has pinned, with the key that the provider has now: it bears with
        failures, turns to its alternatives, says what it costs, and is paid from the budgets.

        Args:
            workspace_id: Whose provider it is.
            ref: As `pin` gave it.
            spender: On whose account; who pinned it pays where nobody is named.

        Raises:
            ProviderRequestError: The provider was deleted.
            ConfigurationError: Its package is not installed.
        """
        prices = await self._prices.table(workspace_id)
        refs = (ref, *ref.alternatives)
        if ref.alternatives:
            candidates = [
                Candidate(each.model, partial(self._opened, workspace_id, each, prices)) for each in refs
            ]
            llm: LLM = Fallback(candidates, partial(self._opener.order, refs))
        else:
            llm = await self._opened(workspace_id, ref, prices)
        seconds = await self._total_seconds(workspace_id, ref)
        account = Account(
            workspace_id,
            _payer(spender or Spender(), ref),
            _quote(prices, refs),
            seconds,
            partial(self._longest, refs),
        )
        return Budgeted(TimeLimited(llm, seconds, "total_seconds"), self._budgets, account, self._new_id)

    def profile(self, ref: ProviderRef) -> ModelProfile:
        """What a model can do, as far as it is known, with what its provider's options say of it.

        Raises:
            InvalidInputError: The provider's option `profile` is of no use.
        """
        try:
            known = self._profiles.get(ref.provider_type)(ref.model)
        except NotFoundError:
            known = ModelProfile()
        if not ref.profile:
            return known
        try:
            return load(ModelProfile, {**dump(known), **ref.profile})
        except ValueError:
            fields = ", ".join(sorted(dump(known)))
            raise InvalidInputError(
                f"The option `profile` of the provider does not fit. It has: {fields}."
            ) from None

    async def model_of(self, record: ProviderRecord) -> str:
        """The model of a provider: its own, the default one, or the first that it lists.

        Raises:
            ProviderError: It names none and cannot say.
        """
        if record.model_name:
            return record.model_name
        return self._default_model.of(record.provider_type) or await self._opener.first_model(record)

    async def _opened(self, workspace_id: str, ref: ProviderRef, prices: PriceTable) -> LLM:
        if ref.id is None:
            return await self._opener.builtin(prices)
        try:
            record = await self._records.get(Principal(workspace_id), ref.id)
        except NotFoundError:
            raise ProviderRequestError(
                "The provider of this run was deleted; choose another for the agent."
            ) from None
        return await self._opener.resilient(record, ref.model, prices)

    async def _total_seconds(self, workspace_id: str, ref: ProviderRef) -> float:
        if ref.id is None:
            return Resilience().total_seconds
        try:
            record = await self._records.get(Principal(workspace_id), ref.id)
        except NotFoundError:
            return Resilience().total_seconds  # deleted, which opening it tells
        return record.resilience.total_seconds

    async def _ref(self, record: ProviderRecord, model: str = "") -> ProviderRef:
        profile = record.options.get("profile")
        return ProviderRef(
            record.id,
            record.provider_type,
            model or await self.model_of(record),
            priority=record.priority,
            weight=record.weight,
            profile=cast("JsonObject", profile) if isinstance(profile, Mapping) else {},
        )

    async def _fallback(self, principal: Principal, named: str) -> ProviderRef | None:
        provider_id, _, model = named.partition(":")
        try:
            record = await self._records.get(principal, provider_id)
        except NotFoundError:
            return None
        return await self._ref(record, model) if record.is_active else None

    async def _model_types(self) -> tuple[str, ...]:
        async def look_up() -> tuple[str, ...]:
            names = await to_thread.run_sync(self._registry.names)  # what is installed is read from the disk
            return tuple(name for name in names if name != "builtin")

        return await self._types.get(None, look_up)

    def _longest(self, refs: Sequence[ProviderRef]) -> int | None:
        return max((self.profile(ref).max_output or 0 for ref in refs), default=0) or None


def _payer(spender: Spender, ref: ProviderRef) -> Spender:
    return replace(
        spender,
        created_by=spender.created_by or ref.created_by,
        api_key_id=spender.api_key_id or ref.api_key_id,
    )


def _quote(prices: PriceTable, refs: Sequence[ProviderRef]) -> Quote:
    """What the dearest of these models costs; None where the price of any is unknown."""
    found = [prices.find(ref.id, ref.provider_type, ref.model) for ref in refs]
    known = [each for each in found if each is not None]

    def quote(reading: int, writing: int) -> int | None:
        return max(each.most(reading, writing) for each in known) if len(known) == len(found) else None

    return quote
