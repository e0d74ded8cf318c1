"""Who there is: workspaces, the people in them, their sign-ins and their keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned, Timestamps

__all__ = ["ApiKeyRow", "MembershipRow", "RefreshSessionRow", "UserRow", "WorkspaceRow"]


class WorkspaceRow(Timestamps, Base):
    """What everything else belongs to."""

    __tablename__ = "workspaces"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))


class UserRow(Timestamps, Base):
    """A person. `email` is in lower case."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    disabled_at: Mapped[datetime | None]


class MembershipRow(Timestamps, Base):
    """A person in a workspace; `role` is `owner` or `member`."""

    __tablename__ = "memberships"

    workspace_id: Mapped[str] = mapped_column(
        Id, ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[str] = mapped_column(
        Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16))


class RefreshSessionRow(Timestamps, Base):
    """A sign-in. `token_id` is the one refresh token of it that has not been used."""

    __tablename__ = "refresh_sessions"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[str] = mapped_column(Id, ForeignKey("workspaces.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_id: Mapped[str] = mapped_column(Id)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiKeyRow(Owned, Base):
    """A key for programs; without a user it is the operator's. Only the key's hash is kept."""

    __tablename__ = "api_keys"

    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[Any]]
    last_used_at: Mapped[datetime | None]
