"""Configured providers, and the language models behind them."""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.errors import (
    ConfigurationError,
    InvalidInputError,
    LiteAgentError,
    NotFoundError,
    ProviderRequestError,
)
from liteagent.contracts.identity import Principal
from liteagent.contracts.llm import LLM, LLMConfig, LLMFactory, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.contracts.registry import Registry
from liteagent.features.llm_providers import repository
from liteagent.features.llm_providers.models import LLMProviderRow
from liteagent.features.llm_providers.schemas import (
    ModelList,
    ModelView,
    ProviderBody,
    ProviderList,
    ProviderPatch,
    ProviderTest,
    ProviderView,
)
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim
from liteagent.infra.security.encryption import Encryption, Place

__all__ = ["ProviderRef", "ProviderService"]

_OPEN_MODELS = 32
_BUILTIN = LLMConfig("builtin-extractive")


@dataclass(frozen=True, slots=True)
class ProviderRef:
    """The provider that a run has pinned; `id` is None for the built-in model."""

    id: str | None
    provider_type: str
    model: str


class ProviderService:
    """Providers of a workspace.

    Args:
        registry: The types that have language models.
        others: Further types that a provider may have: of embedding models, of rerankers.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry[LLMFactory],
        encryption: Encryption,
        new_id: IdSource,
        *others: Registry[Any],
    ) -> None:
        self._database = database
        self._registry = registry
        self._encryption = encryption
        self._new_id = new_id
        self._others = others
        self._open: OrderedDict[tuple[str | None, ...], LLM] = OrderedDict()

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
                values = body.model_dump(exclude={"api_key"})
                row = LLMProviderRow(
                    id=provider_id, workspace_id=principal.workspace_id, created_by=principal.name, **values
                )
                row.api_key = self._seal(provider_id, body.api_key)
                session.add(row)
                session.flush()
            return self._view(repository.get(session, principal, provider_id))

        return await self._database.write(insert)

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> ProviderList:
        """A page of the workspace's providers."""

        def find(session: Session) -> ProviderList:
            found = repository.providers(session, principal, limit=limit, cursor=cursor)
            return ProviderList(items=[self._view(row) for row in found.items], next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, provider_id: str) -> ProviderView:
        """One provider.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: self._view(repository.get(session, principal, provider_id))
        )

    async def update(self, principal: Principal, provider_id: str, body: ProviderPatch) -> ProviderView:
        """Change what the body names.

        Raises:
            NotFoundError: Not in this workspace.
        """

        def change(session: Session) -> ProviderView:
            row = repository.get(session, principal, provider_id)
            for name, value in body.model_dump(exclude_unset=True).items():
                if name == "api_key":
                    row.api_key = self._seal(row.id, body.api_key)
                elif value is not None or name == "base_url":
                    setattr(row, name, value)
            session.flush()
            return self._view(row)

        return await self._database.write(change)

    async def delete(self, principal: Principal, provider_id: str) -> None:
        """Forget a provider; its agents use the default from then on.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._database.write(
            lambda session: session.delete(repository.get(session, principal, provider_id))
        )

    async def test(self, principal: Principal, provider_id: str) -> ProviderTest:
        """Ask the provider a short question and say how it went; a failure is a result, not an error.

        Raises:
            NotFoundError: Not in this workspace.
        """
        llm = await self._open_row(principal, provider_id)
        request = LLMRequest((Message(Role.USER, "Answer with the word OK."),), max_output_tokens=64)
        started = time.monotonic()
        try:
            response = await complete(llm, request)
        except LiteAgentError as error:
            return ProviderTest(
                ok=False, model=llm.model, latency_ms=_since(started), error=dict(error.to_json())
            )
        return ProviderTest(
            ok=True,
            model=response.model or llm.model,
            latency_ms=_since(started),
            answer=response.message.content[:500],
        )

    async def models(self, principal: Principal, provider_id: str) -> ModelList:
        """The models that the provider offers.

        Raises:
            NotFoundError: Not in this workspace.
            ProviderError: The provider cannot say.
        """
        llm = await self._open_row(principal, provider_id)
        return ModelList(items=[ModelView(id=model.id) for model in await llm.models()])

    async def pin(self, principal: Principal, provider_id: str | None) -> ProviderRef:
        """The provider for a run: the one named, or the workspace's default.

        Raises:
            NotFoundError: The one named is not in this workspace.
            ProviderRequestError: The one named is not active.
        """

        def choose(session: Session) -> ProviderRef:
            if provider_id is None:
                row = repository.default(session, principal, self._model_types())
            else:
                row = repository.get(session, principal, provider_id)
            if row is None:
                return ProviderRef(None, "builtin", _BUILTIN.model)
            if not row.is_active:
                raise ProviderRequestError(
                    f"The provider {row.name!r} is switched off; switch it on or choose another."
                )
            return ProviderRef(row.id, row.provider_type, row.model_name)

        return await self._database.read(choose)

    async def open(self, workspace_id: str, ref: ProviderRef) -> LLM:
        """The language model that a run has pinned, with the key that the provider has now.

        Raises:
            ProviderRequestError: The provider was deleted.
            ConfigurationError: Its package is not installed.
        """
        if ref.id is None:
            return await self._llm("builtin", _BUILTIN)
        try:
            return await self._open_row(Principal(workspace_id), ref.id, ref.model)
        except NotFoundError:
            raise ProviderRequestError(
                "The provider of this run was deleted; choose another for the agent."
            ) from None

    async def find(self, principal: Principal, name: str) -> ProviderView | None:
        """The oldest provider with this id or name, if there is one."""

        def look(session: Session) -> ProviderView | None:
            row = repository.named(session, principal, name)
            return None if row is None else self._view(row)

        return await self._database.read(look)

    async def access(self, workspace_id: str, provider_id: str) -> LLMConfig:
        """Key and address of a provider, for what else it is used for than its language model.

        Raises:
            NotFoundError: Not in this workspace.
        """

        def config(session: Session) -> LLMConfig:
            row = repository.get(session, Principal(workspace_id), provider_id)
            return LLMConfig(row.model_name, self._unseal(row), row.base_url)

        return await self._database.read(config)

    async def close(self) -> None:
        """Release every connection."""
        while self._open:
            _, llm = self._open.popitem()
            await llm.aclose()

    async def _open_row(self, principal: Principal, provider_id: str, model: str | None = None) -> LLM:
        def config(session: Session) -> tuple[str, LLMConfig]:
            row = repository.get(session, principal, provider_id)
            key = self._unseal(row)
            return row.provider_type, LLMConfig(model or row.model_name, key, row.base_url)

        return await self._llm(*await self._database.read(config))

    async def _llm(self, provider_type: str, config: LLMConfig) -> LLM:
        key = (provider_type, config.model, config.api_key, config.base_url)
        if key not in self._open:
            # In a thread: the first of its kind loads a vendor's SDK, which takes up to a second.
            made = await to_thread.run_sync(lambda: self._registry.get(provider_type)(config))
            self._open.setdefault(key, made)
            # The one dropped may be answering right now: it closes its connections when it is collected.
            if len(self._open) > _OPEN_MODELS:
                self._open.popitem(last=False)
        self._open.move_to_end(key)
        return self._open[key]

    def _model_types(self) -> tuple[str, ...]:
        return tuple(name for name in self._registry.names() if name != "builtin")

    def _require_type(self, provider_type: str) -> None:
        names = {name for each in (self._registry, *self._others) for name in each.names()}
        if provider_type not in names:
            known = ", ".join(sorted(names))
            raise InvalidInputError(f"There is no provider type {provider_type!r}. Known: {known}.")

    def _seal(self, provider_id: str, api_key: str | None) -> str | None:
        return None if api_key is None else self._encryption.encrypt(api_key, _place(provider_id))

    def _unseal(self, row: LLMProviderRow) -> str | None:
        return None if row.api_key is None else self._encryption.decrypt(row.api_key, _place(row.id))

    def _view(self, row: LLMProviderRow) -> ProviderView:
        view = ProviderView.model_validate(row)
        try:
            key = self._unseal(row)
        except ConfigurationError:
            key = ""  # of another installation: the row is still shown, so that it can be mended
        return view.model_copy(update={"api_key": None if key is None else _mask(key)})


def _place(provider_id: str) -> Place:
    return Place("llm_providers", "api_key", provider_id)


def _mask(key: str) -> str:
    return f"…{key[-4:]}" if len(key) >= 12 else "…"


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
