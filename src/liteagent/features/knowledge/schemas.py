"""Data sources, documents and search results as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from liteagent.contracts.documents import DocumentRef
from liteagent.infra.http.schemas import Body, Identifier, Name, Text, View

__all__ = [
    "ChunkList",
    "ChunkView",
    "ChunkerBody",
    "ConditionBody",
    "DataSourceBody",
    "DataSourceList",
    "DataSourcePatch",
    "DataSourceView",
    "DocumentList",
    "DocumentText",
    "DocumentView",
    "EmbeddingBody",
    "EmbeddingView",
    "ErrorView",
    "FoundPassage",
    "IndexingCounts",
    "IndexingProgress",
    "RetrievalBody",
    "SearchBody",
    "SearchResult",
]

_Status = Literal["queued", "indexing", "ready", "failed"]
_Path = Annotated[str, Field(min_length=1, max_length=4000)]
_Secret = Annotated[str, Field(min_length=1, max_length=4000)]


class ChunkerBody(Body):
    """How documents are cut. What a strategy does not know, it must not be given."""

    strategy: Literal[
        "fixed", "recursive", "semantic", "structure", "code", "parent_child", "question_answer"
    ] = "recursive"
    chunk_size: Annotated[int, Field(ge=32, le=10_000, description="Most of a chunk, in `unit`s.")] = 1000
    overlap: Annotated[
        int, Field(ge=0, le=2_000, description="Most that a chunk repeats of the one before.")
    ] = 100
    unit: Literal["characters", "tokens"] = "characters"
    parent_size: Annotated[
        int | None, Field(ge=32, le=100_000, description="`parent_child`: most of what is read.")
    ] = None
    percentile: Annotated[
        float | None, Field(ge=0, le=100, description="`semantic`: how rare a break in meaning is.")
    ] = None
    threshold: Annotated[
        float | None, Field(ge=-1, le=1, description="`semantic`: the likeness below which it breaks.")
    ] = None
    window: Annotated[
        int | None, Field(ge=1, le=20, description="`semantic`: sentences compared on each side.")
    ] = None
    minimum: Annotated[int | None, Field(ge=0, le=10_000, description="`semantic`: least of a chunk.")] = None
    join_below: Annotated[
        int | None, Field(ge=0, le=10_000, description="`structure`: sections shorter than this are joined.")
    ] = None
    language: Annotated[
        str | None, Field(min_length=1, max_length=32, description="`code`: told by the name where left out.")
    ] = None

    @model_validator(mode="after")
    def _overlap_is_a_part(self) -> Self:
        if self.overlap * 2 > self.chunk_size:
            raise ValueError("overlap must be at most half of chunk_size")
        return self

    def to_json(self) -> dict[str, Any]:
        """As a data source keeps it: only what says something."""
        return self.model_dump(exclude_none=True)


class EmbeddingBody(Body):
    """The model that texts are embedded with; without a provider the local one."""

    provider_id: Identifier | None = None
    provider_type: Annotated[str | None, Field(min_length=1, max_length=32)] = None
    model: Annotated[str, Field(max_length=200)] = ""
    dimensions: Annotated[int | None, Field(ge=8, le=8192)] = None


class RetrievalBody(Body):
    """How passages are found and put in order; what is left out is decided by the data source, else by us."""

    retriever: Literal["bm25", "vector", "hybrid"] | None = None
    fusion: Literal["rrf", "convex"] | None = None
    rrf_k: Annotated[int | None, Field(ge=0, le=10_000)] = None
    vector_weight: Annotated[float | None, Field(ge=0, le=1)] = None
    candidates: Annotated[int | None, Field(ge=1, le=1000)] = None
    threshold: Annotated[float | None, Field(ge=-1e9, le=1e9)] = None
    mmr: Annotated[float | None, Field(ge=0, le=1)] = None
    reranker: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    rerank_top: Annotated[int | None, Field(ge=1, le=1000)] = None
    rewrite: Literal["none", "llm"] | None = None
    rewrites: Annotated[int | None, Field(ge=1, le=8)] = None
    expand_parents: bool | None = None
    distinct: bool | None = None
    infer_filters: Literal["none", "llm"] | None = None

    def to_json(self) -> dict[str, Any]:
        """Only what says something."""
        return self.model_dump(exclude_none=True)


class ConditionBody(Body):
    """What a document's metadata must say: one of some values, or within bounds (both ends included)."""

    field: Annotated[str, Field(min_length=1, max_length=100)]
    any_of: list[str | int | float | bool] = Field(default=[], max_length=100)
    at_least: str | float | None = None
    at_most: str | float | None = None


class DataSourceBody(Body):
    """A data source to create.

    `text` holds its `content`; `file` reads `source_path` or uploaded files; `url` reads the page, sitemap or
    site at `source_path`; `gitlab` reads projects of `gitlab_url`. What else a type can be told stands in
    `config`; GET /api/meta/source-types describes it.
    """

    name: Name
    source_type: Annotated[str, Field(min_length=1, max_length=32)]
    content: Annotated[str | None, Field(max_length=5_000_000)] = None
    source_path: _Path | None = None
    gitlab_url: _Path | None = None
    gitlab_token: _Secret | None = None
    config: dict[str, Any] = Field(default={}, max_length=50)
    chunker: ChunkerBody = ChunkerBody()
    embedding: EmbeddingBody | None = Field(
        default=None, description="null: words only. Left out: the local model, where it is installed."
    )
    retrieval: RetrievalBody = RetrievalBody()
    language: Annotated[
        str, Field(min_length=2, max_length=32, description="Of the texts; `auto`: each tells its own.")
    ] = "auto"
    watch: bool = Field(default=False, description="`file`: index by itself when the folder changes.")
    sync_every: Annotated[
        int | None, Field(ge=60, le=31_536_000, description="Seconds from one indexing to the next.")
    ] = None

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
        if self.source_type != "text" and self.content is not None:
            raise ValueError(f"a {self.source_type} source has no `content`")
        if self.source_type != "gitlab" and (self.gitlab_url or self.gitlab_token):
            raise ValueError("only a gitlab source has `gitlab_url` and `gitlab_token`")
        if self.watch and self.source_type != "file":
            raise ValueError("only a folder can be watched; use `sync_every`")
        return self


class DataSourcePatch(Body):
    """What can be changed of a data source; it is indexed again at the next POST …/index.

    Changing `chunker`, `embedding` or `language` then makes all documents anew behind the scenes; until that
    is done, the old index answers.
    """

    name: Name | None = None
    content: Annotated[str | None, Field(min_length=1, max_length=5_000_000)] = None
    source_path: _Path | None = None
    gitlab_url: _Path | None = None
    gitlab_token: _Secret | None = None
    config: dict[str, Any] | None = Field(default=None, max_length=50)
    chunker: ChunkerBody | None = None
    embedding: EmbeddingBody | None = None
    retrieval: RetrievalBody | None = None
    language: Annotated[str | None, Field(min_length=2, max_length=32)] = None
    watch: bool | None = None
    sync_every: Annotated[int | None, Field(ge=60, le=31_536_000)] = None

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


class EmbeddingView(View):
    """An embedding model."""

    provider_type: str
    model: str = ""
    provider_id: str | None = None
    dimensions: int | None = None


class IndexingProgress(View):
    """How far the indexing run is, under way or last; `percent` never decreases within a run."""

    done: int = Field(default=0, description="Documents handled, the unchanged and failed ones included.")
    total: int = Field(default=0, description="Documents to handle; 0 until the source is listed.")
    percent: int = 0


class DataSourceView(View):
    """A data source. Its documents can be searched as soon as each is indexed, also while others are not."""

    id: str
    name: str
    source_type: str
    content: str | None = None
    source_path: str | None = None
    gitlab_url: str | None = None
    gitlab_token: str | None = Field(default=None, description="Masked.")
    config: dict[str, Any] = Field(default={})
    files: list[str] = Field(default=[], description="Names of the uploaded files.")
    chunker: ChunkerBody
    embedding: EmbeddingView | None = None
    retrieval: dict[str, Any] = Field(default={})
    language: str = "auto"
    watch: bool = False
    sync_every: int | None = None
    next_sync_at: datetime | None = None
    status: _Status
    progress: IndexingProgress = IndexingProgress()
    counts: IndexingCounts
    rebuild_needed: bool = Field(
        default=False,
        description="Chunker, model or language were changed: index it to bring that into effect.",
    )
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
    """A document of a data source, and how far its indexing is."""

    id: str
    datasource_id: str
    name: str
    status: _Status
    stage: str | None = Field(
        default=None, description="While it is indexed: reading, parsing, chunking or embedding."
    )
    percent: int = 0
    attempts: int = 0
    error: ErrorView | None = None
    media_type: str | None = None
    title: str | None = None
    url: str | None = None
    metadata: dict[str, Any] = Field(default={})
    size: int = Field(description="Bytes of the source.")
    characters: int = Field(description="Code points of the text.")
    chunks: int
    created_at: datetime
    updated_at: datetime


class ChunkView(View):
    """A chunk of a document: `start` and `end` count the code points of its text."""

    id: str
    index: int
    start: int
    end: int
    heading: list[str] = Field(default=[])
    page: int | None = None
    parent: tuple[int, int] | None = None
    context: str = ""


class ChunkList(View):
    """The chunks of a document that are searched, in the order of the text."""

    items: list[ChunkView]
    next_cursor: None = None


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
    retriever: Literal["bm25", "vector", "hybrid"] | None = None
    options: RetrievalBody = RetrievalBody()
    where: list[ConditionBody] = Field(default=[], max_length=20)


class FoundPassage(View):
    """A citation of what was found, and how its score came about."""

    document: DocumentRef
    datasource_id: str
    chunk_id: str
    start: int
    end: int
    text: str
    score: float
    marker: int
    heading: list[str] = Field(default=[])
    page: int | None = None
    metadata: dict[str, Any] = Field(default={})
    explanation: dict[str, float] = Field(
        default={}, description="Each part's score, rank and share of the final score."
    )


class SearchResult(View):
    """What was found, shaped as citations, best first, and how."""

    items: list[FoundPassage]
    trace: dict[str, Any]
