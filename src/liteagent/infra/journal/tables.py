"""The journal's tables. `runs` is touched when more than its head changes; an event is one insert."""

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Timestamps
from liteagent.infra.db.commits import CommitRow

__all__ = ["CommitRow", "OutboxRow", "RunEventRow", "RunRow", "RunSnapshotRow", "WorkerRow"]

_OPEN = text("status IN ('PENDING', 'RUNNING', 'WAITING_HUMAN')")


class RunRow(Timestamps, Base):
    """A run: who started what where, and its status as the last status event left it."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_workspace_id_id", "workspace_id", "id"),
        Index("ix_runs_open", "id", "owner", "status", "wake_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id)
    created_by: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    owner: Mapped[str | None] = mapped_column(String(64))
    epoch: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    wake_at: Mapped[float | None] = mapped_column(Float)


class RunEventRow(Base):
    """An event. The primary key (run_id, seq) is the fence: a place can be taken once.

    It refers to no run by a foreign key, which would cost Postgres as much again as the insert: a run is
    there before its first event, and whoever deletes one deletes its events with it.
    On SQLite the table has rowids, so that what different runs append goes to the same pages: half the cost
    of a commit for a hundred of them.
    """

    __tablename__ = "run_events"

    run_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    type: Mapped[str] = mapped_column(String(48))
    payload: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Float)
    ref: Mapped[int | None] = mapped_column(Integer)


class RunSnapshotRow(Base):
    """The state of a run after event `seq`. All are kept, for forks; each covers more than the one before."""

    __tablename__ = "run_snapshots"

    run_id: Mapped[str] = mapped_column(Id, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    body: Mapped[str] = mapped_column(Text)


class OutboxRow(Base):
    """A message that left with a commit and is not delivered yet; `due_at` in seconds since the epoch."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_topic_due_at", "topic", "due_at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    payload: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    due_at: Mapped[float] = mapped_column(Float)


class WorkerRow(Base):
    """A worker process and until when it counts as alive: seconds since the epoch by the database's clock."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[float] = mapped_column(Float)
    lease_until: Mapped[float] = mapped_column(Float)
