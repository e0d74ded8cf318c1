"""Data sources, their documents, the chunks of these, and what indexes are made of: words and vectors."""

from datetime import datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["ChunkRow", "DataSourceRow", "DocumentRow", "DocumentVectorsRow", "LexicalTermsRow"]


class DataSourceRow(Owned, Base):
    """Where documents come from, what they are made into, and how far they are indexed.

    Attributes:
        config: What only this type of source has; its secrets are in `secrets`, encrypted for this row.
        chunker, embedding, language: What is wanted; `made_with` is what the served generation was made with.
        generation: The generation of chunks that is searched. Another one is made behind the scenes.
        version: Grows with every change to its documents: whoever holds an index compares and reloads.
        total, done: Documents of the indexing run under way or last, and how many of them it has handled.
        sync_every: Seconds from one indexing to the next; None is by hand only.
        next_sync_at: When the next one is due, in seconds since the epoch.
        retrieval: How it is searched where a question does not say.
    """

    __tablename__ = "data_sources"

    name: Mapped[str] = mapped_column(String(200))
    source_type: Mapped[str] = mapped_column(String(32))
    content: Mapped[str | None] = mapped_column(Text)
    source_path: Mapped[str | None] = mapped_column(String(4000))
    files: Mapped[list[Any]] = mapped_column(default=list)
    config: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    secrets: Mapped[str | None] = mapped_column(Text)
    chunker: Mapped[dict[str, Any]] = mapped_column(default=dict)
    embedding: Mapped[dict[str, Any] | None] = mapped_column()
    language: Mapped[str] = mapped_column(String(32), default="auto", server_default="auto")
    retrieval: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    status: Mapped[str] = mapped_column(String(16), default="queued")
    error: Mapped[dict[str, Any] | None] = mapped_column()
    run_id: Mapped[str | None] = mapped_column(Id)
    version: Mapped[int] = mapped_column(default=0)
    generation: Mapped[int] = mapped_column(default=0, server_default="0")
    made_with: Mapped[dict[str, Any] | None] = mapped_column()
    total: Mapped[int] = mapped_column(default=0, server_default="0")
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    watch: Mapped[bool] = mapped_column(default=False, server_default="0")
    sync_every: Mapped[int | None] = mapped_column()
    next_sync_at: Mapped[float | None] = mapped_column(Float, index=True)
    indexed_at: Mapped[datetime | None] = mapped_column()


class DocumentRow(Owned, Base):
    """A document's text as it was parsed; offsets of chunks and citations refer to `text`.

    Attributes:
        fingerprint: Of the bytes; the same one means that nothing has changed.
        source_version: What the source called this state, where it says so.
        outline: {sections: [[title, level, start]], pages: [start]} of the text.
        details: What the source and the format know of it; filters ask for it.
        stage, percent: How far it is while it is being indexed; percent never decreases within a run.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("datasource_id", "name"),
        Index("ix_documents_datasource_id_fingerprint", "datasource_id", "fingerprint"),
    )

    datasource_id: Mapped[str] = mapped_column(Id, ForeignKey("data_sources.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(2000))
    status: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str | None] = mapped_column(String(16))
    percent: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[dict[str, Any] | None] = mapped_column()
    media_type: Mapped[str | None] = mapped_column(String(100))
    title: Mapped[str | None] = mapped_column(String(500))
    url: Mapped[str | None] = mapped_column(String(4000))
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    source_version: Mapped[str | None] = mapped_column(String(400))
    size: Mapped[int] = mapped_column(default=0)
    characters: Mapped[int] = mapped_column(default=0)
    chunk_count: Mapped[int] = mapped_column(default=0)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    outline: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}", deferred=True)
    text: Mapped[str] = mapped_column(Text, default="", deferred=True)


class ChunkRow(Timestamps, Base):
    """A chunk is a range of its document's text; the text itself is kept once, with the document."""

    __tablename__ = "chunks"
    __table_args__ = (Index("ix_chunks_document_id_position", "document_id", "position"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default="0")
    workspace_id: Mapped[str] = mapped_column(Id)
    document_id: Mapped[str] = mapped_column(Id, ForeignKey("documents.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    start: Mapped[int] = mapped_column("start_offset")
    end: Mapped[int] = mapped_column("end_offset")
    heading: Mapped[list[Any]] = mapped_column(default=list)
    page: Mapped[int | None] = mapped_column()
    parent_start: Mapped[int | None] = mapped_column()
    parent_end: Mapped[int | None] = mapped_column()
    context: Mapped[str] = mapped_column(Text, default="", server_default="")


class LexicalTermsRow(Timestamps, Base):
    """What the indexes hold of a document in one generation; `terms` is none when it is gone.

    Attributes:
        version: The data source's at the time of the change, so that an index asks only for what is newer.
        terms: The analysed words, in the order of the document's chunks.
        space: What the vectors of its chunks can be compared with; None where there are none.
        keys: For each chunk, 16 bytes that name what was embedded, see `DocumentVectorsRow`.
    """

    __tablename__ = "lexical_terms"
    __table_args__ = (Index("ix_lexical_terms_datasource_id_version", "datasource_id", "version"),)

    document_id: Mapped[str] = mapped_column(Id, primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default="0")
    workspace_id: Mapped[str] = mapped_column(Id)
    datasource_id: Mapped[str] = mapped_column(Id, ForeignKey("data_sources.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column()
    terms: Mapped[bytes | None] = mapped_column(LargeBinary)
    space: Mapped[str | None] = mapped_column(String(400))
    keys: Mapped[bytes | None] = mapped_column(LargeBinary)


class DocumentVectorsRow(Timestamps, Base):
    """The vectors of a document's chunks by what was embedded, so that a text is embedded once.

    While a document is being embedded, what is done so far is added, so a crash costs little.

    Attributes:
        keys: 16 bytes for each vector: a digest of the text.
        vectors: As many rows of 32-bit floats, little endian.
    """

    __tablename__ = "document_vectors"

    document_id: Mapped[str] = mapped_column(
        Id, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    space: Mapped[str] = mapped_column(String(400), primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    keys: Mapped[bytes] = mapped_column(LargeBinary)
    vectors: Mapped[bytes] = mapped_column(LargeBinary)
