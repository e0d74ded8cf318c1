"""The store `sqlite`: vectors in a file, searched by an exact index in memory that follows it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.sqlite_file import VectorFile

__all__ = ["SqliteVectorStore", "create"]

T = TypeVar("T")

_READERS = 4


class SqliteVectorStore:
    """A `VectorStore` in a file (WAL, synchronous=FULL: what a call has changed survives power loss).

    Several processes may use the file; each sees what the others have committed at its next call.

    Args:
        path: The file, made where it is missing; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._file = VectorFile(path)
        self._readers: anyio.CapacityLimiter | None = None
        self._writer: anyio.CapacityLimiter | None = None

    async def upsert(self, documents: Sequence[DocumentVectors]) -> None:
        """Add chunks; known ones are replaced. All documents of a call are committed together."""
        await self._write(partial(self._file.upsert, documents))

    async def retain(self, space: str, workspace_id: str, document_id: str, chunk_ids: Sequence[str]) -> None:
        """Forget every chunk of a document in a space but these."""
        await self._write(partial(self._file.retain, space, workspace_id, document_id, chunk_ids))

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents in all spaces."""
        await self._write(partial(self._file.delete, workspace_id, document_ids))

    async def delete_datasource(
        self, workspace_id: str, datasource_id: str, *, except_space: str | None = None
    ) -> None:
        """Forget all of a data source, or all but what lies in one space."""
        await self._write(partial(self._file.delete_datasource, workspace_id, datasource_id, except_space))

    async def search(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` nearest to `vector`."""
        found = self._file.search_now(space, vector, top_k, scope)
        if found is None:
            found = await self._read(partial(self._file.search, space, vector, top_k, scope))
        return found

    async def vectors(self, space: str, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        """The vectors of chunks in `scope`."""
        return await self._read(partial(self._file.vectors, space, chunk_ids, scope))

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        """The passages that were kept."""
        return await self._read(partial(self._file.passages, chunk_ids, scope))

    async def count(self, space: str, scope: Scope) -> StoreCounts:
        """How many documents and chunks of a space lie in `scope`."""
        return await self._read(partial(self._file.count, space, scope))

    async def aclose(self) -> None:
        """Finish what is under way and close the file."""
        await self._write(self._file.close)

    async def _read(self, work: Callable[[], T]) -> T:
        if self._readers is None:
            self._readers = anyio.CapacityLimiter(_READERS)
        return await anyio.to_thread.run_sync(work, limiter=self._readers)

    async def _write(self, work: Callable[[], T]) -> T:
        if self._writer is None:
            self._writer = anyio.CapacityLimiter(1)
        return await anyio.to_thread.run_sync(work, limiter=self._writer)


def create(config: JsonObject) -> SqliteVectorStore:
    """The store in the file `path`.

    Raises:
        ConfigurationError: There is no `path`.
    """
    path = config.get("path")
    if not isinstance(path, str) or not path:
        raise ConfigurationError("The vector store 'sqlite' needs a `path`: the file that holds the vectors.")
    return SqliteVectorStore(Path(path))
