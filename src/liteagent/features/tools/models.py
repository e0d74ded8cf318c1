"""Where a workspace's tools come from, and what was found there."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["FoundToolRow", "ToolSourceRow"]


class ToolSourceRow(Owned, Base):
    """An MCP server or an API; `headers` is JSON, encrypted for this row and column.

    Attributes:
        allowed: Names of the tools that may be offered, as the origin has them; None allows every one.
        approvals: Whether a person approves each call, by the tool's name; what is not named goes by effect.
        refreshed_at: When its tools were last found; None before the first time.
        error: Why the last refresh failed.
    """

    __tablename__ = "tool_sources"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"),)

    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(24))
    source_type: Mapped[str] = mapped_column(String(32))
    url: Mapped[str | None] = mapped_column(String(2000))
    headers: Mapped[str | None] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    allowed: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    approvals: Mapped[dict[str, Any]] = mapped_column(default=dict)
    refreshed_at: Mapped[datetime | None]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class FoundToolRow(Timestamps, Base):
    """A tool as its origin describes it, and as somebody last accepted it.

    Attributes:
        definition: A `ToolDefinition` under the origin's own name.
        fingerprint: Of `definition`.
        accepted: The definition that models are shown; None where nobody has accepted any.
        accepted_fingerprint: Of `accepted`.
        missing: Whether the last refresh did not find it any more.
    """

    __tablename__ = "found_tools"

    source_id: Mapped[str] = mapped_column(
        Id, ForeignKey("tool_sources.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[int]
    definition: Mapped[dict[str, Any]]
    fingerprint: Mapped[str] = mapped_column(String(64))
    accepted: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    accepted_fingerprint: Mapped[str | None] = mapped_column(String(64))
    missing: Mapped[bool] = mapped_column(default=False)
