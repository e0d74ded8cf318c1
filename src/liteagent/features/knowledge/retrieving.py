"""What questions find in the data sources of a workspace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from liteagent.contracts.documents import Scalar
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.contracts.llm import LLM
from liteagent.contracts.registry import Registry
from liteagent.contracts.reranking import Reranker, RerankerConfig, RerankerFactory
from liteagent.contracts.retrieval import (
    Condition,
    RetrievalQuery,
    RetrievalResult,
    Retriever,
    Scope,
    Searcher,
)
from liteagent.engine.rag.embeddings import vector_share_of
from liteagent.engine.rag.options import RetrievalOptions
from liteagent.engine.rag.search import SearchParts, SearchRetriever
from liteagent.engine.rag.searchers import WordSearcher
from liteagent.features.knowledge import repository
from liteagent.features.knowledge.catalog import IndexCatalog, ServedWords
from liteagent.features.knowledge.changes import Served
from liteagent.features.knowledge.schemas import ConditionBody, SearchBody, SearchResult
from liteagent.features.knowledge.searching import MeaningSearch, QuestionVectors, WorkspaceTexts
from liteagent.features.knowledge.views import found_passages
from liteagent.features.llm_providers.embedders import EmbedderService
from liteagent.features.llm_providers.service import ProviderService
from liteagent.infra.db.database import Database

__all__ = ["KnowledgeSearch"]

_MODELS = frozenset(("none", "llm"))


class KnowledgeSearch:
    """Searches data sources, each as it wants to be searched unless a question says otherwise.

    Args:
        catalog: The indexes.
        embedders: Embed questions.
        providers: The language models and rerankers that options ask for.
        rerankers: Factories by the type of their provider.
    """

    def __init__(
        self,
        database: Database,
        catalog: IndexCatalog,
        embedders: EmbedderService,
        providers: ProviderService,
        rerankers: Registry[RerankerFactory],
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._questions = QuestionVectors(embedders)
        self._providers = providers
        self._rerankers = rerankers

    async def search(self, principal: Principal, datasource_id: str, body: SearchBody) -> SearchResult:
        """What an agent would find for a question to one data source.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: The options ask for what there is not.
        """
        sources = await self._catalog.served(principal.workspace_id, (datasource_id,))
        if not sources:
            raise repository.no_source(datasource_id)
        asked = {"retriever": body.retriever} if body.retriever else {}
        options = {**body.options.to_json(), **asked}
        query = RetrievalQuery(body.query, body.top_k, (datasource_id,), _conditions(body.where))
        found = await self._retrieve(principal.workspace_id, query, options, sources)
        return SearchResult(items=found_passages(found.passages), trace=dict(found.trace))

    def retriever(self, workspace_id: str, options: Mapping[str, Any] | None = None) -> Retriever:
        """A retriever over the data sources of a workspace that a query names.

        Args:
            workspace_id: Nothing outside of it is seen.
            options: See `RetrievalOptions`.
        """
        return _WorkspaceRetriever(self, workspace_id, dict(options or {}))

    async def retrieve(
        self, workspace_id: str, query: RetrievalQuery, asked: Mapping[str, Any]
    ) -> RetrievalResult:
        """The passages that answer a question.

        Args:
            workspace_id: Nothing outside of it is seen.
            query: The question, and the data sources.
            asked: Options over those that the data sources agree on.

        Raises:
            ProviderError: Every part of the search failed.
            InvalidInputError: The options ask for what there is not.
        """
        sources = await self._catalog.served(workspace_id, query.datasource_ids)
        return await self._retrieve(workspace_id, query, asked, sources)

    async def _retrieve(
        self,
        workspace_id: str,
        query: RetrievalQuery,
        asked: Mapping[str, Any],
        sources: Mapping[str, Served],
    ) -> RetrievalResult:
        options = _options(list(sources.values()), asked)
        embeds = any(source.made_with.space for source in sources.values())
        if options.retriever == "vector" and sources and not embeds:
            raise InvalidInputError(
                "This data source has no vectors: it has no embedding model. Choose one and index it again, "
                "or search with `bm25`."
            )
        if not embeds:
            options = replace(options, retriever="bm25")
        parts = await self._parts(workspace_id, sources, options, embeds=embeds)
        try:
            return await SearchRetriever(parts, options).retrieve(query)
        finally:
            if parts.reranker is not None:
                await parts.reranker.aclose()

    async def _parts(
        self, workspace_id: str, sources: Mapping[str, Served], options: RetrievalOptions, *, embeds: bool
    ) -> SearchParts:
        searchers: dict[str, Searcher] = {"bm25": WordSearcher(ServedWords(self._catalog, sources))}
        if embeds:
            searchers["vector"] = MeaningSearch(self._catalog, self._questions, sources)
        texts = WorkspaceTexts(self._database, workspace_id)
        models = sorted({source.made_with.space for source in sources.values() if source.made_with.space})
        return SearchParts(
            searchers,
            texts,
            workspace_id=workspace_id,
            ranges=texts,
            vectors=_Vectors(self._catalog, sources) if embeds else None,
            reranker=await self._reranker(workspace_id, options.reranker),
            llm=await self._llm(workspace_id, options),
            fields=_Fields(self._catalog, sources),
            facts={"embedder": ", ".join(models) or "none"},
        )

    async def _llm(self, workspace_id: str, options: RetrievalOptions) -> LLM | None:
        if "llm" not in (options.rewrite, options.infer_filters, options.reranker):
            return None
        ref = await self._providers.pin(Principal(workspace_id), None)
        return await self._providers.open(workspace_id, ref)

    async def _reranker(self, workspace_id: str, name: str) -> Reranker | None:
        if name in _MODELS:
            return None
        provider = await self._providers.find(Principal(workspace_id), name)
        if provider is None or provider.provider_type not in self._rerankers.names():
            raise InvalidInputError(
                f"There is no reranker {name!r}. Name a provider of one of these types: "
                f"{', '.join(self._rerankers.names())}; or use `llm` or `none`."
            )
        access = await self._providers.access(workspace_id, provider.id)
        return self._rerankers.get(provider.provider_type)(
            RerankerConfig(access.model, access.api_key, access.base_url)
        )


@dataclass(frozen=True, slots=True)
class _WorkspaceRetriever:
    search: KnowledgeSearch
    workspace_id: str
    options: dict[str, Any]

    async def retrieve(self, query: RetrievalQuery) -> RetrievalResult:
        """The best passages for `query`."""
        return await self.search.retrieve(self.workspace_id, query, self.options)


@dataclass(frozen=True, slots=True)
class _Vectors:
    """The vectors behind chunk ids."""

    catalog: IndexCatalog
    sources: Mapping[str, Served]

    async def __call__(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        spaces = {source.made_with.space for source in self.sources.values()}
        if len(spaces) != 1:
            return {}  # vectors of different models have no likeness
        space = spaces.pop()
        return await self.catalog.store.vectors(space, chunk_ids, scope) if space else {}


@dataclass(frozen=True, slots=True)
class _Fields:
    """The metadata that there is."""

    catalog: IndexCatalog
    sources: Mapping[str, Served]

    async def __call__(self, _scope: Scope) -> Mapping[str, set[Scalar]]:
        fields: dict[str, set[Scalar]] = {}
        for source in self.sources.values():
            for details in (await self.catalog.words(source)).details.values():
                for name, value in details.items():
                    fields.setdefault(name, set()).add(value)
        return fields


def _options(sources: Sequence[Served], asked: Mapping[str, Any]) -> RetrievalOptions:
    """What was asked for, over what all data sources want alike, over what suits the model."""
    wanted = [source.retrieval for source in sources]
    shared: Mapping[str, Any] = wanted[0] if wanted and all(each == wanted[0] for each in wanted) else {}
    options = RetrievalOptions.of({**shared, **asked})
    shares = {vector_share_of(source.made_with.space) for source in sources if source.made_with.space}
    if options.vector_weight is None and options.fusion == "convex" and len(shares) == 1:
        return replace(options, vector_weight=shares.pop())  # None leaves it to the options
    return options


def _conditions(where: Sequence[ConditionBody]) -> tuple[Condition, ...]:
    return tuple(Condition(each.field, tuple(each.any_of), each.at_least, each.at_most) for each in where)
