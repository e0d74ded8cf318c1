"""Configured providers, and the language models behind them."""

from collections.abc import Mapping, Sequence
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.cache import Cache
from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from liteagent.contracts.identity import Principal, Spender
from liteagent.contracts.llm import LLM, LLMConfig, LLMFactory, ModelProfile
from liteagent.contracts.registry import Registry
from liteagent.engine.resilience.fallback import Strategy
from liteagent.features.budgets.service import BudgetService
from liteagent.features.llm_providers import repository
from liteagent.features.llm_providers.calling import ModelCalls
from liteagent.features.llm_providers.checking import check
from liteagent.features.llm_providers.environment import DefaultModel, EnvironmentProvider, reconcile
from liteagent.features.llm_providers.models import LLMProviderRow
from liteagent.features.llm_providers.opening import ModelOpener
from liteagent.features.llm_providers.pinned import ProviderRef
from liteagent.features.llm_providers.price_list import PriceService
from liteagent.features.llm_providers.records import ProviderRecord, ProviderRecords
from liteagent.features.llm_providers.schemas import (
    ModelList,
    ModelView,
    ProviderBody,
    ProviderList,
    ProviderPatch,
    ProviderTest,
    ProviderView,
    Resilience,
)
from liteagent.features.llm_providers.secrets import ProviderSecrets
from liteagent.infra.cache.memory import MemoryCache
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim
from liteagent.infra.security.encryption import Encryption
from liteagent.infra.system import SystemClock

__all__ = ["ProviderRef", "ProviderService"]

_PLAIN = (
    "id",
    "name",
    "provider_type",
    "model_name",
    "is_active",
    "query",
    "options",
    "priority",
    "weight",
    "created_at",
    "updated_at",
)


class ProviderService:
    """Providers of a workspace.

    Args:
        registry: The types that have language models.
        others: Further types that a provider may have: of embedding models, of rerankers.
        clock: For what is remembered for a while.
        cache: Where processes share what they know of providers that fail.
        environment: Providers that are there because a variable is set.
        default_model: Of providers that name no model: `MODEL` or `TYPE/MODEL`.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry[LLMFactory],
        encryption: Encryption,
        new_id: IdSource,
        *others: Registry[Any],
        clock: Clock | None = None,
        cache: Cache | None = None,
        environment: Sequence[EnvironmentProvider] = (),
        default_model: str = "",
    ) -> None:
        clock = clock or SystemClock()
        self._database = database
        self._registry = registry
        self._new_id = new_id
        self._others = others
        self._environment = {each.variable: each for each in environment}
        self._secrets = ProviderSecrets(encryption, self._environment)
        self._records = ProviderRecords(database, self._secrets, clock, self._environment)
        self._opener = ModelOpener(registry, cache or MemoryCache(clock), clock)
        self.prices = PriceService(database, clock, new_id)
        self.budgets = BudgetService(database, clock, new_id)
        self._calls = ModelCalls(
            registry,
            self._records,
            self._opener,
            self.prices,
            self.budgets,
            clock,
            new_id,
            DefaultModel.parse(default_model, [each.provider_type for each in environment]),
        )

    async def reconcile(self, principal: Principal) -> None:
        """Give the workspace the providers of the environment."""
        await self._database.write(
            lambda session: reconcile(session, principal, self._environment, self._new_id)
        )
        self._records.forget()

    async def create(
        self, principal: Principal, body: ProviderBody, token: IdempotencyToken | None = None
    ) -> ProviderView:
        """Add a provider; nothing is connected yet.

        Raises:
            InvalidInputError: There is no such type.
        """
        self._require_type(body.provider_type)

        def insert(session: Session) -> ProviderView:
            provider_id = claim(session, principal, token, self._new_id())
            if session.get(LLMProviderRow, provider_id) is None:
                values = body.model_dump(exclude={"api_key", "headers"})
                row = LLMProviderRow(
                    id=provider_id, workspace_id=principal.workspace_id, created_by=principal.name, **values
                )
                self._secrets.seal(row, body.api_key)
                self._secrets.seal_headers(row, body.headers)
                session.add(row)
                session.flush()
            return self._view(repository.get(session, principal, provider_id))

        view = await self._database.write(insert)
        self._records.forget()
        return view

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> ProviderList:
        """A page of the workspace's providers."""

        def find(session: Session) -> ProviderList:
            found = repository.providers(session, principal, self._environment, limit=limit, cursor=cursor)
            return ProviderList(items=[self._view(row) for row in found.items], next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, provider_id: str) -> ProviderView:
        """One provider.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: self._view(self._row(session, principal, provider_id))
        )

    async def update(self, principal: Principal, provider_id: str, body: ProviderPatch) -> ProviderView:
        """Change what the body names.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: The key or the address is the environment's.
        """

        def change(session: Session) -> ProviderView:
            row = self._row(session, principal, provider_id)
            values = body.model_dump(exclude_unset=True)
            _refuse_environment(row, values)
            if "api_key" in values:
                self._secrets.seal(row, values.pop("api_key"))
            if (headers := values.pop("headers", None)) is not None:
                self._secrets.seal_headers(row, headers)
            for name, value in values.items():
                if value is not None or name == "base_url":
                    setattr(row, name, value)
            session.flush()
            return self._view(row)

        view = await self._database.write(change)
        self._records.forget()
        return view

    async def delete(self, principal: Principal, provider_id: str) -> None:
        """Forget a provider; its agents use the default from then on.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: It comes from the environment.
        """

        def remove(session: Session) -> None:
            row = self._row(session, principal, provider_id)
            if row.environment is not None:
                raise ConflictError(
                    f"{row.name!r} is there because {row.environment} is set. Unset it and start again, or "
                    "switch the provider off.",
                    code="provider_from_environment",
                )
            session.delete(row)

        await self._database.write(remove)
        self._records.forget()

    async def test(self, principal: Principal, provider_id: str) -> ProviderTest:
        """Connect, sign in, list models and ask a short question; a failure is a result, not an error.

        Raises:
            NotFoundError: Not in this workspace.
            ConfigurationError: Its package is not installed, or its key cannot be read.
        """
        return await check(await self._vendor(await self._records.get(principal, provider_id)))

    async def models(self, principal: Principal, provider_id: str) -> ModelList:
        """The models that the provider offers, with what is known of each.

        Raises:
            NotFoundError: Not in this workspace.
            ProviderError: The provider cannot say.
        """
        record = await self._records.get(principal, provider_id)
        models = await (
            await self._opener.vendor(record.provider_type, record.reached(_any(record)))
        ).models()
        known = await to_thread.run_sync(
            lambda: [self.profile(ProviderRef(record.id, record.provider_type, each.id)) for each in models]
        )
        views = [
            ModelView(
                id=model.id,
                context_window=model.context_window or profile.context_window,
                max_output=model.max_output or profile.max_output,
            )
            for model, profile in zip(models, known, strict=True)
        ]
        return ModelList(items=views)

    async def pin(
        self,
        principal: Principal,
        provider_id: str | None,
        fallbacks: Sequence[str] = (),
        strategy: Strategy = "priority",
    ) -> ProviderRef:
        """The provider for a run; see `ModelCalls.pin`."""
        return await self._calls.pin(principal, provider_id, fallbacks, strategy)

    async def open(self, workspace_id: str, ref: ProviderRef, spender: Spender | None = None) -> LLM:
        """The language model that a run has pinned; see `ModelCalls.open`."""
        return await self._calls.open(workspace_id, ref, spender)

    def profile(self, ref: ProviderRef) -> ModelProfile:
        """What a model can do, as far as it is known; see `ModelCalls.profile`."""
        return self._calls.profile(ref)

    async def find(self, principal: Principal, name: str) -> ProviderView | None:
        """The oldest provider with this id or name, if there is one."""

        def look(session: Session) -> ProviderView | None:
            row = repository.named(session, principal, name, self._environment)
            return None if row is None else self._view(row)

        return await self._database.read(look)

    async def access(self, workspace_id: str, provider_id: str) -> LLMConfig:
        """Key and address of a provider, for what else it is used for than its language model.

        Raises:
            NotFoundError: Not in this workspace.
            ConfigurationError: Its key cannot be read.
        """
        record = await self._records.get(Principal(workspace_id), provider_id)
        return record.reached(record.model_name)

    async def close(self) -> None:
        """Release every connection."""
        await self._opener.close()

    async def _vendor(self, record: ProviderRecord) -> LLM:
        model = await self._calls.model_of(record)
        return await self._opener.vendor(record.provider_type, record.reached(model))

    def _row(self, session: Session, principal: Principal, provider_id: str) -> LLMProviderRow:
        row = repository.get(session, principal, provider_id)
        if row.environment is not None and row.environment not in self._environment:
            raise NotFoundError(
                f"The provider {row.name!r} is there only while {row.environment} is set.",
                code="provider_not_found",
            )
        return row

    def _require_type(self, provider_type: str) -> None:
        names = {name for each in (self._registry, *self._others) for name in each.names()}
        if provider_type not in names:
            known = ", ".join(sorted(names))
            raise InvalidInputError(f"There is no provider type {provider_type!r}. Known: {known}.")

    def _view(self, row: LLMProviderRow) -> ProviderView:
        values = {name: getattr(row, name) for name in _PLAIN}
        return ProviderView(
            **values,
            api_key=self._secrets.masked_key(row),
            base_url=self._address(row),
            headers=self._secrets.masked_headers(row),
            resilience=Resilience.model_validate(row.resilience),
            from_environment=row.environment,
        )

    def _address(self, row: LLMProviderRow) -> str | None:
        known = self._environment.get(row.environment or "")
        return row.base_url if known is None else known.base_url


def _refuse_environment(row: LLMProviderRow, values: Mapping[str, Any]) -> None:
    if row.environment is not None and values.keys() & {"api_key", "base_url"}:
        raise ConflictError(
            f"Key and address of {row.name!r} come from {row.environment}. Set it anew and start again.",
            code="provider_from_environment",
        )


def _any(record: ProviderRecord) -> str:
    """A model's name to ask for the models with: it needs none, but factories do."""
    return record.model_name or "default"
