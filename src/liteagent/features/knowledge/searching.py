"""The search of a workspace by meaning, and the texts behind what searches find."""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Embedder, Vectors
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.engine.rag.expansion import DocumentRange
from liteagent.features.knowledge import repository
from liteagent.features.knowledge.catalog import IndexCatalog
from liteagent.features.knowledge.changes import Served
from liteagent.features.llm_providers.embedders import EmbedderService
from liteagent.infra.db.database import Database

__all__ = ["MeaningSearch", "QuestionVectors", "WorkspaceTexts"]

_QUESTIONS_KEPT = 512


class MeaningSearch:
    """Finds chunks by what they mean, as an embedding model sees it.

    Data sources whose models differ are searched each with its own; their scores are made comparable by
    their distance from the best of the same model.
    """

    def __init__(
        self, catalog: IndexCatalog, questions: "QuestionVectors", sources: Mapping[str, Served]
    ) -> None:
        self._catalog = catalog
        self._questions = questions
        self._sources = sources

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        """At most `top_k` hits, best first.

        Raises:
            ProviderError: The embedding model failed.
        """
        spaces: dict[str, list[Served]] = defaultdict(list)
        for source in self._sources.values():
            if source.made_with.space is not None:
                spaces[source.made_with.space].append(source)
        found = [await self._search(space, some, text, top_k, scope) for space, some in spaces.items()]
        if len(found) <= 1:
            return found[0] if found else ()
        hits = [hit for some in found for hit in _beside_the_best(some)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:top_k]

    async def _search(
        self, space: str, sources: Sequence[Served], text: str, top_k: int, scope: Scope
    ) -> Sequence[Hit]:
        for source in sources:
            await self._catalog.level_vectors(scope.workspace_id, source)
        vector = await self._questions.of(scope.workspace_id, sources[0], text)
        within = replace(scope, datasource_ids=tuple(source.datasource_id for source in sources))
        return await self._catalog.store.search(space, vector, top_k, within)


class QuestionVectors:
    """Embeds questions, each once while it is remembered."""

    def __init__(self, embedders: EmbedderService) -> None:
        self._embedders = embedders
        self._known: OrderedDict[tuple[str, str], Vectors] = OrderedDict()

    async def of(self, workspace_id: str, source: Served, text: str) -> Vectors:
        """The vector of a question, shape (dimensions,), by the model that a data source was made with.

        Raises:
            ProviderError: The embedding model failed.
        """
        assert source.made_with.embedding is not None
        embedder: Embedder = await self._embedders.open(workspace_id, source.made_with.embedding)
        key = (embedder.model, text)
        if key not in self._known:
            embedded = await embedder.embed([text[: embedder.limits.text_characters]], "query")
            self._known[key] = embedded.vectors[0]
            if len(self._known) > _QUESTIONS_KEPT:
                self._known.popitem(last=False)
        return self._known[key]


class WorkspaceTexts:
    """The texts of the data sources of one workspace, and of no other."""

    def __init__(self, database: Database, workspace_id: str) -> None:
        self._database = database
        self._workspace_id = workspace_id

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        """The passages by chunk id, their score left at 0."""
        del scope  # the searches kept to it, and the database keeps to the workspace
        return await self._database.read(
            lambda session: repository.passages(session, self._workspace_id, chunk_ids)
        )

    async def ranges(self, wanted: Sequence[DocumentRange], scope: Scope) -> Mapping[DocumentRange, str]:
        """The text of ranges of documents."""
        del scope
        return await self._database.read(
            lambda session: repository.range_texts(session, self._workspace_id, wanted)
        )


def _beside_the_best(hits: Sequence[Hit]) -> Sequence[Hit]:
    best = hits[0].score if hits else 0.0
    return [replace(hit, score=hit.score - best) for hit in hits]
