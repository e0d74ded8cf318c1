"""Conversations and what was said in them."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from liteagent.infra.db.base import Base, Id, Owned

__all__ = ["ConversationRow", "MessageRow"]


class ConversationRow(Owned, Base):
    """A conversation of one person with one agent.

    `summary` is of its beginning: {text, through}, where `through` is the id of the last message in it.
    """

    __tablename__ = "conversations"

    agent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("agents.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class MessageRow(Owned, Base):
    """A message; the assistant's carries the run that made it and how it ended (`complete`, `partial`)."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_conversation_id_id", "conversation_id", "id"),)

    conversation_id: Mapped[str] = mapped_column(Id, ForeignKey("conversations.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="complete")
    citations: Mapped[list[Any]] = mapped_column(default=list)
    run_id: Mapped[str | None] = mapped_column(Id, index=True)
    error: Mapped[dict[str, Any] | None] = mapped_column()
