"""The queries of accounts."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.accounts.models import (
    ApiKeyRow,
    MembershipRow,
    RefreshSessionRow,
    UserRow,
    WorkspaceRow,
)
from liteagent.infra.db.paging import Page, page

__all__ = [
    "count_users",
    "delete_key",
    "drop_ended_sessions",
    "find_key",
    "find_session",
    "find_user",
    "first_workspace",
    "get_key",
    "list_keys",
    "membership",
    "revoke_session",
    "touch_key",
    "user_of_key",
    "workspace_of_user",
]


def first_workspace(session: Session) -> WorkspaceRow | None:
    """The workspace that was made first."""
    return session.scalar(select(WorkspaceRow).order_by(WorkspaceRow.id).limit(1))


def count_users(session: Session) -> int:
    """How many people there are."""
    return session.scalar(select(func.count()).select_from(UserRow)) or 0


def find_user(session: Session, email: str) -> UserRow | None:
    """The person with an address."""
    return session.scalar(select(UserRow).where(UserRow.email == email))


def workspace_of_user(session: Session, user_id: str) -> str | None:
    """The workspace that a person came to first."""
    query = select(MembershipRow.workspace_id).where(MembershipRow.user_id == user_id)
    return session.scalar(query.order_by(MembershipRow.created_at, MembershipRow.workspace_id).limit(1))


def membership(session: Session, principal: Principal) -> tuple[WorkspaceRow, UserRow | None, str]:
    """The principal's workspace, the person, and their role there.

    Raises:
        NotFoundError: There is no such workspace any more.
    """
    workspace = session.get(WorkspaceRow, principal.workspace_id)
    if workspace is None:
        raise NotFoundError("The workspace of these credentials is gone. Sign in again.")
    if principal.user_id is None:
        return workspace, None, "operator"
    row = session.get(MembershipRow, (principal.workspace_id, principal.user_id))
    return workspace, session.get(UserRow, principal.user_id), row.role if row else "member"


def find_session(session: Session, session_id: str, user_id: str, now: datetime) -> RefreshSessionRow | None:
    """A sign-in that still holds, of a person who is still welcome."""
    query = (
        select(RefreshSessionRow)
        .join(UserRow, UserRow.id == RefreshSessionRow.user_id)
        .where(
            RefreshSessionRow.id == session_id,
            RefreshSessionRow.user_id == user_id,
            RefreshSessionRow.revoked_at.is_(None),
            RefreshSessionRow.expires_at > now,
            UserRow.disabled_at.is_(None),
        )
    )
    return session.scalar(query)


def revoke_session(session: Session, session_id: str, now: datetime) -> None:
    """End a sign-in, with every token of it."""
    query = update(RefreshSessionRow).where(
        RefreshSessionRow.id == session_id, RefreshSessionRow.revoked_at.is_(None)
    )
    session.execute(query.values(revoked_at=now))


def drop_ended_sessions(session: Session, user_id: str, now: datetime) -> None:
    """Forget a person's sign-ins whose time is over."""
    session.execute(
        delete(RefreshSessionRow).where(
            RefreshSessionRow.user_id == user_id, RefreshSessionRow.expires_at <= now
        )
    )


def find_key(session: Session, prefix: str) -> ApiKeyRow | None:
    """The key with a prefix."""
    return session.scalar(select(ApiKeyRow).where(ApiKeyRow.prefix == prefix))


def user_of_key(session: Session, key: ApiKeyRow) -> UserRow | None:
    """The person a key acts for."""
    return session.get(UserRow, key.user_id) if key.user_id else None


def touch_key(session: Session, key_id: str, now: datetime) -> None:
    """Note that a key was used."""
    session.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.id == key_id)
        .values(last_used_at=now, updated_at=ApiKeyRow.updated_at)
    )


def list_keys(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[ApiKeyRow]:
    """The principal's keys and the operator's, newest first."""
    query = select(ApiKeyRow).where(*_visible(principal))
    return page(session, query, ApiKeyRow.id, limit=limit, cursor=cursor)


def get_key(session: Session, principal: Principal, key_id: str) -> ApiKeyRow:
    """One of the keys that `list_keys` lists.

    Raises:
        NotFoundError: It is none of them.
    """
    row = session.scalar(select(ApiKeyRow).where(ApiKeyRow.id == key_id, *_visible(principal)))
    if row is None:
        raise NotFoundError(
            f"There is no API key {key_id}. List them with GET /api/auth/api-keys.", code="api_key_not_found"
        )
    return row


def delete_key(session: Session, principal: Principal, key_id: str) -> None:
    """Forget a key.

    Raises:
        NotFoundError: It is none of the principal's.
    """
    session.delete(get_key(session, principal, key_id))


def _visible(principal: Principal) -> tuple[ColumnElement[bool], ...]:
    mine = or_(ApiKeyRow.user_id.is_(None), ApiKeyRow.user_id == principal.user_id)
    return ApiKeyRow.workspace_id == principal.workspace_id, mine
