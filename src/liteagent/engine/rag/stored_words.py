"""Searches by words what a vector store keeps, for callers that have nothing else."""

from collections.abc import Iterable, Mapping, Sequence

from anyio import Lock

from liteagent.contracts.documents import Chunk, Passage
from liteagent.contracts.embedding import Embedder
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.retrieval import Hit, Scope, matches
from liteagent.contracts.vectors import StoreCounts, VectorStore
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.bm25 import Bm25Index
from liteagent.engine.rag.searchers import ScopedIndexes, WordSearcher

__all__ = ["StoredWords"]

_MOST_CHUNKS = 50_000
_PROBE = "passage"


class StoredWords:
    """An index of words over the passages that a vector store keeps, made at the first search.

    It is brought up to date when the number of documents or chunks in the store has changed. What was
    replaced by as many others is noticed then, or by `refresh`. It is meant for up to 50,000 chunks: for
    more, or where many processes write, keep the words elsewhere (`InMemoryCorpus`, the platform).

    Args:
        store: Must keep passages: `DocumentVectors.passages` was given.
        embedder: Whose `model` names the space.
        analyzer: Makes the terms.
    """

    def __init__(self, store: VectorStore, embedder: Embedder, analyzer: Analyzer | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._analyzer = analyzer or Analyzer()
        self._held: dict[str, _Held] = {}
        self._lock = Lock()

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        """At most `top_k` hits, best first; what is outside of `scope` is not looked at.

        Raises:
            InvalidInputError: The store holds more than this is meant for.
            ProviderError: The store's server or the embedding model failed.
        """
        held = await self._level(Scope(scope.workspace_id))
        return await WordSearcher(held).search(text, top_k, scope)

    def refresh(self) -> None:
        """Have the next search read the store anew."""
        self._held.clear()

    async def _level(self, scope: Scope) -> "_Held":
        counts = await self._store.count(self._embedder.model, scope)
        held = self._held.get(scope.workspace_id)
        if held is not None and held.counts == counts:
            return held
        async with self._lock:
            held = self._held.setdefault(scope.workspace_id, _Held(self._analyzer))
            if held.counts != counts:
                held.take(await self._everything(counts, scope))
                held.counts = counts
            return held

    async def _everything(self, counts: StoreCounts, scope: Scope) -> Mapping[str, Passage]:
        if counts.chunks > _MOST_CHUNKS:
            raise InvalidInputError(
                f"The vector store holds {counts.chunks} chunks; words are searched in up to {_MOST_CHUNKS} "
                "of a store alone. Hand in a `corpus`, or use the retriever 'vector'."
            )
        if not counts.chunks:
            return {}
        # Any vector will do: all there is in the workspace is asked for, in whatever order.
        probe = (await self._embedder.embed([_PROBE], "query")).vectors[0]
        hits = await self._store.search(self._embedder.model, probe, counts.chunks, scope)
        return await self._store.passages([hit.chunk_id for hit in hits], scope)


class _Held:
    """The words of one workspace."""

    def __init__(self, analyzer: Analyzer) -> None:
        self.counts: StoreCounts | None = None
        self._index = Bm25Index(analyzer)
        self._documents: dict[str, list[Passage]] = {}

    async def indexes_in(self, scope: Scope) -> ScopedIndexes:
        if scope.datasource_ids is None and not scope.where:
            return ScopedIndexes([self._index])
        fitting = {name for name, some in self._documents.items() if _lies_in(some[0], scope)}
        return ScopedIndexes([self._index], fitting)

    def take(self, passages: Mapping[str, Passage]) -> None:
        """Index what is new, and forget what is gone."""
        documents = _by_document(passages.values())
        for document_id in self._documents.keys() - documents.keys():
            self._index.remove(document_id)
        for document_id, some in documents.items():
            if _ids(some) != _ids(self._documents.get(document_id, [])):
                self._index.add(document_id, [_chunk(each) for each in some])
        self._documents = documents


def _lies_in(passage: Passage, scope: Scope) -> bool:
    named = scope.datasource_ids is None or passage.datasource_id in scope.datasource_ids
    return named and matches(passage.metadata, scope.where)


def _ids(passages: Sequence[Passage]) -> set[str]:
    return {each.chunk_id for each in passages}


def _by_document(passages: Iterable[Passage]) -> dict[str, list[Passage]]:
    documents: dict[str, list[Passage]] = {}
    for passage in passages:
        documents.setdefault(passage.document.id, []).append(passage)
    return documents


def _chunk(passage: Passage) -> Chunk:
    return Chunk(
        passage.chunk_id,
        passage.document.id,
        0,
        passage.start,
        passage.end,
        passage.text,
        passage.heading,
    )
