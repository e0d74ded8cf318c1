"""What indexing writes: documents with their chunks, words and vectors, each whole or not at all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, delete, insert, select, update
from sqlalchemy.orm import Session

from liteagent.contracts.datasource import Listed, ParsedDocument
from liteagent.contracts.documents import Chunk, Scalar
from liteagent.features.knowledge.models import (
    ChunkRow,
    DataSourceRow,
    DocumentRow,
    DocumentVectorsRow,
    LexicalTermsRow,
)
from liteagent.features.knowledge.packed import PackedVectors
from liteagent.infra.db.bulk import BulkInsert

__all__ = [
    "Derived",
    "IndexedDocument",
    "KnownDocument",
    "Place",
    "enlist",
    "fail_document",
    "kept_vectors",
    "known_documents",
    "note_progress",
    "note_seen",
    "put_derived",
    "put_documents",
    "put_vectors",
    "remove_document",
    "settle_source",
]

# Indexing writes through the tables: a document has many rows, and the ORM would keep none of them.
_SOURCES, _DOCUMENTS, _CHUNKS, _TERMS, _VECTORS = (
    cast("Table", row.__table__)
    for row in (DataSourceRow, DocumentRow, ChunkRow, LexicalTermsRow, DocumentVectorsRow)
)
# Those that every document needs are built once.
_THERE = select(_DOCUMENTS.c.id).where(_DOCUMENTS.c.id.in_(bindparam("documents", expanding=True)))
_CHANGE_DOCUMENT = update(_DOCUMENTS).where(_DOCUMENTS.c.id == bindparam("document"))
_DELETE_CHUNKS, _DELETE_TERMS = (
    delete(table).where(
        table.c.document_id.in_(bindparam("documents", expanding=True)),
        table.c.generation == bindparam("made_in"),
    )
    for table in (_CHUNKS, _TERMS)
)
_LAST_VERSION = (
    update(_SOURCES)
    .where(_SOURCES.c.id == bindparam("source"))
    .values(version=_SOURCES.c.version + bindparam("changes"))
    .returning(_SOURCES.c.version)
)
_INSERT_TERMS = BulkInsert(
    _TERMS,
    ("document_id", "version", "terms", "space", "keys"),
    ("generation", "workspace_id", "datasource_id", "created_at", "updated_at"),
)
_INSERT_CHUNKS = BulkInsert(
    _CHUNKS,
    (
        "id",
        "document_id",
        "position",
        "start_offset",
        "end_offset",
        "heading",
        "page",
        "parent_start",
        "parent_end",
        "context",
    ),
    ("generation", "workspace_id", "created_at", "updated_at"),
)
_KNOWN = select(
    DocumentRow.id,
    DocumentRow.name,
    DocumentRow.status,
    DocumentRow.fingerprint,
    DocumentRow.source_version,
    DocumentRow.size,
    DocumentRow.chunk_count,
    DocumentRow.characters,
    DocumentRow.percent,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where documents are put: the data source of a workspace, and which generation of it."""

    workspace_id: str
    datasource_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document that was listed before; the same fingerprint means that nothing has changed."""

    id: str
    name: str
    status: str
    fingerprint: str
    source_version: str | None
    size: int
    chunk_count: int
    characters: int
    percent: int


@dataclass(frozen=True, slots=True)
class Derived:
    """What a document's text is made into: chunks, their words, their vectors where there is an embedder."""

    chunks: Sequence[Chunk]
    terms: bytes = field(repr=False)
    keys: bytes | None = field(default=None, repr=False)
    vectors: PackedVectors | None = field(default=None, repr=False)
    space: str | None = None


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document ready to be kept."""

    id: str
    listed: Listed
    fingerprint: str
    size: int
    parsed: ParsedDocument
    derived: Derived

    @property
    def details(self) -> dict[str, Scalar]:
        """What the format says of it, and over that what the source says."""
        return {**self.parsed.metadata, **self.listed.metadata}


def known_documents(session: Session, datasource_id: str) -> dict[str, KnownDocument]:
    """Every document of a data source, by name."""
    rows = session.execute(_KNOWN.where(DocumentRow.datasource_id == datasource_id))
    return {row.name: KnownDocument(*row) for row in rows}


def enlist(session: Session, place: Place, fresh: Iterable[tuple[str, Listed]], total: int) -> None:
    """Note what a listing has found: new documents by id, and how many there are to handle."""
    now = datetime.now(UTC)
    rows = [
        {
            **_owned(place, document_id, now),
            "name": listed.name,
            "status": "queued",
            "fingerprint": "",
            "size": listed.size or 0,
            "characters": 0,
            "chunk_count": 0,
            "text": "",
            "url": listed.url,
        }
        for document_id, listed in fresh
    ]
    if rows:
        session.connection().execute(insert(_DOCUMENTS), rows)
    session.execute(update(_SOURCES).where(_SOURCES.c.id == place.datasource_id).values(total=total, done=0))


def note_progress(session: Session, document_id: str, stage: str, percent: int, attempt: int) -> None:
    """Say how far a document is. Within a run its percent never decreases, whatever is done again."""
    before = case((_DOCUMENTS.c.status == "indexing", _DOCUMENTS.c.percent), else_=0)
    session.execute(
        update(_DOCUMENTS)
        .where(_DOCUMENTS.c.id == document_id)
        .values(
            status="indexing",
            stage=stage,
            percent=case((before > percent, before), else_=percent),
            attempts=attempt,
        )
    )


def note_seen(session: Session, document_id: str, listed: Listed) -> None:
    """Note that a document is as it was, though its source calls it by another version now."""
    session.execute(
        update(_DOCUMENTS)
        .where(_DOCUMENTS.c.id == document_id)
        .values(source_version=listed.version, url=listed.url)
    )


def put_documents(session: Session, place: Place, documents: Sequence[IndexedDocument], attempt: int) -> None:
    """Keep documents with their chunks, words and vectors, in place of what they were before."""
    connection, now = session.connection(), datetime.now(UTC)
    ids = [document.id for document in documents]
    there = set(connection.execute(_THERE, {"documents": ids}).scalars())
    values = {document.id: {**_values(document, attempt), "updated_at": now} for document in documents}
    if changed := [{"document": id_, **each} for id_, each in values.items() if id_ in there]:
        connection.execute(_CHANGE_DOCUMENT, changed)
    if fresh := [{**_owned(place, id_, now), **each} for id_, each in values.items() if id_ not in there]:
        connection.execute(insert(_DOCUMENTS), fresh)
    put_derived(session, place, {document.id: document.derived for document in documents})


def put_derived(session: Session, place: Place, derived: Mapping[str, Derived]) -> None:
    """Keep what documents were made into in a generation, in place of what was there before."""
    _put_chunks(session, place, {id_: each.chunks for id_, each in derived.items()})
    for document_id, each in derived.items():
        if each.space is not None and each.vectors is not None:
            put_vectors(session, place, document_id, each.space, each.vectors)
    _put_terms(session, place, derived)


def put_vectors(session: Session, place: Place, document_id: str, space: str, vectors: PackedVectors) -> None:
    """Keep the vectors of a document in a space, in place of those that were there."""
    connection, now = session.connection(), datetime.now(UTC)
    values = {"keys": vectors.keys, "vectors": vectors.data, "updated_at": now}
    same = (_VECTORS.c.document_id == document_id) & (_VECTORS.c.space == space)
    if connection.execute(update(_VECTORS).where(same), values).rowcount:
        return
    fresh = {
        "document_id": document_id,
        "space": space,
        "workspace_id": place.workspace_id,
        "created_at": now,
    }
    connection.execute(insert(_VECTORS), {**fresh, **values})


def kept_vectors(
    session: Session, datasource_id: str, document_id: str, fingerprint: str, space: str
) -> PackedVectors:
    """The vectors in a space of a document, and of others of its data source with the same bytes.

    A file that was moved is another document with the same bytes.
    """
    alike = select(DocumentRow.id).where(
        DocumentRow.datasource_id == datasource_id, DocumentRow.fingerprint == fingerprint
    )
    query = select(DocumentVectorsRow.keys, DocumentVectorsRow.vectors).where(
        (DocumentVectorsRow.document_id == document_id) | DocumentVectorsRow.document_id.in_(alike),
        DocumentVectorsRow.space == space,
    )
    return PackedVectors.joined(PackedVectors(*row) for row in session.execute(query))


def fail_document(
    session: Session,
    place: Place,
    document_id: str,
    error: Mapping[str, Any],
    attempt: int,
    *,
    keep: bool,
) -> None:
    """Note why a document could not be indexed; what it held before is kept or forgotten."""
    values: dict[str, Any] = {"status": "failed", "stage": None, "attempts": attempt, "error": dict(error)}
    if not keep:
        values |= {
            "fingerprint": "",
            "source_version": None,
            "characters": 0,
            "chunk_count": 0,
            "text": "",
            "size": 0,
        }
    session.execute(update(_DOCUMENTS).where(_DOCUMENTS.c.id == document_id).values(values))
    if not keep:
        session.execute(delete(ChunkRow).where(ChunkRow.document_id == document_id))
        session.execute(delete(DocumentVectorsRow).where(DocumentVectorsRow.document_id == document_id))
        _forget_terms(session, place.workspace_id, place.datasource_id, document_id)


def remove_document(session: Session, datasource_id: str, document_id: str) -> None:
    """Forget a document; one that is gone already is left alone."""
    row = session.get(DocumentRow, document_id)
    if row is not None:
        session.delete(row)
        session.flush()
        _forget_terms(session, row.workspace_id, datasource_id, document_id)


def settle_source(session: Session, datasource_id: str, run_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a data source for an indexing run, unless a later run has it."""
    session.execute(
        update(_SOURCES).where(_SOURCES.c.id == datasource_id, _SOURCES.c.run_id == run_id).values(**values)
    )


def _owned(place: Place, document_id: str, now: datetime) -> dict[str, Any]:
    return {
        "id": document_id,
        "workspace_id": place.workspace_id,
        "created_by": "system",
        "datasource_id": place.datasource_id,
        "created_at": now,
        "updated_at": now,
    }


def _outline(parsed: ParsedDocument) -> dict[str, Any]:
    sections = [[each.title, each.level, each.start] for each in parsed.sections]
    return {"sections": sections, "pages": list(parsed.pages)}


def _values(document: IndexedDocument, attempt: int) -> dict[str, Any]:
    parsed = document.parsed
    return {
        "name": document.listed.name,
        "status": "ready",
        "stage": None,
        "percent": 100,
        "attempts": attempt,
        "error": None,
        "media_type": parsed.media_type,
        "title": (parsed.title or "")[:500] or None,
        "url": document.listed.url,
        "fingerprint": document.fingerprint,
        "source_version": document.listed.version,
        "size": document.size,
        "characters": len(parsed.text),
        "chunk_count": len(document.derived.chunks),
        "details": document.details,
        "outline": _outline(parsed),
        "text": parsed.text,
    }


def _put_chunks(session: Session, place: Place, chunks: Mapping[str, Sequence[Chunk]]) -> None:
    connection, now = session.connection(), datetime.now(UTC)
    connection.execute(_DELETE_CHUNKS, {"documents": list(chunks), "made_in": place.generation})
    used = {chunk.heading for some in chunks.values() for chunk in some}
    headings = {heading: json.dumps(heading) for heading in used}
    rows = [
        (
            chunk.id,
            document_id,
            chunk.index,
            chunk.start,
            chunk.end,
            headings[chunk.heading],
            chunk.page,
            chunk.parent.start if chunk.parent else None,
            chunk.parent.end if chunk.parent else None,
            chunk.context,
        )
        for document_id, some in chunks.items()
        for chunk in some
    ]
    same = {
        "generation": place.generation,
        "workspace_id": place.workspace_id,
        "created_at": now,
        "updated_at": now,
    }
    _INSERT_CHUNKS.run(connection, rows, same)


def _put_terms(session: Session, place: Place, derived: Mapping[str, Derived]) -> None:
    connection, now = session.connection(), datetime.now(UTC)
    last = _last_version(session, place.datasource_id, len(derived))
    connection.execute(_DELETE_TERMS, {"documents": list(derived), "made_in": place.generation})
    rows = [
        (document_id, version, each.terms, each.space, each.keys)
        for version, (document_id, each) in enumerate(derived.items(), last - len(derived) + 1)
    ]
    same = {
        "generation": place.generation,
        "workspace_id": place.workspace_id,
        "datasource_id": place.datasource_id,
        "created_at": now,
        "updated_at": now,
    }
    _INSERT_TERMS.run(connection, rows, same)


def _forget_terms(session: Session, workspace_id: str, datasource_id: str, document_id: str) -> None:
    """Leave a mark in the served generation, so that indexes drop the document."""
    connection, version = session.connection(), _last_version(session, datasource_id)
    generation = select(_SOURCES.c.generation).where(_SOURCES.c.id == datasource_id).scalar_subquery()
    connection.execute(delete(_TERMS).where(_TERMS.c.document_id == document_id))
    row = {
        "document_id": document_id,
        "generation": connection.execute(select(generation)).scalar_one(),
        "workspace_id": workspace_id,
        "datasource_id": datasource_id,
        "version": version,
        "terms": None,
    }
    connection.execute(insert(_TERMS), row)


def _last_version(session: Session, datasource_id: str, changes: int = 1) -> int:
    """The number of the last of so many changes."""
    return (
        session.connection()
        .execute(_LAST_VERSION, {"source": datasource_id, "changes": changes})
        .scalar_one()
    )
