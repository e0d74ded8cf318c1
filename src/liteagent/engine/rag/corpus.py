"""Documents in memory, for agents that run as a library without a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from anyio import Lock

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk, DocumentRef, Passage, Scalar
from liteagent.contracts.embedding import Embedder, Vectors
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.retrieval import Hit, Scope, Searcher, matches
from liteagent.contracts.vectors import DocumentVectors, VectorStore
from liteagent.engine.rag.bm25 import Bm25Index
from liteagent.engine.rag.chunker import Chunker, create_chunker
from liteagent.engine.rag.content_id import content_id
from liteagent.engine.rag.embedding_documents import embedded
from liteagent.engine.rag.expansion import DocumentRange
from liteagent.engine.rag.languages import create_analyzer
from liteagent.engine.rag.search import SearchParts
from liteagent.engine.rag.searchers import ScopedIndexes, VectorSearcher, WordSearcher

__all__ = ["InMemoryCorpus"]

_MOST_VALUES = 200
_AT_ONCE = 32
"""Documents that are embedded before they are written together."""


@dataclass(frozen=True, slots=True)
class _Kept:
    document: DocumentRef
    datasource_id: str
    text: str
    chunks: tuple[Chunk, ...]
    metadata: Mapping[str, Scalar]


class InMemoryCorpus:
    """Chunks, indexes and keeps the documents that are added to it.

    With an embedder and a vector store it is searched by meaning too: what was added is embedded by the next
    search that needs it, or by `embed`.

    Args:
        chunker: Cuts the texts; `create_chunker()` where omitted.
        language: A Snowball stemmer's name, or `auto` to have each document's language found out.
        embedder: Makes vectors of chunks and questions.
        vector_store: Keeps the vectors, together with the passages.
        workspace_id: Parts what several corpora keep in the same store.

    Raises:
        InvalidInputError: There is no stemmer for `language`; an embedder without a vector store, or a store
            without an embedder.

    Example:
        >>> corpus = InMemoryCorpus()
        >>> corpus.add("tea.md", "Green tea brews at 80 degrees.").name
        'tea.md'
        >>> retriever = create_retriever("bm25", corpus=corpus)  # and await retriever.retrieve(…)
    """

    def __init__(
        self,
        *,
        chunker: Chunker | None = None,
        language: str = "english",
        embedder: Embedder | None = None,
        vector_store: VectorStore | None = None,
        workspace_id: str = "",
    ) -> None:
        if (embedder is None) != (vector_store is None):
            raise InvalidInputError("An embedder and a vector store go together: give both, or neither.")
        self._chunker = chunker or create_chunker()
        self._analyzer = create_analyzer(language)
        self._embedder = embedder
        self._store = vector_store
        self._workspace_id = workspace_id
        self._indexes: dict[str, Bm25Index] = {}
        self._kept: dict[str, _Kept] = {}
        self._places: dict[str, tuple[str, int]] = {}
        self._to_embed: set[str] = set()
        self._stored: set[str] | None = None
        self._looked = False
        self._lock: Lock | None = None

    def add(
        self,
        name: str,
        text: str,
        *,
        sections: Sequence[Section] = (),
        datasource_id: str = "memory",
        metadata: Mapping[str, Scalar] | None = None,
    ) -> DocumentRef:
        """Index a document; one of the same name in the same data source is replaced."""
        document = DocumentRef(content_id(datasource_id, name), name)
        self._forget(document.id)
        chunks = tuple(self._chunker.chunk(document.id, text, sections))
        self._index(datasource_id).add(document.id, chunks)
        self._kept[document.id] = _Kept(document, datasource_id, text, chunks, dict(metadata or {}))
        self._places.update((chunk.id, (document.id, place)) for place, chunk in enumerate(chunks))
        self._to_embed.add(document.id)
        return document

    def remove(self, name: str, *, datasource_id: str = "memory") -> None:
        """Forget a document; an unknown one is ignored."""
        document_id = content_id(datasource_id, name)
        self._forget(document_id)
        self._index(datasource_id).remove(document_id)

    async def embed(self) -> None:
        """Bring the vector store level with the documents; nothing to do without one.

        Raises:
            ProviderError: The embedding model or the store's server failed; the next call goes on.
        """
        if self._embedder is None or self._store is None:
            return
        self._lock = self._lock or Lock()
        async with self._lock:
            while self._to_embed:
                some = tuple(islice(self._to_embed, _AT_ONCE))
                await self._embed(some, self._embedder, self._store)

    @property
    def parts(self) -> SearchParts:
        """What a `SearchRetriever` over this corpus is put together from."""
        searchers: dict[str, Searcher] = {"bm25": WordSearcher(self)}
        if self._embedder is not None and self._store is not None:
            searchers["vector"] = _Embedding(self, VectorSearcher(self._embedder, self._store))
        return SearchParts(
            searchers,
            self,
            workspace_id=self._workspace_id,
            ranges=self,
            vectors=None if self._store is None else self.vectors,
            fields=self.fields,
            datasource_ids=None,
        )

    async def indexes_in(self, scope: Scope) -> ScopedIndexes:
        """The indexes of the scope's data sources, and the documents whose metadata fits."""
        wanted = tuple(self._indexes) if scope.datasource_ids is None else scope.datasource_ids
        indexes = [self._indexes[id_] for id_ in wanted if id_ in self._indexes]
        if not scope.where:
            return ScopedIndexes(indexes)
        return ScopedIndexes(indexes, {each.document.id for each in self._in(scope)})

    async def indexes(self, datasource_ids: Sequence[str] = ()) -> Mapping[str, Bm25Index]:
        """The indexes of these data sources by id, of all there are where none is named."""
        wanted = datasource_ids or tuple(self._indexes)
        return {id_: self._indexes[id_] for id_ in wanted if id_ in self._indexes}

    async def passages(self, chunk_ids: Sequence[str], scope: Scope | None = None) -> Mapping[str, Passage]:
        """The passages by chunk id, their score left at 0; unknown ids, and those outside, are left out."""
        found: dict[str, Passage] = {}
        for chunk_id in chunk_ids:
            if chunk_id in self._places:
                document_id, place = self._places[chunk_id]
                kept = self._kept[document_id]
                if scope is None or _lies_in(kept, scope):
                    found[chunk_id] = _passage(kept, kept.chunks[place])
        return found

    async def ranges(self, wanted: Sequence[DocumentRange], scope: Scope) -> Mapping[DocumentRange, str]:
        """The texts of ranges; those of unknown documents, and those outside, are left out."""
        return {
            each: self._kept[each.document_id].text[each.span.start : each.span.end]
            for each in wanted
            if each.document_id in self._kept and _lies_in(self._kept[each.document_id], scope)
        }

    async def vectors(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        """The vectors of chunks by id, of those that have one."""
        if self._embedder is None or self._store is None:
            return {}
        return await self._store.vectors(self._embedder.model, chunk_ids, scope)

    async def fields(self, scope: Scope) -> Mapping[str, Sequence[Scalar]]:
        """The fields of metadata in the scope, with up to 200 values of each."""
        values: dict[str, dict[Scalar, None]] = {}
        for kept in self._in(scope):
            for name, value in kept.metadata.items():
                some = values.setdefault(name, {})
                if len(some) < _MOST_VALUES:
                    some[value] = None
        return {name: list(some) for name, some in values.items()}

    def _in(self, scope: Scope) -> list[_Kept]:
        return [kept for kept in self._kept.values() if _lies_in(kept, scope)]

    def _index(self, datasource_id: str) -> Bm25Index:
        return self._indexes.setdefault(datasource_id, Bm25Index(self._analyzer))

    def _forget(self, document_id: str) -> None:
        kept = self._kept.pop(document_id, None)
        for chunk in () if kept is None else kept.chunks:
            self._places.pop(chunk.id, None)
        if kept is not None:
            self._to_embed.add(document_id)

    async def _embed(self, document_ids: Sequence[str], embedder: Embedder, store: VectorStore) -> None:
        """Bring some documents level with one write; each stays noted until that is done."""
        kept = {id_: self._kept.get(id_) for id_ in document_ids}
        ready: list[DocumentVectors] = []
        for each in kept.values():
            if each is not None and each.chunks:
                passages = tuple(_passage(each, chunk) for chunk in each.chunks)
                ready.append(await embedded(embedder, self._workspace_id, each.chunks, passages))
        stored = await self._stored_before(embedder, store)
        to_retain = [id_ for id_ in document_ids if stored is None or id_ in stored]
        if stored is not None:
            stored.update(document_ids)  # whatever becomes of the write
        if ready:
            await store.upsert(ready)
        for id_ in to_retain:
            each = kept[id_]
            chunk_ids = () if each is None else tuple(chunk.id for chunk in each.chunks)
            await store.retain(embedder.model, self._workspace_id, id_, chunk_ids)
        for id_, each in kept.items():
            if self._kept.get(id_) is each:
                self._to_embed.discard(id_)

    async def _stored_before(self, embedder: Embedder, store: VectorStore) -> set[str] | None:
        """The documents that the store may have chunks of; None where it had some before this corpus."""
        if self._stored is None and not self._looked:
            self._looked = True
            held = await store.count(embedder.model, Scope(self._workspace_id))
            self._stored = None if held.documents else set()
        return self._stored


class _Embedding:
    """Searches by meaning once all that was added is embedded."""

    def __init__(self, corpus: InMemoryCorpus, searcher: Searcher) -> None:
        self._corpus = corpus
        self._searcher = searcher

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        await self._corpus.embed()
        return await self._searcher.search(text, top_k, scope)


def _lies_in(kept: _Kept, scope: Scope) -> bool:
    named = scope.datasource_ids is None or kept.datasource_id in scope.datasource_ids
    return named and matches(kept.metadata, scope.where)


def _passage(kept: _Kept, chunk: Chunk) -> Passage:
    return Passage(
        chunk_id=chunk.id,
        document=kept.document,
        datasource_id=kept.datasource_id,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=0.0,
        heading=chunk.heading,
        page=chunk.page,
        parent=chunk.parent,
        metadata=kept.metadata,
    )
