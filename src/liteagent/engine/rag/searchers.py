"""The parts of a search: by words in BM25 indexes, by meaning in a vector store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from anyio import to_thread

from liteagent.contracts.embedding import Embedder
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import VectorStore
from liteagent.engine.rag.bm25 import Bm25Index, search_together

__all__ = ["IndexSource", "ScopedIndexes", "VectorSearcher", "WordSearcher"]

_QUICK_CHUNKS = 25_000


@dataclass(frozen=True, slots=True)
class ScopedIndexes:
    """The indexes that hold what a scope asks for.

    Attributes:
        documents: The ids of the documents in the scope, where it leaves some of the indexes' out; a set is
            best. None where all are in it.
    """

    indexes: Sequence[Bm25Index]
    documents: Collection[str] | None = None


class IndexSource(Protocol):
    """Hands out indexes of words."""

    async def indexes_in(self, scope: Scope) -> ScopedIndexes:
        """The indexes that are needed for `scope`, level with what is stored."""
        ...


class WordSearcher:
    """Finds chunks by words, with BM25; scores of several indexes compare, see `search_together`.

    Args:
        source: Where the indexes are.
    """

    def __init__(self, source: IndexSource) -> None:
        self._source = source

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        """At most `top_k` hits, best first; what is outside of `scope` is not looked at."""
        found = await self._source.indexes_in(scope)
        search = partial(search_together, found.indexes, text, top_k, found.documents)
        # Another thread costs more than searching a small index takes; a large one would hold others up.
        if sum(map(len, found.indexes)) <= _QUICK_CHUNKS and not any(map(_is_behind, found.indexes)):
            return search().hits
        return (await to_thread.run_sync(search)).hits


class VectorSearcher:
    """Finds chunks by meaning: the nearest ones to the question's vector.

    Args:
        embedder: Must be the one that embedded the chunks.
        store: Holds the chunks' vectors.
        space: Where in the store; `embedder.model` where omitted.
    """

    def __init__(self, embedder: Embedder, store: VectorStore, space: str | None = None) -> None:
        self._embedder = embedder
        self._store = store
        self._space = embedder.model if space is None else space

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        """At most `top_k` hits, best first; a blank text has none.

        Raises:
            ProviderError: The embedding model or the store's server failed.
        """
        asked = text.strip()[: self._embedder.limits.text_characters]
        if not asked or scope.datasource_ids == ():
            return ()
        embedded = await self._embedder.embed([asked], "query")
        return await self._store.search(self._space, embedded.vectors[0], top_k, scope)


def _is_behind(index: Bm25Index) -> bool:
    return index.waiting > 0
