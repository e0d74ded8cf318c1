"""Retrievers by name: by words, by meaning, or both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import anyio

from liteagent.contracts.embedding import Embedder, Vectors
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.llm import LLM
from liteagent.contracts.reranking import Reranker
from liteagent.contracts.retrieval import Retriever, Scope, Searcher
from liteagent.contracts.vectors import VectorStore
from liteagent.engine.rag.corpus import InMemoryCorpus
from liteagent.engine.rag.options import RetrievalOptions
from liteagent.engine.rag.search import SearchParts, SearchRetriever
from liteagent.engine.rag.searchers import VectorSearcher
from liteagent.engine.rag.stored_words import StoredWords

__all__ = ["create_retriever"]


def create_retriever(
    kind: str = "bm25",
    *,
    corpus: InMemoryCorpus | None = None,
    vector_store: VectorStore | None = None,
    embedder: Embedder | None = None,
    reranker: Reranker | None = None,
    llm: LLM | None = None,
    workspace_id: str = "",
    options: Mapping[str, Any] | None = None,
    clock: Callable[[], float] = anyio.current_time,
) -> Retriever:
    """A retriever by name.

    Args:
        kind: `bm25` (words), `vector` (meanings) or `hybrid` (both).
        corpus: What to search. One that was made with an embedder and a vector store is searched by
            meaning too.
        vector_store: What to search where there is no corpus: a store that keeps passages. `hybrid` makes
            an index of their words.
        embedder: The one that embedded what is in `vector_store`.
        reranker: What `options["reranker"]` calls by its name.
        llm: For the options `rewrite`, `infer_filters`, and the reranker `llm`.
        workspace_id: Which part of `vector_store` to search.
        options: See `RetrievalOptions`.
        clock: Seconds, for the times in traces.

    Raises:
        InvalidInputError: An unknown kind or option, or a part is missing; the message says which.

    Example:
        >>> corpus = InMemoryCorpus()
        >>> retriever = create_retriever("bm25", corpus=corpus, options={"mmr": 0.7})
    """
    chosen = RetrievalOptions.of({**(options or {}), "retriever": kind})
    parts = corpus.parts if corpus else _stored(kind, vector_store, embedder, workspace_id)
    if kind == "vector" and "vector" not in parts.searchers:
        raise InvalidInputError("The corpus has no vectors; make it with `embedder` and `vector_store`.")
    return SearchRetriever(replace(parts, reranker=reranker, llm=llm), chosen, clock)


def _stored(
    kind: str, store: VectorStore | None, embedder: Embedder | None, workspace_id: str
) -> SearchParts:
    """The parts of a search in a vector store that keeps passages."""
    if store is None or embedder is None:
        raise InvalidInputError("Give what to search: `corpus`, or `vector_store` with its `embedder`.")
    space = embedder.model

    async def vectors(chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        return await store.vectors(space, chunk_ids, scope)

    searchers: dict[str, Searcher] = {"vector": VectorSearcher(embedder, store)}
    if kind != "vector":
        searchers["bm25"] = StoredWords(store, embedder)
    return SearchParts(searchers, store, workspace_id=workspace_id, vectors=vectors, datasource_ids=None)
