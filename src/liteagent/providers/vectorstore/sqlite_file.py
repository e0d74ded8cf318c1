"""The file of the store `sqlite`, and the index in memory that follows it."""

import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ConfigurationError, ProviderUnavailableError
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.collection import IndexCollection
from liteagent.providers.vectorstore.intake import check_documents
from liteagent.providers.vectorstore.sqlite_rows import Known, VectorRows

__all__ = ["VectorFile"]

_PATIENCE = 30.0


class VectorFile:
    """A file of vectors, one writer at a time across processes; safe to use from several threads.

    Everything is loaded by the first call. Before each later one `PRAGMA data_version` tells in microseconds
    whether anybody has committed since, and only what has changed is loaded.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._indexes = IndexCollection()
        self._reading, self._writing = Lock(), Lock()
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._data_version = -1
        self._seen = 0

    def upsert(self, documents: Sequence[DocumentVectors]) -> None:
        """Add chunks in one transaction."""
        dimensions = check_documents(documents)

        def write(rows: VectorRows, version: int) -> None:
            rows.open_spaces(dimensions)
            moved: dict[tuple[str, str, str], str] = {}
            for document in documents:
                self._take_from_others(rows, document, moved, version)
                rows.add(document, version)

        self._write(write)
        self._indexes.fit()

    def retain(self, space: str, workspace_id: str, document_id: str, chunk_ids: Sequence[str]) -> None:
        """Forget the chunks of a document but these."""

        def write(rows: VectorRows, version: int) -> None:
            known = rows.find(space, workspace_id, document_id)
            if known is not None:
                rows.remove_chunks(known, rows.chunk_ids(known) - set(chunk_ids), version)

        self._write(write)

    def delete(self, workspace_id: str, document_ids: Sequence[str]) -> None:
        """Forget documents in all spaces."""
        self._remove(
            lambda rows: [each for name in document_ids for each in rows.of_document(workspace_id, name)]
        )

    def delete_datasource(self, workspace_id: str, datasource_id: str, except_space: str | None) -> None:
        """Forget the documents of a data source in all spaces but one."""
        self._remove(
            lambda rows: [
                known
                for known in rows.of_datasource(workspace_id, datasource_id)
                if known.space != except_space
            ]
        )

    def search(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> list[Hit]:
        """The chunks nearest to `vector`."""
        return self._current().search(space, vector, top_k, scope)

    def search_now(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> list[Hit] | None:
        """The same where nothing has to be waited for or loaded, and the search is quick; else None."""
        if not self._reading.acquire(blocking=False):
            return None
        try:
            if self._reader is None or self._changed(self._reader) is not None:
                return None
            indexes = self._indexes
        except sqlite3.Error:
            return None  # whoever asks again is told why
        finally:
            self._reading.release()
        if not indexes.is_quick(space, scope.workspace_id):
            return None
        return indexes.search(space, vector, top_k, scope)

    def vectors(self, space: str, chunk_ids: Sequence[str], scope: Scope) -> dict[str, Vectors]:
        """The vectors of chunks in `scope`."""
        return self._current().vectors(space, chunk_ids, scope)

    def count(self, space: str, scope: Scope) -> StoreCounts:
        """How much of a space lies in `scope`."""
        return self._current().count(space, scope)

    def passages(self, chunk_ids: Sequence[str], scope: Scope) -> dict[str, Passage]:
        """The passages of chunks in `scope`; they are read from the file."""
        found: dict[str, Passage] = {}
        with self._reading, self._translated():
            rows = self._follow()
            for space, index in self._indexes.of_workspace(scope.workspace_id).items():
                owners = index.located(chunk_ids, scope)
                for document_id in set(owners.values()):
                    known = rows.find(space, scope.workspace_id, document_id)
                    passages = rows.passages(known) if known else ()
                    found.update((name, each) for name, each in passages if name in owners)
        return found

    def close(self) -> None:
        """Close the file, once what is under way is done."""
        with self._writing, self._reading:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = None
            self._indexes, self._data_version, self._seen = IndexCollection(), -1, 0

    def _current(self) -> IndexCollection:
        with self._reading, self._translated():
            self._follow()
            return self._indexes

    def _follow(self) -> VectorRows:
        """Bring the index up to what is committed; the caller holds the lock for reading."""
        if self._reader is None:
            self._reader = _open(self._path)
        rows = VectorRows(self._reader)
        if (data_version := self._changed(self._reader)) is not None:
            self._load(rows)
            self._data_version = data_version
        return rows

    def _changed(self, reader: sqlite3.Connection) -> int | None:
        """The number that a change has given the file since it was loaded; None where there was none."""
        (data_version,) = reader.execute("PRAGMA data_version").fetchone()
        return None if data_version == self._data_version else data_version

    def _load(self, rows: VectorRows) -> None:
        connection = self._reader
        assert connection is not None
        connection.execute("BEGIN")  # one state of the file, whatever is committed meanwhile
        try:
            version = rows.version()
            if version > self._seen:
                self._indexes.open_spaces(rows.spaces())
                self._apply(rows)
                if not self._seen:
                    self._indexes.fit()
                self._seen = version
        finally:
            connection.execute("COMMIT")

    def _apply(self, rows: VectorRows) -> None:
        for changed in rows.changed_since(self._seen):
            index = self._indexes.index_for(changed.document)
            if index is None:
                continue
            if changed.rewritten:
                index.replace(changed.document)
            else:
                index.upsert(changed.document)

    def _remove(self, chosen: Callable[[VectorRows], list[Known]]) -> None:
        def write(rows: VectorRows, version: int) -> None:
            for known in chosen(rows):
                rows.remove(known, version)

        self._write(write)

    def _take_from_others(
        self,
        rows: VectorRows,
        document: DocumentVectors,
        moved: dict[tuple[str, str, str], str],
        version: int,
    ) -> None:
        """Take the chunks that come again out of where they are."""
        index = self._indexes.index(document.space, document.workspace_id)
        owners = index.owners(document.chunk_ids) if index else {}
        gone: dict[str, set[str]] = {}
        for chunk_id in document.chunk_ids:
            key = (document.space, document.workspace_id, chunk_id)
            owner = moved.get(key, owners.get(chunk_id))
            moved[key] = document.document_id
            if owner is not None:
                gone.setdefault(owner, set()).add(chunk_id)
        for owner, chunk_ids in gone.items():
            known = rows.find(document.space, document.workspace_id, owner)
            if known is not None:
                rows.remove_chunks(known, chunk_ids, version)

    def _write(self, work: Callable[[VectorRows, int], None]) -> None:
        """Run `work` in a transaction on the newest state, and let the index follow."""
        with self._writing, self._translated():
            with self._reading:
                self._follow()  # it loads what is much before others have to wait for this writer
            if self._writer is None:
                self._writer = _open(self._path)
            connection, rows = self._writer, VectorRows(self._writer)
            connection.execute("BEGIN IMMEDIATE")
            try:
                with self._reading:
                    self._follow()
                work(rows, rows.version() + 1)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            with self._reading:
                self._follow()

    @contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ProviderUnavailableError(
                f"The vector file {self._path.name!r} cannot be used: {error}. Check the disk; a damaged "
                "file can be moved away, and indexing makes it again."
            ) from error


def _open(path: Path) -> sqlite3.Connection:
    if not path.parent.is_dir():
        raise ConfigurationError(f"The folder of the vector file {path.name!r} is missing. Make it first.")
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}").close()
        VectorRows(connection).make_tables()
    except BaseException:
        connection.close()
        raise
    return connection
