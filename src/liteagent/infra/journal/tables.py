"""The journal's two tables. `runs` is touched when a status changes; an event is one insert."""

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Timestamps

__all__ = ["RunEventRow", "RunRow"]


class RunRow(Timestamps, Base):
    """A run: who started what where, and its status as the last status event left it."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_workspace_id_id", "workspace_id", "id"),
        Index("ix_runs_status", "status"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    created_by: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str | None] = mapped_column(String(64))


class RunEventRow(Base):
    """An event. The primary key (run_id, seq) is the fence: a place can be taken once."""

    __tablename__ = "run_events"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    run_id: Mapped[str] = mapped_column(Id, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(48))
    payload: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Float)
    ref: Mapped[int | None] = mapped_column(Integer)
