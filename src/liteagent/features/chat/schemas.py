"""Chat, conversations and messages as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from liteagent.contracts.documents import Citation
from liteagent.contracts.runs import RunStatus
from liteagent.infra.http.schemas import Body, Name, NotBlank, View

__all__ = [
    "ChatBody",
    "ChatMessage",
    "ChatReply",
    "ConversationList",
    "ConversationPatch",
    "ConversationView",
    "ConversationWithMessages",
    "ImageBody",
    "MessageView",
    "StatementView",
    "SupportView",
]


_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Said = Annotated[str, Field(min_length=1, max_length=200_000), NotBlank]


class ImageBody(Body):
    """A picture, with its bytes as base64."""

    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: Annotated[str, Field(min_length=4, max_length=14_000_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]


class ChatBody(Body):
    """A message to an agent; `stream` answers with server-sent events instead of JSON."""

    agent_id: _Id
    message: _Said
    conversation_id: _Id | None = None
    stream: bool = False
    images: Annotated[list[ImageBody], Field(max_length=8)] = Field(
        default=[], description="Shown with the message, to a model that can see."
    )


class ChatMessage(View):
    """What the agent said; a citation's `marker` is the number in `content` that stands for it."""

    role: Literal["assistant"] = "assistant"
    content: str
    citations: list[Citation] = Field(default=[])


class ChatReply(View):
    """The end of a turn. In status WAITING_HUMAN the message is what it asks: POST /api/runs/{id}/answers."""

    conversation_id: str
    run_id: str
    status: RunStatus
    message: ChatMessage
    usage: dict[str, Any] | None = None


class MessageView(View):
    """A message of a conversation."""

    id: str
    role: Literal["user", "assistant"]
    content: str
    status: Literal["complete", "partial", "failed"]
    citations: list[Citation] = Field(default=[])
    run_id: str | None
    error: dict[str, Any] | None = None
    created_at: datetime


class StatementView(View):
    """A sentence of an answer: `start` and `end` count the code points of its content."""

    start: int
    end: int
    support: Literal["supported", "weak", "unsupported", "none"]
    overlap: float = Field(description="The share of its words that stand in the best citation.")
    missing: list[str] = Field(default=[], description="Numbers and names that stand in no citation.")
    marker: int | None = Field(default=None, description="The citation that speaks for it best.")


class SupportView(View):
    """Every sentence of an answer, and how well its citations support it."""

    items: list[StatementView]


class ConversationView(View):
    """A conversation."""

    id: str
    agent_id: str | None
    title: str
    created_at: datetime
    updated_at: datetime


class ConversationWithMessages(ConversationView):
    """A conversation and everything said in it, oldest first."""

    messages: list[MessageView]


class ConversationList(View):
    """A page of conversations, newest first."""

    items: list[ConversationView]
    next_cursor: str | None = None


class ConversationPatch(Body):
    """A new title."""

    title: Name
