"""Agents, and the data sources each may search."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["AgentDatasourceRow", "AgentRow"]


class AgentRow(Owned, Base):
    """An agent as its users configured it; a run pins what it needs of it."""

    __tablename__ = "agents"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"),)

    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(Text, default="")
    system_prompt: Mapped[str] = mapped_column(Text, default="")
    provider_id: Mapped[str | None] = mapped_column(Id, ForeignKey("llm_providers.id", ondelete="SET NULL"))
    tools: Mapped[list[Any]] = mapped_column(default=list)
    memory: Mapped[dict[str, Any]] = mapped_column(default=dict)
    budget: Mapped[dict[str, Any]] = mapped_column(default=dict)
    fallbacks: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    strategy: Mapped[str] = mapped_column(String(16), default="priority", server_default="priority")
    output_schema: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    guardrails: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    agents: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    prefetch: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    warnings: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")


class AgentDatasourceRow(Timestamps, Base):
    """An agent may search a data source. `position` keeps the order they were given in."""

    __tablename__ = "agent_datasources"

    agent_id: Mapped[str] = mapped_column(Id, ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    datasource_id: Mapped[str] = mapped_column(
        Id, ForeignKey("data_sources.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    workspace_id: Mapped[str] = mapped_column(Id)
    position: Mapped[int] = mapped_column(default=0)
