"""The vectors of a workspace in memory, searched without a graph: what is added is found at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from liteagent.contracts.documents import Passage, Scalar
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.retrieval import Hit, Scope, matches
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.block import BlockView, Mask
from liteagent.providers.vectorstore.blocks import Blocks
from liteagent.providers.vectorstore.projection import fit_projection, projected_dimensions
from liteagent.providers.vectorstore.scan import MANY_ROWS, Rows, nearest

__all__ = ["ExactIndex"]

_REMEMBERED_SCOPES = 16
_MOST_CHANGES = 4_096
_REFIT = 4
_QUICK_FLOATS = 8_000_000


@dataclass(slots=True)
class _Document:
    place: int
    datasource_id: str
    metadata: dict[str, Scalar]
    chunk_ids: dict[str, Passage | None] = field(default_factory=dict[str, Passage | None])


@dataclass(frozen=True, slots=True)
class _Allowed:
    """What a scope allows.

    Attributes:
        places: For each document's place whether it is in the scope.
        level: How many of the changed places it knows of.
    """

    places: Mask
    level: int


class ExactIndex:
    """The chunks of one space and one workspace, safe to use from several threads.

    A search sees every document as one finished call left it. Metadata is looked at once a document: what a
    scope allows is remembered, and of documents that change it is looked at again.

    Args:
        dimensions: Of all its vectors.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._lock = Lock()
        self._fitting = Lock()
        self._fitted_rows = 0
        self._blocks = Blocks(dimensions)
        self._documents: dict[str, _Document] = {}
        self._owners: dict[str, str] = {}
        self._by_datasource: dict[str, dict[str, _Document]] = {}
        self._by_place: dict[int, _Document] = {}
        self._free_places: list[int] = []
        self._scopes: dict[tuple[object, ...], _Allowed] = {}
        self._changed_places: list[int] = []

    @property
    def is_quick(self) -> bool:
        """Whether a search takes less than handing it to another thread does."""
        return len(self._blocks) * self.dimensions <= _QUICK_FLOATS

    def upsert(self, document: DocumentVectors) -> None:
        """Add chunks; those with a known id are replaced, whichever document they were of."""
        with self._lock:
            self._upsert(document)

    def replace(self, document: DocumentVectors) -> None:
        """Make a document consist of these chunks."""
        with self._lock:
            self._keep_only(document.document_id, frozenset(document.chunk_ids))
            self._upsert(document)

    def retain(self, document_id: str, chunk_ids: Iterable[str]) -> None:
        """Forget the chunks of a document but these; without any the document is forgotten."""
        with self._lock:
            self._keep_only(document_id, frozenset(chunk_ids))

    def delete(self, document_ids: Iterable[str]) -> None:
        """Forget documents; unknown ids are ignored."""
        with self._lock:
            for document_id in document_ids:
                self._keep_only(document_id, frozenset())

    def delete_datasource(self, datasource_id: str) -> None:
        """Forget the documents of a data source."""
        with self._lock:
            for document_id in list(self._by_datasource.get(datasource_id, ())):
                self._keep_only(document_id, frozenset())

    def search(self, vector: Vectors, top_k: int, scope: Scope) -> list[Hit]:
        """The chunks nearest to `vector`, best first; equals by chunk id."""
        self.fit()
        with self._lock:
            views, allowed, basis = self._blocks.views(), self._allowed(scope), self._blocks.basis
        return nearest(Rows(views, [_kept(view, allowed) for view in views]), vector, top_k, basis)

    def fit(self) -> None:
        """Prepare the search among many rows, where it is due and no other thread is at it."""
        if not self._fit_is_due() or not self._fitting.acquire(blocking=False):
            return
        try:
            if self._fit_is_due():
                self._fit()
        finally:
            self._fitting.release()

    def vectors(self, chunk_ids: Iterable[str], scope: Scope) -> dict[str, Vectors]:
        """The vectors of the chunks that lie in `scope`."""
        with self._lock:
            return {chunk_id: self._blocks.vector(chunk_id) for chunk_id in self._in_scope(chunk_ids, scope)}

    def passages(self, chunk_ids: Iterable[str], scope: Scope) -> dict[str, Passage]:
        """The passages of the chunks that lie in `scope` and have one."""
        with self._lock:
            found = {
                chunk_id: self._documents[self._owners[chunk_id]].chunk_ids[chunk_id]
                for chunk_id in self._in_scope(chunk_ids, scope)
            }
        return {chunk_id: passage for chunk_id, passage in found.items() if passage is not None}

    def owners(self, chunk_ids: Iterable[str]) -> dict[str, str]:
        """The document ids of the chunks that it holds, by chunk id."""
        with self._lock:
            return {chunk_id: self._owners[chunk_id] for chunk_id in chunk_ids if chunk_id in self._owners}

    def located(self, chunk_ids: Iterable[str], scope: Scope) -> dict[str, str]:
        """The document ids of the chunks that lie in `scope`, by chunk id."""
        with self._lock:
            return {chunk_id: self._owners[chunk_id] for chunk_id in self._in_scope(chunk_ids, scope)}

    def count(self, scope: Scope) -> StoreCounts:
        """How many documents and chunks lie in `scope`."""
        with self._lock:
            counted = [len(document.chunk_ids) for document in self._selected(scope)]
        return StoreCounts(len(counted), sum(counted))

    def _upsert(self, document: DocumentVectors) -> None:
        known = self._documents.get(document.document_id)
        if known is None and not document.chunk_ids:
            return
        self._forget(chunk_id for chunk_id in document.chunk_ids if chunk_id in self._owners)
        kept = self._described(document)
        passages = document.passages or [None] * len(document.chunk_ids)
        kept.chunk_ids.update(zip(document.chunk_ids, passages, strict=True))
        self._owners.update(dict.fromkeys(document.chunk_ids, document.document_id))
        places = np.full(len(document.chunk_ids), kept.place, np.int32)
        self._blocks.add(document.chunk_ids, document.vectors, places)

    def _described(self, document: DocumentVectors) -> _Document:
        """The document with its new metadata and data source."""
        kept = self._documents.get(document.document_id)
        metadata = dict(document.metadata)
        if kept is not None and (kept.datasource_id, kept.metadata) == (document.datasource_id, metadata):
            return kept
        if kept is None:
            place = self._free_places.pop() if self._free_places else len(self._documents)
            kept = self._documents[document.document_id] = _Document(place, document.datasource_id, metadata)
            self._by_place[place] = kept
        else:
            self._leave_datasource(document.document_id, kept)
            kept.datasource_id, kept.metadata = document.datasource_id, metadata
        self._by_datasource.setdefault(document.datasource_id, {})[document.document_id] = kept
        self._note_change(kept.place)
        return kept

    def _keep_only(self, document_id: str, wanted: frozenset[str]) -> None:
        known = self._documents.get(document_id)
        if known is not None:
            self._forget([chunk_id for chunk_id in known.chunk_ids if chunk_id not in wanted])

    def _forget(self, chunk_ids: Iterable[str]) -> None:
        """Forget chunks that it holds, and documents that have none left."""
        gone = list(chunk_ids)
        for chunk_id in gone:
            document_id = self._owners.pop(chunk_id)
            document = self._documents[document_id]
            del document.chunk_ids[chunk_id]
            if not document.chunk_ids:
                del self._documents[document_id]
                self._leave_datasource(document_id, document)
                self._free_places.append(document.place)
                del self._by_place[document.place]
                self._note_change(document.place)
        self._blocks.remove(gone)

    def _leave_datasource(self, document_id: str, document: _Document) -> None:
        others = self._by_datasource[document.datasource_id]
        del others[document_id]
        if not others:
            del self._by_datasource[document.datasource_id]

    def _in_scope(self, chunk_ids: Iterable[str], scope: Scope) -> list[str]:
        def is_in(chunk_id: str) -> bool:
            document_id = self._owners.get(chunk_id)
            return document_id is not None and _is_in(self._documents[document_id], scope)

        return [chunk_id for chunk_id in chunk_ids if is_in(chunk_id)]

    def _selected(self, scope: Scope) -> Iterable[_Document]:
        names = self._by_datasource if scope.datasource_ids is None else set(scope.datasource_ids)
        for name in names:
            documents = self._by_datasource.get(name, {}).values()
            if scope.where:
                yield from (each for each in documents if matches(each.metadata, scope.where))
            else:
                yield from documents

    def _allowed(self, scope: Scope) -> Mask | None:
        """For each document's place whether the scope has it; None where it has all."""
        if scope.datasource_ids is None and not scope.where:
            return None
        key = (scope.datasource_ids, *map(repr, scope.where))  # 1, 1.0 and True are equal, and not the same
        known = self._scopes.pop(key, None)
        if known is None:
            if len(self._scopes) >= _REMEMBERED_SCOPES:
                del self._scopes[next(iter(self._scopes))]
            known = self._looked_at(scope)
        elif known.level < len(self._changed_places):
            known = self._looked_at_again(scope, known)
        self._scopes[key] = known
        return known.places

    def _looked_at(self, scope: Scope) -> _Allowed:
        places = np.zeros(self._place_count, np.bool_)
        places[[document.place for document in self._selected(scope)]] = True
        return _Allowed(places, len(self._changed_places))

    def _looked_at_again(self, scope: Scope, known: _Allowed) -> _Allowed:
        """Level with the documents; a search may go on with the places that it was given."""
        places = np.zeros(self._place_count, np.bool_)
        places[: len(known.places)] = known.places
        for place in set(self._changed_places[known.level :]):
            document = self._by_place.get(place)
            places[place] = document is not None and _is_in(document, scope)
        return _Allowed(places, len(self._changed_places))

    @property
    def _place_count(self) -> int:
        return len(self._documents) + len(self._free_places)

    def _note_change(self, place: int) -> None:
        if len(self._changed_places) >= _MOST_CHANGES:
            self._changed_places.clear()
            self._scopes.clear()
        if self._scopes:
            self._changed_places.append(place)

    def _fit_is_due(self) -> bool:
        pays = projected_dimensions(self.dimensions) < self.dimensions
        return pays and len(self._blocks) >= max(MANY_ROWS, _REFIT * self._fitted_rows)

    def _fit(self) -> None:
        with self._lock:
            views, self._fitted_rows = self._blocks.keyed_views(), len(self._blocks)
        # Without the lock, so that searches and writers go on.
        basis = fit_projection([view.vectors for view in views.values()])
        projected = {key: view.vectors @ basis for key, view in views.items()}
        with self._lock:
            self._blocks.project(basis, projected)


def _kept(view: BlockView, allowed: Mask | None) -> Mask | None:
    if allowed is None:
        return view.alive
    kept = allowed[view.owners]
    return kept if view.alive is None else kept & view.alive


def _is_in(document: _Document, scope: Scope) -> bool:
    if scope.datasource_ids is not None and document.datasource_id not in scope.datasource_ids:
        return False
    return matches(document.metadata, scope.where)
