"""The tables of the chat slice."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.chat.models import ConversationRow, MessageRow
from liteagent.infra.db.paging import Page, page

__all__ = [
    "add_conversation",
    "add_message",
    "conversation_of_run",
    "conversations",
    "get",
    "messages",
    "recent",
    "set_summary",
]

# On the way of every turn, where rows as objects would cost several times as much.
_CONVERSATIONS = cast("Table", ConversationRow.__table__)
_BEGIN, _SAY = insert(_CONVERSATIONS), insert(cast("Table", MessageRow.__table__))
_TOUCH = (
    update(_CONVERSATIONS)
    .where(_CONVERSATIONS.c.id == bindparam("of"))
    .values(updated_at=bindparam("updated_at"))
)


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


def set_summary(session: Session, conversation_id: str, text: str, through: str) -> None:
    """Keep a summary of everything up to the message `through`, where the conversation still is."""
    conversation = session.get(ConversationRow, conversation_id)
    if conversation is not None:
        conversation.summary = {"text": text, "through": through}


def recent(
    session: Session, conversation_id: str, limit: int, after: str | None = None
) -> Sequence[MessageRow]:
    """The newest messages that have content, oldest first; with `after`, only those after that one."""
    later = (MessageRow.id > after,) if after is not None else ()
    query = (
        select(MessageRow)
        .where(MessageRow.conversation_id == conversation_id, MessageRow.content != "", *later)
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


def add_conversation(
    session: Session, principal: Principal, conversation_id: str, agent_id: str, title: str
) -> None:
    """Add a conversation with an agent of the workspace."""
    conversation = {
        "id": conversation_id,
        "workspace_id": principal.workspace_id,
        "created_by": principal.name,
        "agent_id": agent_id,
        "title": title,
    }
    session.connection().execute(_BEGIN, conversation)


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
    session.flush()
    connection = session.connection()
    touched = connection.execute(_TOUCH, {"of": conversation_id, "updated_at": datetime.now(UTC)})
    if not touched.rowcount:
        return
    message: dict[str, Any] = {
        "id": message_id,
        "workspace_id": workspace_id,
        "created_by": created_by,
        "conversation_id": conversation_id,
        "role": role,
        "content": content,
        "status": status,
        "citations": [dict(citation) for citation in citations],
        "run_id": run_id,
        "error": None if error is None else dict(error),
    }
    connection.execute(_SAY, message)
