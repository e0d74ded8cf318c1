"""What starts runs by itself or tells others of them, and what each of these did."""

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.features.triggers.states import DeliveryStatus
from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["DeliveryRow", "TriggerRow"]


class TriggerRow(Owned, Base):
    """A schedule, a webhook that others call, or one that is called when runs end.

    Moments are in seconds since the epoch. Of the two secrets and the two tokens the `previous_` one holds
    until `previous_until`.

    Attributes:
        kind: `schedule`, `webhook` or `outgoing`.
        inputs: What a run is started with; texts in it may be templates. None takes the request's body.
        next_run_at: The moment that is due next; None where nothing is, because it is paused or no schedule.
        token: SHA-256 of the secret part of a webhook's address.
        secret: What requests are signed with, encrypted for this row and column.
        watched: Ids of the workflows and agents whose runs are told of; empty for all.
    """

    __tablename__ = "triggers"
    __table_args__ = (
        Index("ix_triggers_next_run_at", "next_run_at"),
        Index("ix_triggers_token", "token", unique=True),
        Index("ix_triggers_previous_token", "previous_token"),
    )

    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    enabled: Mapped[bool] = mapped_column(default=True)
    workflow_id: Mapped[str | None] = mapped_column(Id)
    agent_id: Mapped[str | None] = mapped_column(Id)
    version: Mapped[int | None]
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    overlap: Mapped[str] = mapped_column(String(16), default="allow")
    cron: Mapped[str | None] = mapped_column(String(200))
    timezone: Mapped[str | None] = mapped_column(String(64))
    catch_up: Mapped[str] = mapped_column(String(16), default="once")
    catch_up_limit: Mapped[int] = mapped_column(default=10)
    next_run_at: Mapped[float | None] = mapped_column(Float)
    token: Mapped[str | None] = mapped_column(String(64))
    token_hint: Mapped[str | None] = mapped_column(String(8))
    signature: Mapped[str] = mapped_column(String(16), default="none")
    secret: Mapped[str | None] = mapped_column(Text)
    previous_token: Mapped[str | None] = mapped_column(String(64))
    previous_secret: Mapped[str | None] = mapped_column(Text)
    previous_until: Mapped[float | None] = mapped_column(Float)
    url: Mapped[str | None] = mapped_column(String(2000))
    events: Mapped[list[Any]] = mapped_column(default=list)
    watched: Mapped[list[Any]] = mapped_column(default=list)


class DeliveryRow(Timestamps, Base):
    """One thing that a trigger has to do, once: to start a run, or to tell a receiver of one.

    Attributes:
        key: What it is for: a moment, a sender's delivery, an event of a run. A trigger does no key twice.
        proof: SHA-256 of the signature that the request bore, which no second request may bear.
        status: `waiting` for its next attempt, `delivered`, `skipped` or `failed`.
        request: What the run is started with; None for what is sent.
        body: What is sent, byte for byte the same at each attempt; None for a start.
        attempts: How many were begun.
        due_at: When the next attempt is due; while one is under way, when it counts as lost.
        run_id: The run that was started, or that is told of.
        settled_at: When it came to its end.
    """

    __tablename__ = "trigger_deliveries"
    __table_args__ = (
        UniqueConstraint("trigger_id", "key"),
        Index("ix_trigger_deliveries_trigger_id_id", "trigger_id", "id"),
        Index("ix_trigger_deliveries_trigger_id_proof", "trigger_id", "proof"),
        Index("ix_trigger_deliveries_status_due_at", "status", "due_at"),
        Index("ix_trigger_deliveries_settled_at", "settled_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    trigger_id: Mapped[str] = mapped_column(Id, ForeignKey("triggers.id", ondelete="CASCADE"))
    workspace_id: Mapped[str] = mapped_column(Id)
    key: Mapped[str] = mapped_column(String(120))
    proof: Mapped[str | None] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(48))
    status: Mapped[DeliveryStatus] = mapped_column(String(16), default="waiting")
    request: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    body: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[float] = mapped_column(Float)
    run_id: Mapped[str | None] = mapped_column(Id)
    response_status: Mapped[int | None]
    response_text: Mapped[str | None] = mapped_column(Text)
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    settled_at: Mapped[float | None] = mapped_column(Float)
