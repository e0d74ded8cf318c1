"""The indexes of this process, kept level with the database.

Each data source has one over words and one over vectors, made when it is first searched and brought up to
date when the data source has changed: only documents that changed since are loaded, and nothing is analysed
or embedded again. When another generation takes the place of the one that was searched, they are made anew.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from liteagent.contracts.documents import Scalar
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.retrieval import Condition, Scope, matches
from liteagent.contracts.vectors import DocumentVectors, VectorStore
from liteagent.engine.rag.bm25 import Bm25Index
from liteagent.engine.rag.searchers import ScopedIndexes
from liteagent.engine.rag.terms import DocumentTerms
from liteagent.features.knowledge.analyzers import any_language
from liteagent.features.knowledge.changes import ChangedDocument, Served, changes_since, served
from liteagent.infra.db.database import Database

__all__ = ["IndexCatalog", "ServedWords", "Words"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a data source, and what is known of its documents."""

    index: Bm25Index
    details: Mapping[str, Mapping[str, Scalar]]

    def fitting(self, where: Sequence[Condition]) -> frozenset[str]:
        """The ids of documents that fulfil every condition."""
        return frozenset(id_ for id_, details in self.details.items() if matches(details, where))


@dataclass(slots=True)
class _HeldWords:
    generation: int
    index: Bm25Index
    details: dict[str, Mapping[str, Scalar]] = field(default_factory=dict[str, Mapping[str, Scalar]])
    version: int = 0


@dataclass(slots=True)
class _HeldVectors:
    generation: int = -1
    space: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class ServedWords:
    """The words of data sources, as they are served for one question."""

    catalog: "IndexCatalog"
    sources: Mapping[str, Served]

    async def indexes_in(self, scope: Scope) -> ScopedIndexes:
        """Their indexes, and which of their documents fit the conditions of the scope, where it has some."""
        words = [await self.catalog.words(source) for source in self.sources.values()]
        fitting = [each.fitting(scope.where) for each in words] if scope.where else None
        documents = None if fitting is None else frozenset[str]().union(*fitting)
        return ScopedIndexes([each.index for each in words], documents)


class IndexCatalog:
    """Hands out indexes that are level with what is committed.

    Args:
        store: Where vectors are searched. What it holds is loaded from the database, so one that forgets
            everything at the end of the process will do.
    """

    def __init__(self, database: Database, store: VectorStore) -> None:
        self.store = store
        self._database = database
        self._words: dict[str, _HeldWords] = {}
        self._vectors: dict[str, _HeldVectors] = {}
        self._locks: dict[str, anyio.Lock] = {}

    async def served(self, workspace_id: str, datasource_ids: Sequence[str]) -> dict[str, Served]:
        """What is searched of each of these data sources that the workspace has."""
        return await self._database.read(lambda session: served(session, workspace_id, datasource_ids))

    async def words(self, source: Served) -> Words:
        """The words of a data source."""
        held = self._words.get(source.datasource_id)
        if held is None or held.generation != source.generation or held.version < source.version:
            async with self._lock(source.datasource_id):
                held = await self._level_words(source)
        return Words(held.index, held.details)

    async def level_vectors(self, workspace_id: str, source: Served) -> None:
        """Bring the store up to date with a data source."""
        held = self._vectors.get(source.datasource_id)
        wanted = (source.generation, source.made_with.space)
        if held and (held.generation, held.space) == wanted and held.version >= source.version:
            return
        async with self._lock(source.datasource_id):
            await self._level_vectors(workspace_id, source)

    async def forget(self, workspace_id: str, datasource_id: str) -> None:
        """Drop the indexes of a data source that was deleted."""
        self._words.pop(datasource_id, None)
        self._locks.pop(datasource_id, None)
        if self._vectors.pop(datasource_id, None) is not None:
            await self.store.delete_datasource(workspace_id, datasource_id)

    def _lock(self, datasource_id: str) -> anyio.Lock:
        return self._locks.setdefault(datasource_id, anyio.Lock())

    async def _level_words(self, source: Served) -> _HeldWords:
        held = self._words.get(source.datasource_id)
        if held is None or held.generation != source.generation:
            held = _HeldWords(source.generation, Bm25Index(any_language()))
        if held.version < source.version:
            since = held.version
            changed = await self._database.read(
                lambda session: changes_since(session, source, since, vectors=False)
            )
            await anyio.to_thread.run_sync(_load, held, changed.documents)
            held.version = max(changed.version, source.version)
        self._words[source.datasource_id] = held
        return held

    async def _level_vectors(self, workspace_id: str, source: Served) -> None:
        space = source.made_with.space
        held = self._vectors.setdefault(source.datasource_id, _HeldVectors())
        if (held.generation, held.space) != (source.generation, space):
            await self.store.delete_datasource(workspace_id, source.datasource_id)
            held.generation, held.space, held.version = source.generation, space, 0
        if space is None or held.version >= source.version:
            return
        since = held.version
        changed = await self._database.read(
            lambda session: changes_since(session, source, since, vectors=True)
        )
        await self._put(workspace_id, source, space, changed.documents, fresh=since == 0)
        held.version = max(changed.version, source.version)

    async def _put(
        self,
        workspace_id: str,
        source: Served,
        space: str,
        changed: Sequence[ChangedDocument],
        *,
        fresh: bool,
    ) -> None:
        if not fresh:
            await self.store.delete(workspace_id, document_ids=[each.id for each in changed])
        loaded = await anyio.to_thread.run_sync(_vectors, workspace_id, source.datasource_id, space, changed)
        if loaded:
            await self.store.upsert(loaded)


def _vectors(
    workspace_id: str, datasource_id: str, space: str, changed: Sequence[ChangedDocument]
) -> list[DocumentVectors]:
    loaded: list[DocumentVectors] = []
    for each in changed:
        vectors = each.vectors()
        if vectors is None or len(vectors) != len(each.chunk_ids) or not len(vectors):
            continue
        loaded.append(
            DocumentVectors(
                space, workspace_id, datasource_id, each.id, tuple(each.chunk_ids), vectors, each.details
            )
        )
    return loaded


def _load(held: _HeldWords, changed: Sequence[ChangedDocument]) -> None:
    for document in changed:
        if document.terms is None:
            held.index.remove(document.id)
            held.details.pop(document.id, None)
        else:
            _add(held.index, document.id, document.chunk_ids, document.terms)
            held.details[document.id] = document.details
    held.index.snapshot()  # merges what was added now, rather than at the next search


def _add(index: Bm25Index, document_id: str, chunk_ids: Sequence[str], terms: bytes) -> None:
    try:
        index.add_terms(document_id, chunk_ids, DocumentTerms.from_bytes(terms))
    except InvalidInputError as error:
        _log.warning("document %s is left out of its index: %s", document_id, error)
