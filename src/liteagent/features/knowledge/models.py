"""Data sources, their documents, the chunks of these, and the words that the lexical index is made of."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["ChunkRow", "DataSourceRow", "DocumentRow", "LexicalTermsRow"]


class DataSourceRow(Owned, Base):
    """Where documents come from, and how far they are indexed.

    `version` grows with every change to its documents: whoever holds an index of it compares and reloads.
    """

    __tablename__ = "data_sources"

    name: Mapped[str] = mapped_column(String(200))
    source_type: Mapped[str] = mapped_column(String(32))
    content: Mapped[str | None] = mapped_column(Text)
    source_path: Mapped[str | None] = mapped_column(String(4000))
    files: Mapped[list[Any]] = mapped_column(default=list)
    chunker: Mapped[dict[str, Any]] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(16), default="queued")
    error: Mapped[dict[str, Any] | None] = mapped_column()
    run_id: Mapped[str | None] = mapped_column(Id)
    version: Mapped[int] = mapped_column(default=0)
    indexed_at: Mapped[datetime | None] = mapped_column()


class DocumentRow(Owned, Base):
    """A document's text as it was parsed; offsets of chunks and citations refer to `text`."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("datasource_id", "name"),)

    datasource_id: Mapped[str] = mapped_column(Id, ForeignKey("data_sources.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(2000))
    status: Mapped[str] = mapped_column(String(16))
    error: Mapped[dict[str, Any] | None] = mapped_column()
    media_type: Mapped[str | None] = mapped_column(String(100))
    title: Mapped[str | None] = mapped_column(String(500))
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    characters: Mapped[int] = mapped_column(default=0)
    chunk_count: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text, default="", deferred=True)


class ChunkRow(Timestamps, Base):
    """A chunk is a range of its document's text; the text itself is kept once, with the document."""

    __tablename__ = "chunks"
    __table_args__ = (Index("ix_chunks_document_id_position", "document_id", "position"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    document_id: Mapped[str] = mapped_column(Id, ForeignKey("documents.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column()
    start: Mapped[int] = mapped_column("start_offset")
    end: Mapped[int] = mapped_column("end_offset")
    heading: Mapped[list[Any]] = mapped_column(default=list)


class LexicalTermsRow(Timestamps, Base):
    """The analysed words of a document, ready to be loaded into an index; none when it is gone.

    `version` is the data source's at the time of the change, so that an index asks only for what is newer.
    """

    __tablename__ = "lexical_terms"
    __table_args__ = (Index("ix_lexical_terms_datasource_id_version", "datasource_id", "version"),)

    document_id: Mapped[str] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    datasource_id: Mapped[str] = mapped_column(Id, ForeignKey("data_sources.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column()
    terms: Mapped[bytes | None] = mapped_column(LargeBinary)
