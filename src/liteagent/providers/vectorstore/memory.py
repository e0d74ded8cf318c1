"""The store `memory`: an exact index in this process, gone with it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.collection import IndexCollection
from liteagent.providers.vectorstore.intake import check_documents
from liteagent.providers.vectorstore.passages import unscored

__all__ = ["MemoryVectorStore", "create"]

T = TypeVar("T")

_THREADS = 4


class MemoryVectorStore:
    """A `VectorStore` of this process; what is not quick is done in threads, the event loop stays free."""

    def __init__(self) -> None:
        self._indexes = IndexCollection()
        self._limiter: anyio.CapacityLimiter | None = None

    async def upsert(self, documents: Sequence[DocumentVectors]) -> None:
        """Add chunks; known ones are replaced."""
        await self._run(partial(self._upsert, documents))

    async def retain(self, space: str, workspace_id: str, document_id: str, chunk_ids: Sequence[str]) -> None:
        """Forget every chunk of a document in a space but these."""
        index = self._indexes.index(space, workspace_id)
        if index:
            await self._run(partial(index.retain, document_id, chunk_ids))

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents in all spaces."""
        for index in self._indexes.of_workspace(workspace_id).values():
            await self._run(partial(index.delete, document_ids))

    async def delete_datasource(
        self, workspace_id: str, datasource_id: str, *, except_space: str | None = None
    ) -> None:
        """Forget all of a data source, or all but what lies in one space."""
        for space, index in self._indexes.of_workspace(workspace_id).items():
            if space != except_space:
                await self._run(partial(index.delete_datasource, datasource_id))

    async def search(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` nearest to `vector`."""
        if self._indexes.is_quick(space, scope.workspace_id):
            return self._indexes.search(space, vector, top_k, scope)
        return await self._run(partial(self._indexes.search, space, vector, top_k, scope))

    async def vectors(self, space: str, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        """The vectors of chunks in `scope`."""
        return await self._run(partial(self._indexes.vectors, space, chunk_ids, scope))

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        """The passages that were kept."""
        found = await self._run(partial(self._indexes.passages, chunk_ids, scope))
        return {chunk_id: unscored(passage) for chunk_id, passage in found.items()}

    async def count(self, space: str, scope: Scope) -> StoreCounts:
        """How many documents and chunks of a space lie in `scope`."""
        return await self._run(partial(self._indexes.count, space, scope))

    async def aclose(self) -> None:
        """Nothing to release: the memory goes with the store."""

    def _upsert(self, documents: Sequence[DocumentVectors]) -> None:
        self._indexes.open_spaces(check_documents(documents))
        self._indexes.upsert(documents)
        self._indexes.fit()

    async def _run(self, work: Callable[[], T]) -> T:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_THREADS)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def create(_config: JsonObject) -> MemoryVectorStore:
    """A store that needs no configuration."""
    return MemoryVectorStore()
