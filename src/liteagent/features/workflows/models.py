"""Workflows, and every version of their documents."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["WorkflowRow", "WorkflowVersionRow"]


class WorkflowRow(Owned, Base):
    """A workflow; name and description are those of its newest version."""

    __tablename__ = "workflows"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"),)

    slug: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None] = mapped_column(default=None)


class WorkflowVersionRow(Timestamps, Base):
    """A document as it was saved; it never changes. Runs have what they need of it in their journal."""

    __tablename__ = "workflow_versions"

    workflow_id: Mapped[str] = mapped_column(
        Id, ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    workspace_id: Mapped[str] = mapped_column(Id)
    created_by: Mapped[str] = mapped_column(String(64))
    content_hash: Mapped[str] = mapped_column(String(64))
    document: Mapped[str] = mapped_column(Text)
