"""Embedding models by reference: the kind of embedder, and the provider whose key and address it uses."""

import random
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from anyio import to_thread

from liteagent.contracts.clock import Clock
from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderFactory
from liteagent.contracts.errors import InvalidInputError, NotFoundError, ProviderRequestError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject
from liteagent.contracts.registry import Registry
from liteagent.engine.rag.embedding.batching import BatchingEmbedder
from liteagent.engine.resilience.retry import RetryPolicy
from liteagent.features.llm_providers.service import ProviderService

__all__ = ["EmbedderService", "EmbeddingRef"]

_Key: TypeAlias = tuple[str | int | None, ...]

_OPEN_MODELS = 16
_PATIENCE = RetryPolicy(attempts=4)


@dataclass(frozen=True, slots=True)
class EmbeddingRef:
    """An embedding model.

    Attributes:
        provider_type: The kind of embedder.
        model: The vendor's name of the model; empty takes the kind's default.
        provider_id: The provider whose key and address are used; None for a kind that needs none.
        dimensions: Asks for shorter vectors, where the model can.
    """

    provider_type: str
    model: str = ""
    provider_id: str | None = None
    dimensions: int | None = None


class EmbedderService:
    """Opens embedding models, and keeps them open.

    Args:
        providers: Know keys and addresses.
        registry: Factories by kind.
        clock: For waits that a vendor asks for.
        options: What the operator says of a kind, by its name; users cannot.
    """

    def __init__(
        self,
        providers: ProviderService,
        registry: Registry[EmbedderFactory],
        clock: Clock,
        options: Mapping[str, JsonObject] | None = None,
    ) -> None:
        self._providers = providers
        self._registry = registry
        self._clock = clock
        self._options = dict(options or {})
        self._open: OrderedDict[_Key, _Opened] = OrderedDict()

    async def resolve(
        self, principal: Principal, *, provider_id: str | None, provider_type: str | None, model: str
    ) -> str:
        """The kind of embedder for what a user has named.

        Raises:
            NotFoundError: The provider is not in this workspace.
            InvalidInputError: There is no such kind, or the provider's kind has no embedding models.
        """
        if provider_id is not None:
            provider_type = (await self._providers.get(principal, provider_id)).provider_type
        kind = provider_type or "local"
        if kind not in self._registry.names():
            known = ", ".join(self._registry.names())
            raise InvalidInputError(f"{kind!r} has no embedding models. Kinds that have: {known}.")
        if provider_id is not None and not model:
            raise InvalidInputError("Name the embedding `model`; GET /api/providers/{id}/models lists them.")
        return kind

    async def open(self, workspace_id: str, ref: EmbeddingRef) -> Embedder:
        """The model as it is, for a question: one call, which fails where the vendor fails.

        Raises:
            ProviderRequestError: The provider was deleted.
            ConfigurationError: A package or a model's files are not installed.
        """
        return (await self._opened(workspace_id, ref)).embedder

    async def patient(self, workspace_id: str, ref: EmbeddingRef) -> Embedder:
        """The model for any number of texts: in batches, side by side, waiting where the vendor asks for it.

        Raises:
            ProviderRequestError: As `open`.
            ConfigurationError: As `open`.
        """
        return (await self._opened(workspace_id, ref)).patient

    async def close(self) -> None:
        """Release every connection."""
        while self._open:
            _, opened = self._open.popitem()
            await opened.embedder.aclose()

    async def _opened(self, workspace_id: str, ref: EmbeddingRef) -> "_Opened":
        config = await self._config(workspace_id, ref)
        key = (ref.provider_type, config.model, config.api_key, config.base_url, config.dimensions)
        if key not in self._open:
            # In a thread: the first of its kind loads a vendor's SDK.
            made = await to_thread.run_sync(lambda: self._registry.get(ref.provider_type)(config))
            patient = BatchingEmbedder(made, clock=self._clock, jitter=random.random, policy=_PATIENCE)
            self._open.setdefault(key, _Opened(made, patient))
            if len(self._open) > _OPEN_MODELS:
                self._open.popitem(last=False)  # closes its connections when it is collected
        self._open.move_to_end(key)
        return self._open[key]

    async def _config(self, workspace_id: str, ref: EmbeddingRef) -> EmbedderConfig:
        options = self._options.get(ref.provider_type, {})
        if ref.provider_id is None:
            return EmbedderConfig(ref.model, dimensions=ref.dimensions, options=options)
        try:
            access = await self._providers.access(workspace_id, ref.provider_id)
        except NotFoundError:
            raise ProviderRequestError(
                "The provider of this data source's embedding model was deleted; choose another."
            ) from None
        return EmbedderConfig(ref.model, access.api_key, access.base_url, ref.dimensions, options=options)


@dataclass(frozen=True, slots=True)
class _Opened:
    embedder: Embedder
    patient: Embedder
