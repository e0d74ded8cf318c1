"""What whoever holds an index of a data source asks: what has changed since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from liteagent.contracts.documents import Scalar
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.json import load
from liteagent.features.knowledge.models import (
    ChunkRow,
    DataSourceRow,
    DocumentRow,
    DocumentVectorsRow,
    LexicalTermsRow,
)
from liteagent.features.knowledge.packed import KEY_BYTES, PackedVectors
from liteagent.features.knowledge.recipe import Recipe

__all__ = ["ChangedDocument", "Changes", "Served", "changes_since", "served"]

_BATCH = 500
_SOURCES = cast("Table", DataSourceRow.__table__)
# Asked for with every question, so it is put together once.
_SERVED = select(
    _SOURCES.c.id, _SOURCES.c.generation, _SOURCES.c.version, _SOURCES.c.made_with, _SOURCES.c.retrieval
).where(
    _SOURCES.c.workspace_id == bindparam("workspace_id"), _SOURCES.c.id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Served:
    """What is searched of a data source: which generation, up to which version, made with what, and how."""

    datasource_id: str
    generation: int
    version: int
    made_with: Recipe
    retrieval: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A document that an index has to load.

    Attributes:
        terms: The words of its chunks; None when it is gone.
        chunk_ids: In the order of `terms`.
        details: What filters ask for.
    """

    id: str
    chunk_ids: Sequence[str]
    terms: bytes | None = field(repr=False)
    details: Mapping[str, Scalar]
    keys: bytes | None = field(default=None, repr=False)
    packed: PackedVectors | None = field(default=None, repr=False)

    def vectors(self) -> Vectors | None:
        """Of its chunks, in their order, shape (chunks, dimensions); None where they are not all there."""
        if self.keys is None or self.packed is None:
            return None
        places = self.packed.places()
        rows = [places.get(self.keys[at : at + KEY_BYTES]) for at in range(0, len(self.keys), KEY_BYTES)]
        known = [row for row in rows if row is not None]
        return self.packed.matrix()[known] if len(known) == len(rows) else None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a data source up to `version`."""

    version: int
    documents: Sequence[ChangedDocument]


def served(session: Session, workspace_id: str, datasource_ids: Iterable[str]) -> dict[str, Served]:
    """What is searched of each data source that the workspace has."""
    asked = {"workspace_id": workspace_id, "ids": list(datasource_ids)}
    return {
        row.id: Served(row.id, row.generation, row.version, load(Recipe, row.made_with or {}), row.retrieval)
        for row in session.connection().execute(_SERVED, asked)
    }


def changes_since(session: Session, source: Served, version: int, *, vectors: bool) -> Changes:
    """The documents of a data source that changed after `version`, with their vectors where asked for."""
    changed = session.execute(
        select(
            LexicalTermsRow.document_id,
            LexicalTermsRow.terms,
            LexicalTermsRow.version,
            LexicalTermsRow.space,
            LexicalTermsRow.keys,
            DocumentRow.details,
        )
        .outerjoin(DocumentRow, DocumentRow.id == LexicalTermsRow.document_id)
        .where(
            LexicalTermsRow.datasource_id == source.datasource_id,
            LexicalTermsRow.generation == source.generation,
            LexicalTermsRow.version > version,
        )
    ).all()
    present = [row.document_id for row in changed if row.terms is not None]
    chunk_ids = _chunk_ids(session, present, source.generation)
    space = source.made_with.space
    packed = _vectors(session, present, space) if vectors and space else {}
    documents = [
        ChangedDocument(
            row.document_id,
            chunk_ids.get(row.document_id, []),
            row.terms,
            row.details or {},
            row.keys if row.space == space else None,
            packed.get(row.document_id),
        )
        for row in changed
    ]
    return Changes(max((row.version for row in changed), default=version), documents)


def _chunk_ids(session: Session, document_ids: Sequence[str], generation: int) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for some in _batches(document_ids):
        query = (
            select(ChunkRow.document_id, ChunkRow.id)
            .where(ChunkRow.document_id.in_(some), ChunkRow.generation == generation)
            .order_by(ChunkRow.document_id, ChunkRow.position)
        )
        for document_id, chunk_id in session.execute(query):
            found.setdefault(document_id, []).append(chunk_id)
    return found


def _vectors(session: Session, document_ids: Sequence[str], space: str) -> dict[str, PackedVectors]:
    found: dict[str, PackedVectors] = {}
    for some in _batches(document_ids):
        query = select(
            DocumentVectorsRow.document_id, DocumentVectorsRow.keys, DocumentVectorsRow.vectors
        ).where(DocumentVectorsRow.document_id.in_(some), DocumentVectorsRow.space == space)
        found.update(
            (row.document_id, PackedVectors(row.keys, row.vectors)) for row in session.execute(query)
        )
    return found


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
