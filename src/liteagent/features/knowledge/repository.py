"""The tables of the knowledge slice. Whoever calls names a principal, or the workspace of a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.orm import Session, undefer

from liteagent.contracts.documents import Chunk, DocumentRef, Passage
from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.knowledge.models import ChunkRow, DataSourceRow, DocumentRow, LexicalTermsRow
from liteagent.infra.db.paging import Page, page

__all__ = [
    "ChangedDocument",
    "Changes",
    "Counts",
    "IndexedDocument",
    "KnownDocument",
    "counts",
    "delete_document",
    "delete_source",
    "documents",
    "fail_document",
    "get_document",
    "get_source",
    "known_documents",
    "passages",
    "put_document",
    "remove_document",
    "settle_source",
    "source_over",
    "sources",
    "terms_since",
    "versions",
]

_BATCH = 500
# Indexing writes through the tables: a document has many rows, and the ORM would keep none of them.
_SOURCES, _DOCUMENTS, _CHUNKS, _TERMS = (
    cast("Table", row.__table__) for row in (DataSourceRow, DocumentRow, ChunkRow, LexicalTermsRow)
)
_KNOWN = select(
    DocumentRow.id, DocumentRow.name, DocumentRow.fingerprint, DocumentRow.chunk_count, DocumentRow.characters
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a data source holds."""

    documents: int = 0
    failed: int = 0
    chunks: int = 0
    characters: int = 0


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document that was indexed before; the same fingerprint means that nothing has changed."""

    id: str
    name: str
    fingerprint: str
    chunk_count: int
    characters: int


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A document whose words an index has to load, in the order of `chunk_ids`; None when it is gone."""

    id: str
    chunk_ids: Sequence[str]
    terms: bytes | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a data source up to `version`."""

    version: int
    documents: Sequence[ChangedDocument]


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document ready to be kept: its text, its chunks and its analysed words."""

    id: str
    name: str
    fingerprint: str
    size: int
    media_type: str
    title: str | None
    text: str
    chunks: Sequence[Chunk]
    terms: bytes


def get_source(session: Session, principal: Principal, datasource_id: str) -> DataSourceRow:
    """One data source.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(DataSourceRow, datasource_id)
    if row is None or row.workspace_id != principal.workspace_id:
        raise NotFoundError(
            f"There is no data source {datasource_id}. List them with GET /api/datasources.",
            code="datasource_not_found",
        )
    return row


def sources(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[DataSourceRow]:
    """The workspace's data sources, newest first."""
    query = select(DataSourceRow).where(DataSourceRow.workspace_id == principal.workspace_id)
    return page(session, query, DataSourceRow.id, limit=limit, cursor=cursor)


def source_over(session: Session, principal: Principal, source_path: str) -> str | None:
    """The id of the oldest data source over a path."""
    query = select(DataSourceRow.id).where(
        DataSourceRow.workspace_id == principal.workspace_id, DataSourceRow.source_path == source_path
    )
    return session.scalars(query.order_by(DataSourceRow.id).limit(1)).first()


def delete_source(session: Session, principal: Principal, datasource_id: str) -> None:
    """Delete a data source with everything that was made of it."""
    session.delete(get_source(session, principal, datasource_id))


def settle_source(session: Session, datasource_id: str, run_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of a data source at the end of an indexing run, unless a later run has it."""
    session.execute(
        update(DataSourceRow)
        .where(DataSourceRow.id == datasource_id, DataSourceRow.run_id == run_id)
        .values(**values)
    )


def counts(session: Session, datasource_ids: Sequence[str]) -> dict[str, Counts]:
    """What each data source holds."""
    failed = func.count().filter(DocumentRow.status == "failed")
    query = (
        select(
            DocumentRow.datasource_id,
            func.count(),
            failed,
            func.coalesce(func.sum(DocumentRow.chunk_count), 0),
            func.coalesce(func.sum(DocumentRow.characters), 0),
        )
        .where(DocumentRow.datasource_id.in_(datasource_ids))
        .group_by(DocumentRow.datasource_id)
    )
    return {row[0]: Counts(*row[1:]) for row in session.execute(query)}


def documents(
    session: Session, principal: Principal, datasource_id: str, *, limit: int, cursor: str | None
) -> Page[DocumentRow]:
    """The documents of a data source, newest first."""
    get_source(session, principal, datasource_id)
    query = select(DocumentRow).where(DocumentRow.datasource_id == datasource_id)
    return page(session, query, DocumentRow.id, limit=limit, cursor=cursor)


def get_document(session: Session, principal: Principal, datasource_id: str, document_id: str) -> DocumentRow:
    """One document with its text.

    Raises:
        NotFoundError: Not in this data source of this workspace.
    """
    row = session.get(DocumentRow, document_id, options=[undefer(DocumentRow.text)])
    if row is None or (row.workspace_id, row.datasource_id) != (principal.workspace_id, datasource_id):
        raise NotFoundError(
            f"There is no document {document_id} in data source {datasource_id}.", code="document_not_found"
        )
    return row


def delete_document(session: Session, principal: Principal, datasource_id: str, document_id: str) -> None:
    """Forget a document of a data source."""
    get_document(session, principal, datasource_id, document_id)
    remove_document(session, datasource_id, document_id)


def known_documents(session: Session, datasource_id: str) -> dict[str, KnownDocument]:
    """Every document of a data source, by name."""
    rows = session.execute(_KNOWN.where(DocumentRow.datasource_id == datasource_id))
    return {row.name: KnownDocument(*row) for row in rows}


def put_document(session: Session, workspace_id: str, datasource_id: str, document: IndexedDocument) -> None:
    """Keep a document with its chunks and words, in place of what it was before."""
    values = {
        "name": document.name,
        "status": "ready",
        "error": None,
        "media_type": document.media_type,
        "title": (document.title or "")[:500] or None,
        "fingerprint": document.fingerprint,
        "size": document.size,
        "characters": len(document.text),
        "chunk_count": len(document.chunks),
        "text": document.text,
    }
    _put_row(session, workspace_id, datasource_id, document.id, values)
    _put_chunks(session, workspace_id, document.id, document.chunks)
    _put_terms(session, workspace_id, datasource_id, document.id, document.terms)


def fail_document(
    session: Session,
    workspace_id: str,
    datasource_id: str,
    document_id: str,
    name: str,
    error: Mapping[str, Any],
) -> None:
    """Note why a document could not be read; what it held before is forgotten."""
    values = {"name": name, "status": "failed", "error": dict(error), "fingerprint": "", "characters": 0}
    _put_row(
        session, workspace_id, datasource_id, document_id, {**values, "chunk_count": 0, "text": "", "size": 0}
    )
    session.execute(delete(ChunkRow).where(ChunkRow.document_id == document_id))
    _put_terms(session, workspace_id, datasource_id, document_id, None)


def remove_document(session: Session, datasource_id: str, document_id: str) -> None:
    """Forget a document; one that is gone already is left alone."""
    row = session.get(DocumentRow, document_id)
    if row is not None:
        session.delete(row)
        session.flush()
        _put_terms(session, row.workspace_id, datasource_id, document_id, None)


def versions(session: Session, workspace_id: str, datasource_ids: Iterable[str]) -> dict[str, int]:
    """The version of each data source that the workspace has."""
    query = select(DataSourceRow.id, DataSourceRow.version).where(
        DataSourceRow.workspace_id == workspace_id, DataSourceRow.id.in_(list(datasource_ids))
    )
    return {row.id: row.version for row in session.execute(query)}


def terms_since(session: Session, datasource_id: str, version: int) -> Changes:
    """The documents of a data source that changed after `version`."""
    changed = session.execute(
        select(LexicalTermsRow.document_id, LexicalTermsRow.terms, LexicalTermsRow.version).where(
            LexicalTermsRow.datasource_id == datasource_id, LexicalTermsRow.version > version
        )
    ).all()
    chunk_ids = _chunk_ids(session, [row.document_id for row in changed if row.terms is not None])
    documents = [
        ChangedDocument(row.document_id, chunk_ids.get(row.document_id, []), row.terms) for row in changed
    ]
    return Changes(max((row.version for row in changed), default=version), documents)


def passages(session: Session, workspace_id: str, chunk_ids: Sequence[str]) -> dict[str, Passage]:
    """The passages of chunks, without a score; chunks of other workspaces are not among them."""
    query = (
        select(
            ChunkRow.id,
            ChunkRow.start,
            ChunkRow.end,
            ChunkRow.heading,
            DocumentRow.id,
            DocumentRow.name,
            DocumentRow.datasource_id,
            func.substr(DocumentRow.text, ChunkRow.start + 1, ChunkRow.end - ChunkRow.start),
        )
        .join(DocumentRow, DocumentRow.id == ChunkRow.document_id)
        .where(ChunkRow.id.in_(chunk_ids), DocumentRow.workspace_id == workspace_id)
    )
    return {
        chunk_id: Passage(
            chunk_id, DocumentRef(document_id, name), datasource_id, start, end, text, 0.0, tuple(heading)
        )
        for chunk_id, start, end, heading, document_id, name, datasource_id, text in session.execute(query)
    }


def _put_row(
    session: Session, workspace_id: str, datasource_id: str, document_id: str, values: Mapping[str, Any]
) -> None:
    connection, now = session.connection(), datetime.now(UTC)
    changed = {**values, "updated_at": now}
    if connection.execute(update(_DOCUMENTS).where(_DOCUMENTS.c.id == document_id), changed).rowcount:
        return
    fresh = {
        "id": document_id,
        "workspace_id": workspace_id,
        "created_by": "system",
        "datasource_id": datasource_id,
        "created_at": now,
    }
    connection.execute(insert(_DOCUMENTS), {**fresh, **changed})


def _put_chunks(session: Session, workspace_id: str, document_id: str, chunks: Sequence[Chunk]) -> None:
    connection, now = session.connection(), datetime.now(UTC)
    connection.execute(delete(_CHUNKS).where(_CHUNKS.c.document_id == document_id))
    rows = [
        {
            "id": chunk.id,
            "workspace_id": workspace_id,
            "document_id": document_id,
            "position": chunk.index,
            "start_offset": chunk.start,
            "end_offset": chunk.end,
            "heading": list(chunk.heading),
            "created_at": now,
            "updated_at": now,
        }
        for chunk in chunks
    ]
    if rows:
        connection.execute(insert(_CHUNKS), rows)


def _put_terms(
    session: Session, workspace_id: str, datasource_id: str, document_id: str, terms: bytes | None
) -> None:
    connection = session.connection()
    version = connection.execute(
        update(_SOURCES)
        .where(_SOURCES.c.id == datasource_id)
        .values(version=_SOURCES.c.version + 1)
        .returning(_SOURCES.c.version)
    ).scalar_one()
    connection.execute(delete(_TERMS).where(_TERMS.c.document_id == document_id))
    row = {
        "document_id": document_id,
        "workspace_id": workspace_id,
        "datasource_id": datasource_id,
        "version": version,
        "terms": terms,
    }
    connection.execute(insert(_TERMS), row)


def _chunk_ids(session: Session, document_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for start in range(0, len(document_ids), _BATCH):
        query = (
            select(ChunkRow.document_id, ChunkRow.id)
            .where(ChunkRow.document_id.in_(document_ids[start : start + _BATCH]))
            .order_by(ChunkRow.document_id, ChunkRow.position)
        )
        for document_id, chunk_id in session.execute(query):
            found.setdefault(document_id, []).append(chunk_id)
    return found
