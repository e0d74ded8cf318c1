"""The tables of the knowledge slice. Whoever calls names a principal, or the workspace of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from sqlalchemy import Table, Text, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session, undefer

from liteagent.contracts.documents import DocumentRef, Passage, Span
from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.engine.rag.expansion import DocumentRange
from liteagent.features.knowledge import indexed
from liteagent.features.knowledge.models import ChunkRow, DataSourceRow, DocumentRow
from liteagent.infra.db.paging import Page, page

__all__ = [
    "Counts",
    "chunks",
    "counts",
    "delete_document",
    "delete_source",
    "documents",
    "get_document",
    "get_source",
    "no_source",
    "passages",
    "range_texts",
    "source_over",
    "sources",
    "sources_due",
    "sources_watched",
]


_SOURCES, _DOCUMENTS, _CHUNKS = (
    cast("Table", row.__table__) for row in (DataSourceRow, DocumentRow, ChunkRow)
)
# Asked for with every question, so it is put together once. The workspace is the chunk's: if it were the
# document's, SQLite would begin with all of the workspace's documents.
_PASSAGES = (
    select(
        _CHUNKS.c.id,
        _CHUNKS.c.start_offset,
        _CHUNKS.c.end_offset,
        type_coerce(_CHUNKS.c.heading, Text).label("heading"),
        _CHUNKS.c.page,
        _CHUNKS.c.parent_start,
        _CHUNKS.c.parent_end,
        _DOCUMENTS.c.id.label("document_id"),
        _DOCUMENTS.c.name,
        _DOCUMENTS.c.datasource_id,
        type_coerce(_DOCUMENTS.c.details, Text).label("details"),
        func.substr(
            _DOCUMENTS.c.text, _CHUNKS.c.start_offset + 1, _CHUNKS.c.end_offset - _CHUNKS.c.start_offset
        ).label("text"),
    )
    .select_from(_CHUNKS)
    .join(_DOCUMENTS, _DOCUMENTS.c.id == _CHUNKS.c.document_id)
    .join(_SOURCES, _SOURCES.c.id == _DOCUMENTS.c.datasource_id)
    .where(
        _CHUNKS.c.id.in_(bindparam("ids", expanding=True)),
        _CHUNKS.c.generation == _SOURCES.c.generation,
        _CHUNKS.c.workspace_id == bindparam("workspace_id"),
    )
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a data source holds."""

    documents: int = 0
    failed: int = 0
    chunks: int = 0
    characters: int = 0


def get_source(session: Session, principal: Principal, datasource_id: str) -> DataSourceRow:
    """One data source.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(DataSourceRow, datasource_id)
    if row is None or row.workspace_id != principal.workspace_id:
        raise no_source(datasource_id)
    return row


def no_source(datasource_id: str) -> NotFoundError:
    """The error that says that the workspace has no such data source."""
    return NotFoundError(
        f"There is no data source {datasource_id}. List them with GET /api/datasources.",
        code="datasource_not_found",
    )


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
    indexed.remove_document(session, datasource_id, document_id)


def chunks(
    session: Session, principal: Principal, datasource_id: str, document_id: str
) -> Sequence[ChunkRow]:
    """The chunks of a document in the generation that is searched, in the order of the text.

    Raises:
        NotFoundError: Not in this data source of this workspace.
    """
    source = get_source(session, principal, datasource_id)
    get_document(session, principal, datasource_id, document_id)
    query = select(ChunkRow).where(
        ChunkRow.document_id == document_id, ChunkRow.generation == source.generation
    )
    return session.scalars(query.order_by(ChunkRow.position)).all()


def sources_due(session: Session, moment: float, limit: int = 20) -> list[tuple[str, str]]:
    """Workspace and id of data sources whose next indexing is due, the longest due first."""
    query = select(DataSourceRow.workspace_id, DataSourceRow.id).where(
        DataSourceRow.next_sync_at <= moment, DataSourceRow.status != "indexing"
    )
    found = session.execute(query.order_by(DataSourceRow.next_sync_at).limit(limit))
    return [(row.workspace_id, row.id) for row in found]


def sources_watched(session: Session) -> dict[str, DataSourceRow]:
    """The data sources whose folder is watched, by id."""
    query = select(DataSourceRow).where(DataSourceRow.watch, DataSourceRow.source_path.is_not(None))
    return {row.id: row for row in session.scalars(query)}


def passages(session: Session, workspace_id: str, chunk_ids: Sequence[str]) -> dict[str, Passage]:
    """The passages of chunks that are searched, without a score; those of other workspaces are left out."""
    asked = {"workspace_id": workspace_id, "ids": list(chunk_ids)}
    return {row.id: _passage(row) for row in session.connection().execute(_PASSAGES, asked).all()}


def range_texts(
    session: Session, workspace_id: str, wanted: Sequence[DocumentRange]
) -> dict[DocumentRange, str]:
    """The text of ranges of documents; those of other workspaces are left out."""
    found: dict[DocumentRange, str] = {}
    for each in wanted:
        start, end = each.span
        query = select(func.substr(DocumentRow.text, start + 1, end - start)).where(
            DocumentRow.id == each.document_id, DocumentRow.workspace_id == workspace_id
        )
        text = session.scalar(query)
        if text is not None:
            found[each] = text
    return found


def _passage(row: Any) -> Passage:
    parent = None if row.parent_start is None else Span(row.parent_start, row.parent_end)
    return Passage(
        chunk_id=row.id,
        document=DocumentRef(row.document_id, row.name),
        datasource_id=row.datasource_id,
        start=row.start_offset,
        end=row.end_offset,
        text=row.text,
        score=0.0,
        heading=tuple(_read_json(row.heading)),
        page=row.page,
        parent=parent,
        metadata=_read_json(row.details),
    )


def _read_json(value: Any) -> Any:
    """A column of JSON as it comes: some drivers have read it already."""
    return orjson.loads(value) if isinstance(value, str) else value
