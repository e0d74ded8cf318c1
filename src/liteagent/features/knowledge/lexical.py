"""The lexical indexes of this process, kept level with the database.

Each data source has one, made when it is first searched and brought up to date when the data source's version
has grown: only documents that changed since are loaded, and nothing is tokenised again.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import anyio.to_thread

from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.bm25 import Bm25Index
from liteagent.engine.rag.terms import DocumentTerms
from liteagent.features.knowledge import repository
from liteagent.infra.db.database import Database

__all__ = ["LexicalCatalog", "WorkspaceCorpus"]


_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    index: Bm25Index
    version: int = 0
    lock: anyio.Lock = field(default_factory=anyio.Lock)


class LexicalCatalog:
    """Hands out indexes that are level with what is committed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._analyzer = Analyzer()
        self._held: dict[str, _Held] = {}

    async def indexes(self, workspace_id: str, datasource_ids: Sequence[str]) -> dict[str, Bm25Index]:
        """The index of each of these data sources that the workspace has."""
        versions = await self._database.read(
            lambda session: repository.versions(session, workspace_id, datasource_ids)
        )
        return {each: await self._level(each, versions[each]) for each in datasource_ids if each in versions}

    def forget(self, datasource_id: str) -> None:
        """Drop the index of a data source that was deleted."""
        self._held.pop(datasource_id, None)

    async def _level(self, datasource_id: str, version: int) -> Bm25Index:
        held = self._held.setdefault(datasource_id, _Held(Bm25Index(self._analyzer)))
        if held.version >= version:
            return held.index
        async with held.lock:
            since = held.version
            if since < version:
                changed = await self._database.read(
                    lambda session: repository.terms_since(session, datasource_id, since)
                )
                await anyio.to_thread.run_sync(_load, held.index, changed.documents)
                held.version = changed.version
        return held.index


class WorkspaceCorpus:
    """What a retriever searches: the data sources of one workspace, and of no other."""

    def __init__(self, database: Database, catalog: LexicalCatalog, workspace_id: str) -> None:
        self._database = database
        self._catalog = catalog
        self._workspace_id = workspace_id

    async def indexes(self, datasource_ids: Sequence[str]) -> Mapping[str, Bm25Index]:
        """The indexes of the data sources that are named; of none where none is."""
        return await self._catalog.indexes(self._workspace_id, datasource_ids)

    async def passages(self, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages by chunk id, their score left at 0."""
        return await self._database.read(
            lambda session: repository.passages(session, self._workspace_id, chunk_ids)
        )


def _load(index: Bm25Index, changed: Sequence[repository.ChangedDocument]) -> None:
    for document in changed:
        if document.terms is None:
            index.remove(document.id)
        else:
            _add(index, document.id, document.chunk_ids, document.terms)
    index.snapshot()  # merges what was added now, rather than at the next search


def _add(index: Bm25Index, document_id: str, chunk_ids: Sequence[str], terms: bytes) -> None:
    try:
        index.add_terms(document_id, chunk_ids, DocumentTerms.from_bytes(terms))
    except InvalidInputError as error:
        _log.warning("document %s is left out of its index: %s", document_id, error)
