"""The rows of the store `sqlite`: what each call writes, and what has changed since a version.

A document is a row, its vectors are parts: each call that adds chunks adds one part, so that a long document
that comes in many calls is not written anew by each. Every change has a version, and what is gone leaves a
row without parts, so that another process learns of it.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

import numpy as np
import orjson

from liteagent.contracts.documents import Passage, Scalar
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.vectors import DocumentVectors
from liteagent.providers.vectorstore.intake import wrong_dimensions
from liteagent.providers.vectorstore.passages import pack_passages, unpack_passages

__all__ = ["Changed", "Known", "VectorRows"]

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spaces (name TEXT PRIMARY KEY, dimensions INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS documents (
  id INTEGER PRIMARY KEY, space TEXT NOT NULL, workspace_id TEXT NOT NULL, document_id TEXT NOT NULL,
  datasource_id TEXT NOT NULL, metadata TEXT NOT NULL, version INTEGER NOT NULL, rewritten INTEGER NOT NULL,
  UNIQUE (workspace_id, document_id, space)) STRICT;
CREATE INDEX IF NOT EXISTS documents_by_version ON documents (version);
CREATE INDEX IF NOT EXISTS documents_by_datasource ON documents (workspace_id, datasource_id);
CREATE TABLE IF NOT EXISTS parts (
  id INTEGER PRIMARY KEY, document INTEGER NOT NULL, version INTEGER NOT NULL, chunk_ids BLOB NOT NULL,
  vectors BLOB NOT NULL, passages BLOB) STRICT;
CREATE INDEX IF NOT EXISTS parts_by_document ON parts (document);
"""
# Of a document that was rewritten all parts, else the new ones.
_CHANGED = """
SELECT d.id, space, workspace_id, document_id, datasource_id, metadata, rewritten, chunk_ids, vectors
FROM documents AS d LEFT JOIN parts AS p ON p.document = d.id AND (p.version > ? OR d.rewritten > ?)
WHERE d.version > ? ORDER BY d.version, d.id, p.id"""


@dataclass(frozen=True, slots=True)
class Known:
    """A document's row."""

    id: int
    space: str
    workspace_id: str
    document_id: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A document as it is after a version.

    Attributes:
        document: The chunks that are new; all of them where it was `rewritten`.
    """

    document: DocumentVectors
    rewritten: bool


class VectorRows:
    """Reads and writes rows by one connection; a transaction is the caller's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def make_tables(self) -> None:
        """Make what is missing.

        Raises:
            ConfigurationError: The file is of another version.
        """
        if self._is_made():
            return
        self._connection.execute("BEGIN IMMEDIATE")
        if not self._is_made():
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        self._connection.execute("COMMIT")

    def version(self) -> int:
        """The version of the newest change; 0 before the first."""
        (version,) = self._connection.execute("SELECT max(version) FROM documents").fetchone()
        return version or 0

    def spaces(self) -> dict[str, int]:
        """The dimensions of each space."""
        return dict(self._connection.execute("SELECT name, dimensions FROM spaces").fetchall())

    def open_spaces(self, dimensions: Mapping[str, int]) -> None:
        """Remember the dimensions of spaces.

        Raises:
            InvalidInputError: A space has others.
        """
        known = self.spaces()
        for space, wanted in dimensions.items():
            if known.get(space, wanted) != wanted:
                raise wrong_dimensions(space, known[space], wanted)
            self._connection.execute("INSERT OR IGNORE INTO spaces VALUES (?, ?)", (space, wanted))

    def find(self, space: str, workspace_id: str, document_id: str) -> Known | None:
        """The row of a document that has chunks, or had."""
        row = self._connection.execute(
            "SELECT id FROM documents WHERE workspace_id = ? AND document_id = ? AND space = ?",
            (workspace_id, document_id, space),
        ).fetchone()
        return Known(row[0], space, workspace_id, document_id) if row else None

    def of_document(self, workspace_id: str, document_id: str) -> list[Known]:
        """The rows of a document in all spaces."""
        found = self._connection.execute(
            "SELECT id, space FROM documents WHERE workspace_id = ? AND document_id = ?",
            (workspace_id, document_id),
        )
        return [Known(id_, space, workspace_id, document_id) for id_, space in found]

    def of_datasource(self, workspace_id: str, datasource_id: str) -> list[Known]:
        """The rows of a data source in all spaces."""
        found = self._connection.execute(
            "SELECT id, space, document_id FROM documents WHERE workspace_id = ? AND datasource_id = ?",
            (workspace_id, datasource_id),
        )
        return [Known(id_, space, workspace_id, document_id) for id_, space, document_id in found]

    def add(self, document: DocumentVectors, version: int) -> None:
        """Write a document's row and, where it brings chunks, a part."""
        known = self.find(document.space, document.workspace_id, document.document_id)
        if known is None and not document.chunk_ids:
            return
        metadata = json.dumps(dict(document.metadata))
        (id_,) = self._connection.execute(
            """INSERT INTO documents
                 (space, workspace_id, document_id, datasource_id, metadata, version, rewritten)
               VALUES (?, ?, ?, ?, ?, ?, 0)
               ON CONFLICT DO UPDATE SET datasource_id = excluded.datasource_id, metadata = excluded.metadata,
                                         version = excluded.version RETURNING id""",
            (
                document.space,
                document.workspace_id,
                document.document_id,
                document.datasource_id,
                metadata,
                version,
            ),
        ).fetchone()
        if document.chunk_ids:
            self._insert_part(
                id_, version, list(document.chunk_ids), document.vectors, pack_passages(document.passages)
            )

    def remove_chunks(self, known: Known, gone: Collection[str], version: int) -> None:
        """Take chunks out of the parts of a document."""
        parts = self._connection.execute(
            "SELECT id, chunk_ids, vectors, passages FROM parts WHERE document = ?", (known.id,)
        ).fetchall()
        changed = False
        for id_, packed, vectors, passages in parts:
            chunk_ids: list[str] = orjson.loads(packed)
            kept = [place for place, chunk_id in enumerate(chunk_ids) if chunk_id not in gone]
            if len(kept) == len(chunk_ids):
                continue
            changed = True
            self._connection.execute("DELETE FROM parts WHERE id = ?", (id_,))
            if kept:
                rows = _unpacked(vectors, len(chunk_ids))[kept]
                texts = None if passages is None else orjson.loads(passages)
                packed_texts = None if texts is None else orjson.dumps([texts[place] for place in kept])
                self._insert_part(known.id, version, [chunk_ids[place] for place in kept], rows, packed_texts)
        if changed:
            self._mark(known, version)

    def remove(self, known: Known, version: int) -> None:
        """Forget the chunks of a document; its row stays, so that other processes learn of it."""
        if self._connection.execute("DELETE FROM parts WHERE document = ?", (known.id,)).rowcount:
            self._mark(known, version)

    def chunk_ids(self, known: Known) -> set[str]:
        """The ids of all chunks of a document."""
        parts = self._connection.execute("SELECT chunk_ids FROM parts WHERE document = ?", (known.id,))
        return {chunk_id for (packed,) in parts for chunk_id in orjson.loads(packed)}

    def passages(self, known: Known) -> Iterator[tuple[str, Passage]]:
        """The passages of a document that were kept, by chunk id."""
        parts = self._connection.execute(
            "SELECT chunk_ids, passages FROM parts WHERE document = ? AND passages IS NOT NULL", (known.id,)
        )
        for packed, passages in parts:
            yield from zip(orjson.loads(packed), unpack_passages(passages), strict=True)

    def changed_since(self, version: int) -> Iterator[Changed]:
        """The documents that have changed after `version`, one by one."""
        found = self._connection.execute(_CHANGED, (version, version, version))
        for row, parts in groupby(found, key=itemgetter(slice(0, 7))):
            _, space, workspace_id, document_id, datasource_id, metadata, rewritten = row
            chunk_ids, vectors = _joined([part[7:] for part in parts if part[7] is not None])
            about: dict[str, Scalar] = json.loads(metadata)
            document = DocumentVectors(
                space, workspace_id, datasource_id, document_id, chunk_ids, vectors, about
            )
            yield Changed(document, rewritten > version)

    def _is_made(self) -> bool:
        (found,) = self._connection.execute("PRAGMA user_version").fetchone()
        if found not in {0, _SCHEMA_VERSION}:
            raise ConfigurationError(
                f"The vector file has the format {found}, and this version reads {_SCHEMA_VERSION}. Move the "
                "file away and index again."
            )
        return found == _SCHEMA_VERSION

    def _insert_part(
        self, document: int, version: int, chunk_ids: Sequence[str], vectors: Vectors, passages: bytes | None
    ) -> None:
        self._connection.execute(
            "INSERT INTO parts (document, version, chunk_ids, vectors, passages) VALUES (?, ?, ?, ?, ?)",
            (document, version, orjson.dumps(chunk_ids), vectors.astype("<f4").tobytes(), passages),
        )

    def _mark(self, known: Known, version: int) -> None:
        self._connection.execute(
            "UPDATE documents SET version = ?, rewritten = ? WHERE id = ?", (version, version, known.id)
        )


def _joined(parts: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, ...], Vectors]:
    if not parts:
        return (), np.empty((0, 1), np.float32)
    ids: list[list[str]] = [orjson.loads(packed) for packed, _ in parts]
    rows = [_unpacked(part[1], len(chunks)) for part, chunks in zip(parts, ids, strict=True)]
    if len(parts) == 1:
        return tuple(ids[0]), rows[0]
    return tuple(each for chunks in ids for each in chunks), np.concatenate(rows)


def _unpacked(vectors: bytes, rows: int) -> Vectors:
    return np.frombuffer(vectors, "<f4").reshape(rows, -1).astype(np.float32, copy=False)
