"""The tables of the chat slice."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.chat.models import ConversationRow, MessageRow
from liteagent.infra.db.paging import Page, page

__all__ = ["add_message", "conversation_of_run", "conversations", "get", "messages", "recent"]


def get(session: Session, principal: Principal, conversation_id: str) -> ConversationRow:
    """One conversation; only its own person sees it.

    Raises:
        NotFoundError: Not this principal's.
    """
    row = session.get(ConversationRow, conversation_id)
    if row is None or (row.workspace_id, row.created_by) != (principal.workspace_id, principal.name):
        raise NotFoundError(
            f"There is no conversation {conversation_id}. List them with GET /api/conversations.",
            code="conversation_not_found",
        )
    return row


def conversations(
    session: Session, principal: Principal, *, limit: int, cursor: str | None
) -> Page[ConversationRow]:
    """The principal's conversations, newest first."""
    query = select(ConversationRow).where(
        ConversationRow.workspace_id == principal.workspace_id, ConversationRow.created_by == principal.name
    )
    return page(session, query, ConversationRow.id, limit=limit, cursor=cursor)


def messages(session: Session, conversation_id: str) -> Sequence[MessageRow]:
    """Everything said in a conversation, oldest first."""
    query = select(MessageRow).where(MessageRow.conversation_id == conversation_id).order_by(MessageRow.id)
    return session.scalars(query).all()


def recent(session: Session, conversation_id: str, limit: int) -> Sequence[MessageRow]:
    """The newest messages that have content, oldest first."""
    query = (
        select(MessageRow)
        .where(MessageRow.conversation_id == conversation_id, MessageRow.content != "")
        .order_by(MessageRow.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()[::-1]


def conversation_of_run(session: Session, principal: Principal, run_id: str) -> str:
    """The conversation that a run of this principal's answers in.

    Raises:
        NotFoundError: It was deleted.
    """
    query = select(MessageRow.conversation_id).where(
        MessageRow.run_id == run_id, MessageRow.workspace_id == principal.workspace_id
    )
    conversation_id = session.scalars(query.limit(1)).first()
    if conversation_id is None:
        raise NotFoundError("The conversation of this message was deleted.", code="conversation_not_found")
    return conversation_id


def add_message(
    session: Session,
    *,
    message_id: str,
    workspace_id: str,
    created_by: str,
    conversation_id: str,
    run_id: str,
    role: str,
    content: str,
    status: str = "complete",
    citations: Sequence[Mapping[str, Any]] = (),
    error: Mapping[str, Any] | None = None,
) -> None:
    """Add a message; one to a conversation that was deleted meanwhile is dropped."""
    conversation = session.get(ConversationRow, conversation_id)
    if conversation is None:
        return
    conversation.updated_at = datetime.now(UTC)
    session.add(
        MessageRow(
            id=message_id,
            workspace_id=workspace_id,
            created_by=created_by,
            conversation_id=conversation_id,
            role=role,
            content=content,
            status=status,
            citations=[dict(citation) for citation in citations],
            run_id=run_id,
            error=None if error is None else dict(error),
        )
    )
