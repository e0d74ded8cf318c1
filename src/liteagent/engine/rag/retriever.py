"""Finds the passages that answer a question, and says how it went about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from anyio import to_thread

from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import RetrievalQuery, RetrievalResult, Retriever
from liteagent.engine.rag.bm25 import Bm25Index, search_together
from liteagent.engine.rag.distinct import distinct
from liteagent.engine.rag.ranking import Ranking

__all__ = ["Bm25Retriever", "Corpus", "PassageSource", "create_retriever"]

_NOTE = "no embedder is configured: words are matched, meanings are not"
_SPARE = 3  # candidates for each passage asked for, as some may repeat others


class PassageSource(Protocol):
    """Knows the texts behind chunk ids."""

    async def passages(self, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages by chunk id, their score left at 0; an id that is unknown by now is left out."""
        ...


class Corpus(PassageSource, Protocol):
    """What a retriever searches: an index for each data source, and the texts."""

    async def indexes(self, datasource_ids: Sequence[str]) -> Mapping[str, Bm25Index]:
        """The indexes of these data sources by id, of all there are where none is named."""
        ...


class Bm25Retriever:
    """Ranks by words alone; scores of several data sources compare, see `search_together`.

    Passages that say what a better one already says are left out.

    Args:
        corpus: Where the indexes and the texts are.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    async def retrieve(self, query: RetrievalQuery) -> RetrievalResult:
        """The best passages for `query`, at most `query.top_k`."""
        indexes = await self._corpus.indexes(query.datasource_ids)
        search = partial(search_together, list(indexes.values()), query.text, query.top_k * _SPARE)
        ranking = await to_thread.run_sync(search)
        passages = await self._passages(ranking) if ranking.hits else []
        return RetrievalResult(
            tuple(distinct(passages, query.top_k)), _trace(query, list(indexes), ranking.matched)
        )

    async def _passages(self, ranking: Ranking) -> list[Passage]:
        known = await self._corpus.passages([hit.chunk_id for hit in ranking.hits])
        return [
            replace(known[hit.chunk_id], score=hit.score, explanation={"bm25": hit.score})
            for hit in ranking.hits
            if hit.chunk_id in known
        ]


def create_retriever(kind: str = "bm25", *, corpus: Corpus) -> Retriever:
    """A retriever by name; the one there is, is `bm25`.

    Args:
        kind: `bm25`.
        corpus: What to search: an `InMemoryCorpus`, or the platform's.

    Raises:
        InvalidInputError: An unknown kind.
    """
    if kind != "bm25":
        raise InvalidInputError(f"There is no retriever {kind!r}; use 'bm25'.")
    return Bm25Retriever(corpus)


def _trace(query: RetrievalQuery, datasources: Sequence[str], matched: int) -> JsonObject:
    return {
        "retriever": "bm25",
        "embedder": "none",
        "note": _NOTE,
        "datasources": list(datasources),
        "top_k": query.top_k,
        "matched": matched,
    }
