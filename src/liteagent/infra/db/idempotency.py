"""A request that creates something, repeated: the same answer and nothing made twice.

A slice claims inside the unit of work that creates:

    def work(session: Session) -> AgentView:
        agent_id = claim(session, principal, token, fresh)
        if agent_id != fresh:
            return repository.get(session, principal, agent_id)
        return repository.create(session, principal, fresh, …)
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Index, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from liteagent.contracts.errors import ConflictError
from liteagent.contracts.identity import Principal
from liteagent.infra.db.base import Base, Id, Timestamps
from liteagent.infra.system import new_id

__all__ = ["KEPT_FOR", "IdempotencyKeyRow", "IdempotencyToken", "claim"]

KEPT_FOR = timedelta(hours=24)
"""How long a key is remembered."""


@dataclass(frozen=True, slots=True)
class IdempotencyToken:
    """What a client calls a request, which route it is for, and what its body says (both as SHA-256)."""

    key: str
    scope: str
    body_hash: str


class IdempotencyKeyRow(Timestamps, Base):
    """A key that was used, and what the request with it made."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("workspace_id", "principal", "scope", "key", name="uq_idempotency_keys_use"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    workspace_id: Mapped[str] = mapped_column(Id)
    principal: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    resource_id: Mapped[str] = mapped_column(Id)


def claim(
    session: Session,
    principal: Principal,
    token: IdempotencyToken | None,
    fresh: str,
    *,
    now: datetime | None = None,
) -> str:
    """The id to create under: `fresh` the first time, and for a repeat the id that the first time took.

    Without a token every time is the first.

    Raises:
        ConflictError: `idempotency_key_reused`: the key was used with another body.
    """
    if token is None:
        return fresh
    now = now or datetime.now(UTC)
    session.execute(delete(IdempotencyKeyRow).where(IdempotencyKeyRow.created_at < now - KEPT_FOR))
    known = session.scalar(
        select(IdempotencyKeyRow).where(
            IdempotencyKeyRow.workspace_id == principal.workspace_id,
            IdempotencyKeyRow.principal == principal.name,
            IdempotencyKeyRow.scope == token.scope,
            IdempotencyKeyRow.key == token.key,
        )
    )
    if known is None:
        session.add(_row(principal, token, fresh, now))
        session.flush()
        return fresh
    if known.body_hash != token.body_hash:
        raise ConflictError(
            "This Idempotency-Key was used with another body. Use a new key for a new request.",
            code="idempotency_key_reused",
        )
    return known.resource_id


def _row(principal: Principal, token: IdempotencyToken, resource_id: str, now: datetime) -> IdempotencyKeyRow:
    return IdempotencyKeyRow(
        workspace_id=principal.workspace_id,
        principal=principal.name,
        scope=token.scope,
        key=token.key,
        body_hash=token.body_hash,
        resource_id=resource_id,
        created_at=now,
        updated_at=now,
    )
