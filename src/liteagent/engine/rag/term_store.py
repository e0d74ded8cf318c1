"""The term store `memory`: BM25 indexes in this process, gone with it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from anyio import to_thread

from liteagent.contracts.documents import Scalar
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.lexical import Terms, TermsInDocument, TermsQuery, check_documents
from liteagent.contracts.retrieval import Hit, Scope, matches
from liteagent.contracts.vectors import StoreCounts
from liteagent.engine.rag.bm25 import Bm25Index
from liteagent.engine.rag.languages import AutoAnalyzer
from liteagent.engine.rag.ranking import Bm25Parameters, rank
from liteagent.engine.rag.terms import DocumentTerms, TermBlock

__all__ = ["MemoryTermStore", "create"]


@dataclass(frozen=True, slots=True)
class _Kept:
    datasource_id: str
    chunks: int
    metadata: Mapping[str, Scalar]


@dataclass(slots=True)
class _Workspace:
    indexes: dict[str, Bm25Index] = field(default_factory=dict[str, Bm25Index])
    documents: dict[str, _Kept] = field(default_factory=dict[str, _Kept])

    def forget(self, document_id: str) -> None:
        kept = self.documents.pop(document_id, None)
        if kept is not None:
            self.indexes[kept.datasource_id].remove(document_id)

    def in_scope(self, scope: Scope) -> Iterator[Bm25Index]:
        wanted = self.indexes if scope.datasource_ids is None else dict.fromkeys(scope.datasource_ids)
        return (self.indexes[each] for each in wanted if each in self.indexes)

    def fitting(self, scope: Scope) -> dict[str, _Kept]:
        return {name: kept for name, kept in self.documents.items() if _lies_in(kept, scope)}


class MemoryTermStore:
    """A `TermStore` of this process; searching is done in threads, the event loop stays free."""

    def __init__(self) -> None:
        self._analyzer = AutoAnalyzer()
        self._workspaces: dict[str, _Workspace] = {}

    async def put(self, documents: Sequence[TermsInDocument]) -> None:
        """Add documents; known ones are replaced.

        Raises:
            InvalidInputError: See `check_documents`; or the terms come from an unknown analyzer.
        """
        check_documents(documents)
        loaded = [self._loaded(document.terms) for document in documents]
        for document, index in zip(documents, loaded, strict=True):
            self._put(document, index)

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents."""
        for document_id in document_ids:
            self._of(workspace_id).forget(document_id)

    async def delete_datasource(self, workspace_id: str, datasource_id: str) -> None:
        """Forget all of a data source."""
        held = self._of(workspace_id)
        for document_id in held.fitting(Scope(workspace_id, (datasource_id,))):
            held.forget(document_id)
        held.indexes.pop(datasource_id, None)

    async def search(self, query: TermsQuery, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` that score best."""
        if query.top_k < 1:
            return []
        held = self._of(scope.workspace_id)
        indexes = list(held.in_scope(scope))
        documents = held.fitting(scope).keys() if scope.where else None
        return await to_thread.run_sync(partial(_search, indexes, query, documents))

    async def analyzers(self, scope: Scope) -> frozenset[str]:
        """The analysers of the documents in the scope's data sources."""
        indexes = self._of(scope.workspace_id).in_scope(scope)
        return frozenset[str]().union(*(index.analyzers() for index in indexes))

    async def count(self, scope: Scope) -> StoreCounts:
        """How many documents and chunks lie in `scope`."""
        found = self._of(scope.workspace_id).fitting(scope)
        return StoreCounts(len(found), sum(kept.chunks for kept in found.values()))

    async def compact(self, workspace_id: str, datasource_id: str) -> None:
        """Nothing to do: searches merge what is new."""

    async def aclose(self) -> None:
        """Nothing to release: the memory goes with the store."""

    def _of(self, workspace_id: str) -> _Workspace:
        return self._workspaces.get(workspace_id, _Workspace())

    def _loaded(self, terms: Terms) -> DocumentTerms:
        if not self._analyzer.accepts(terms.analyzer):
            raise InvalidInputError(
                f"The terms were made by {terms.analyzer!r}, which is not known. Index the document again."
            )
        if isinstance(terms, DocumentTerms):
            return terms
        blocks = (
            TermBlock(block.lengths, block.terms, block.sizes, block.chunks, block.counts)
            for block in terms.blocks
        )
        return DocumentTerms(terms.analyzer, tuple(blocks))

    def _put(self, document: TermsInDocument, terms: DocumentTerms) -> None:
        held = self._workspaces.setdefault(document.workspace_id, _Workspace())
        held.forget(document.document_id)
        if not document.chunk_ids:
            return
        index = held.indexes.setdefault(document.datasource_id, Bm25Index(self._analyzer))
        index.add_terms(document.document_id, document.chunk_ids, terms)
        held.documents[document.document_id] = _Kept(
            document.datasource_id, len(document.chunk_ids), dict(document.metadata)
        )


def create(_config: JsonObject) -> MemoryTermStore:
    """A store that needs no configuration."""
    return MemoryTermStore()


def _search(indexes: Sequence[Bm25Index], query: TermsQuery, documents: Collection[str] | None) -> list[Hit]:
    segments = [segment for index in indexes for segment in index.snapshot()]
    ranking = rank(segments, query.counts, query.top_k, Bm25Parameters(query.k1, query.b), documents)
    return list(ranking.hits)


def _lies_in(kept: _Kept, scope: Scope) -> bool:
    named = scope.datasource_ids is None or kept.datasource_id in scope.datasource_ids
    return named and matches(kept.metadata, scope.where)
