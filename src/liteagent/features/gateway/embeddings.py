"""The workspace's embedding models, by the names under which clients ask for them."""

from collections.abc import Sequence
from dataclasses import replace

from liteagent.contracts.embedding import Embedded, TextKind
from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.gateway.pages import every
from liteagent.features.gateway.refusals import model_not_found
from liteagent.features.gateway.schemas import ModelView
from liteagent.features.knowledge.service import DataSourceService
from liteagent.features.llm_providers.embedders import EmbedderService, EmbeddingRef
from liteagent.features.llm_providers.service import ProviderService

__all__ = ["EmbeddingModels"]


class EmbeddingModels:
    """The default embedding model, those of the data sources, and any of a provider by `<provider>/<model>`.

    Args:
        default: The model of data sources that name none; None where there is none.
    """

    def __init__(
        self,
        datasources: DataSourceService,
        providers: ProviderService,
        embedders: EmbedderService,
        default: EmbeddingRef | None,
    ) -> None:
        self._datasources = datasources
        self._providers = providers
        self._embedders = embedders
        self._default = default

    async def models(self, principal: Principal) -> list[ModelView]:
        """Those that are in use."""
        known = await self._known(principal)
        return [ModelView(id=name, created=0, owned_by="embedding") for name in known]

    async def embed(
        self,
        principal: Principal,
        model: str,
        texts: Sequence[str],
        kind: TextKind,
        dimensions: int | None,
    ) -> Embedded:
        """The vectors of texts.

        Raises:
            NotFoundError: `model_not_found`.
            ProviderError: The vendor has failed.
        """
        ref = (await self._known(principal)).get(model) or await self._of_provider(principal, model)
        if dimensions is not None:
            ref = replace(ref, dimensions=dimensions)
        embedder = await self._embedders.patient(principal.workspace_id, ref)
        return await embedder.embed(texts, kind)

    async def _known(self, principal: Principal) -> dict[str, EmbeddingRef]:
        known = {} if self._default is None else {_name(self._default): self._default}
        async for each in every(self._datasources.list, principal):
            if (chosen := each.embedding) is not None:
                ref = EmbeddingRef(chosen.provider_type, chosen.model, chosen.provider_id, chosen.dimensions)
                known.setdefault(_name(ref), ref)
        return known

    async def _of_provider(self, principal: Principal, model: str) -> EmbeddingRef:
        provider_name, _, name = model.partition("/")
        provider = await self._providers.find(principal, provider_name) if name else None
        if provider is None:
            raise model_not_found(model)
        try:
            kind = await self._embedders.resolve(
                principal, provider_id=provider.id, provider_type=None, model=name
            )
        except NotFoundError:
            raise model_not_found(model) from None
        return EmbeddingRef(kind, name, provider.id)


def _name(ref: EmbeddingRef) -> str:
    parts = (ref.provider_type, ref.model, str(ref.dimensions) if ref.dimensions else "")
    return "/".join(each for each in parts if each)
