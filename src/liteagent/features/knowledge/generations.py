"""All documents of a data source made anew behind the scenes, and put in the place of what was searched."""

from typing import cast

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session, undefer

from liteagent.contracts.datasource import ParsedDocument, Section
from liteagent.contracts.json import dump
from liteagent.features.knowledge.indexed import Place, settle_source
from liteagent.features.knowledge.models import (
    ChunkRow,
    DataSourceRow,
    DocumentRow,
    DocumentVectorsRow,
    LexicalTermsRow,
)
from liteagent.features.knowledge.recipe import Recipe

__all__ = ["chunk_count", "drop_generations", "parsed_document", "planned_documents", "switch_generation"]

_DOCUMENTS = cast("Table", DocumentRow.__table__)


def planned_documents(session: Session, datasource_id: str) -> list[tuple[str, str]]:
    """Id and name of every document that has a text, in the order of their ids."""
    query = select(DocumentRow.id, DocumentRow.name).where(
        DocumentRow.datasource_id == datasource_id, DocumentRow.fingerprint != ""
    )
    return [(row.id, row.name) for row in session.execute(query.order_by(DocumentRow.id))]


def parsed_document(session: Session, document_id: str) -> tuple[ParsedDocument, str] | None:
    """A document as it was parsed, from what is kept of it, with its fingerprint; None when it is gone."""
    options = [undefer(DocumentRow.text), undefer(DocumentRow.outline)]
    row = session.get(DocumentRow, document_id, options=options)
    if row is None:
        return None
    sections = tuple(Section(title, level, start) for title, level, start in row.outline.get("sections", ()))
    parsed = ParsedDocument(
        row.text,
        row.media_type or "text/plain",
        row.title,
        sections,
        tuple(row.outline.get("pages", ())),
        row.details,
    )
    return parsed, row.fingerprint


def chunk_count(session: Session, place: Place) -> int:
    """How many chunks a generation of a data source has."""
    query = (
        select(func.count())
        .select_from(ChunkRow)
        .join(DocumentRow, DocumentRow.id == ChunkRow.document_id)
        .where(DocumentRow.datasource_id == place.datasource_id, ChunkRow.generation == place.generation)
    )
    return session.scalar(query) or 0


def switch_generation(session: Session, place: Place, run_id: str, made_with: Recipe) -> None:
    """Put a generation in the place of the one that is searched, and drop all others."""
    own = select(DocumentRow.id).where(DocumentRow.datasource_id == place.datasource_id)
    counted = (
        select(func.count())
        .where(ChunkRow.document_id == _DOCUMENTS.c.id, ChunkRow.generation == place.generation)
        .scalar_subquery()
    )
    session.execute(
        update(_DOCUMENTS)
        .where(_DOCUMENTS.c.datasource_id == place.datasource_id)
        .values(chunk_count=counted)
    )
    settle_source(
        session,
        place.datasource_id,
        run_id,
        {
            "generation": place.generation,
            "made_with": dump(made_with),
            "version": DataSourceRow.version + 1,
        },
    )
    drop_generations(session, place)
    session.execute(
        delete(DocumentVectorsRow).where(
            DocumentVectorsRow.document_id.in_(own), DocumentVectorsRow.space != (made_with.space or "")
        )
    )


def drop_generations(session: Session, place: Place) -> None:
    """Forget what documents were made into in other generations than this one."""
    others = (LexicalTermsRow.datasource_id == place.datasource_id) & (
        LexicalTermsRow.generation != place.generation
    )
    if session.scalar(select(LexicalTermsRow.generation).where(others).limit(1)) is None:
        return
    own = select(DocumentRow.id).where(DocumentRow.datasource_id == place.datasource_id)
    session.execute(
        delete(ChunkRow).where(ChunkRow.document_id.in_(own), ChunkRow.generation != place.generation)
    )
    session.execute(delete(LexicalTermsRow).where(others))
