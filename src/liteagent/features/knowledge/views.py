"""Rows as the API shows them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from liteagent.contracts.documents import Citation, Passage
from liteagent.contracts.json import dump, load
from liteagent.features.knowledge.analyzers import analyzer_of
from liteagent.features.knowledge.models import ChunkRow, DataSourceRow, DocumentRow
from liteagent.features.knowledge.recipe import Recipe
from liteagent.features.knowledge.repository import Counts
from liteagent.features.knowledge.schemas import (
    ChunkerBody,
    ChunkView,
    DataSourceView,
    DocumentView,
    EmbeddingView,
    ErrorView,
    FoundPassage,
    IndexingCounts,
    IndexingProgress,
)
from liteagent.features.llm_providers.embedders import EmbeddingRef

__all__ = ["chunk_view", "document_view", "found_passages", "recipe_of", "source_view"]

_MASK = "…"


def recipe_of(row: DataSourceRow) -> Recipe:
    """What the next indexing makes documents into."""
    embedding = None if row.embedding is None else load(EmbeddingRef, row.embedding)
    return Recipe(dict(row.chunker), embedding, analyzer_of(row.language).name)


def source_view(row: DataSourceRow, held: Counts | None, *, whole: bool) -> DataSourceView:
    """A data source; `whole` shows its content too."""
    made_with = None if row.made_with is None else load(Recipe, row.made_with)
    return DataSourceView(
        id=row.id,
        name=row.name,
        source_type=row.source_type,
        content=row.content if whole else None,
        source_path=row.source_path,
        gitlab_url=row.config.get("gitlab_url"),
        gitlab_token=_MASK if row.secrets is not None and row.source_type == "gitlab" else None,
        config={name: value for name, value in row.config.items() if name != "gitlab_url"},
        files=[file["name"] for file in row.files],
        chunker=ChunkerBody(**row.chunker),
        embedding=None if row.embedding is None else EmbeddingView(**row.embedding),
        retrieval=row.retrieval,
        language=row.language,
        watch=row.watch,
        sync_every=row.sync_every,
        next_sync_at=None if row.next_sync_at is None else datetime.fromtimestamp(row.next_sync_at, UTC),
        status=row.status,  # pyright: ignore[reportArgumentType]  the column holds nothing else
        progress=_progress(row),
        counts=IndexingCounts.model_validate(held or Counts()),
        rebuild_needed=made_with is not None and not made_with.same(recipe_of(row)),
        error=_error(row.error),
        run_id=row.run_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        indexed_at=row.indexed_at,
    )


def document_view(row: DocumentRow) -> DocumentView:
    """A document."""
    return DocumentView(
        id=row.id,
        datasource_id=row.datasource_id,
        name=row.name,
        status=row.status,  # pyright: ignore[reportArgumentType]  the column holds nothing else
        stage=row.stage,
        percent=100 if row.status == "ready" else row.percent,
        attempts=row.attempts,
        error=_error(row.error),
        media_type=row.media_type,
        title=row.title,
        url=row.url,
        metadata=row.details,
        size=row.size,
        characters=row.characters,
        chunks=row.chunk_count,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def chunk_view(row: ChunkRow) -> ChunkView:
    """A chunk."""
    start, end = row.parent_start, row.parent_end
    return ChunkView(
        id=row.id,
        index=row.position,
        start=row.start,
        end=row.end,
        heading=row.heading,
        page=row.page,
        parent=None if start is None or end is None else (start, end),
        context=row.context,
    )


def found_passages(passages: Sequence[Passage]) -> list[FoundPassage]:
    """Passages as citations, numbered from 1, each with how its score came about."""
    return [_found(passage, marker) for marker, passage in enumerate(passages, 1)]


def _found(passage: Passage, marker: int) -> FoundPassage:
    citation = dump(Citation.of(passage, marker))
    more = {"metadata": dict(passage.metadata), "explanation": dict(passage.explanation)}
    return FoundPassage.model_validate({**citation, **more})


def _progress(row: DataSourceRow) -> IndexingProgress:
    percent = 100 if row.status == "ready" else min(99, 100 * row.done // row.total) if row.total else 0
    return IndexingProgress(done=row.done, total=row.total, percent=percent)


def _error(error: Mapping[str, Any] | None) -> ErrorView | None:
    return None if error is None else ErrorView(**error)
