"""The questions that are open, so that they are found without reading every run."""

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id

__all__ = ["InboxRow"]


class InboxRow(Base):
    """An open question of a run that has not ended; it comes and goes with the events of its run."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_workspace_id_id", "workspace_id", "id"),
        Index("ix_inbox_run_id_request_id", "run_id", "request_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    run_id: Mapped[str] = mapped_column(Id, ForeignKey("runs.id", ondelete="CASCADE"))
    request_id: Mapped[str] = mapped_column(String(200))
    seq: Mapped[int] = mapped_column(Integer)
    asked_at: Mapped[float] = mapped_column(Float)
    question: Mapped[dict[str, Any]]
