"""Data sources, documents and search results as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from liteagent.contracts.documents import Citation
from liteagent.infra.http.schemas import Body, Name, Text, View

__all__ = [
    "ChunkerBody",
    "DataSourceBody",
    "DataSourceList",
    "DataSourcePatch",
    "DataSourceView",
    "DocumentList",
    "DocumentText",
    "DocumentView",
    "ErrorView",
    "IndexingCounts",
    "SearchBody",
    "SearchResult",
]

_SourceType = Literal["file", "text"]
_Status = Literal["queued", "indexing", "ready", "failed"]


class ChunkerBody(Body):
    """How documents are cut: `chunk_size` and `overlap` in code points."""

    strategy: Literal["recursive"] = "recursive"
    chunk_size: Annotated[int, Field(ge=100, le=10_000)] = 1000
    overlap: Annotated[int, Field(ge=0, le=2_000)] = 100

    @model_validator(mode="after")
    def _overlap_is_a_part(self) -> Self:
        if self.overlap * 2 > self.chunk_size:
            raise ValueError("overlap must be at most half of chunk_size")
        return self


class DataSourceBody(Body):
    """A data source to create: `text` holds its `content`, `file` reads `source_path` or uploaded files."""

    name: Name
    source_type: _SourceType
    content: Annotated[str | None, Field(max_length=5_000_000)] = None
    source_path: Annotated[str | None, Field(min_length=1, max_length=4000)] = None
    chunker: ChunkerBody = ChunkerBody()

    @model_validator(mode="after")
    def _has_what_its_type_needs(self) -> Self:
        if self.source_type == "text" and not (self.content or "").strip():
            raise ValueError("a text source needs `content`")
        if self.source_type == "text" and self.source_path is not None:
            raise ValueError("a text source has no `source_path`")
        if self.source_type == "file" and self.source_path is None:
            raise ValueError(
                "a file source needs `source_path`; to send files use POST /api/datasources/upload"
            )
        if self.source_type == "file" and self.content is not None:
            raise ValueError("a file source has no `content`")
        return self


class DataSourcePatch(Body):
    """What can be changed of a data source; it is indexed again at the next POST …/index."""

    name: Name | None = None
    content: Annotated[str | None, Field(min_length=1, max_length=5_000_000)] = None
    chunker: ChunkerBody | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is not None and not self.content.strip():
            raise ValueError("`content` must contain more than white space")
        return self


class ErrorView(View):
    """Why something failed."""

    code: str
    message: str
    details: dict[str, Any] = Field(default={})


class IndexingCounts(View):
    """What a data source holds now."""

    documents: int = 0
    failed: int = Field(default=0, description="Documents that could not be read; each says why.")
    chunks: int = 0
    characters: int = 0


class DataSourceView(View):
    """A data source. Its documents can be searched as soon as each is indexed, also while others are not."""

    id: str
    name: str
    source_type: _SourceType
    content: str | None = None
    source_path: str | None = None
    files: list[str] = Field(default=[], description="Names of the uploaded files.")
    chunker: ChunkerBody
    status: _Status
    counts: IndexingCounts
    error: ErrorView | None = None
    run_id: str | None = Field(default=None, description="The indexing run, under way or last.")
    created_at: datetime
    updated_at: datetime
    indexed_at: datetime | None = None


class DataSourceList(View):
    """A page of data sources, newest first."""

    items: list[DataSourceView]
    next_cursor: str | None = None


class DocumentView(View):
    """A document of a data source."""

    id: str
    datasource_id: str
    name: str
    status: Literal["ready", "failed"]
    error: ErrorView | None = None
    media_type: str | None = None
    title: str | None = None
    size: int = Field(description="Bytes of the source.")
    characters: int = Field(description="Code points of the text.")
    chunks: int
    created_at: datetime
    updated_at: datetime


class DocumentList(View):
    """A page of documents, newest first."""

    items: list[DocumentView]
    next_cursor: str | None = None


class DocumentText(View):
    """A document's text, which the offsets of citations refer to."""

    id: str
    name: str
    text: str


class SearchBody(Body):
    """A question to one data source."""

    query: Annotated[Text, Field(max_length=2000)]
    top_k: Annotated[int, Field(ge=1, le=100)] = 5
    retriever: Literal["bm25"] = "bm25"


class SearchResult(View):
    """What was found, shaped as citations, best first, and how."""

    items: list[Citation]
    trace: dict[str, Any]
