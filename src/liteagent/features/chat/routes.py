"""`/api/chat` and `/api/conversations`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response, status

from liteagent.features.chat.schemas import (
    ChatBody,
    ChatReply,
    ConversationList,
    ConversationPatch,
    ConversationView,
    ConversationWithMessages,
    SupportView,
)
from liteagent.features.chat.service import ChatService
from liteagent.features.runs.following import Cursor
from liteagent.infra.http.dependencies import (
    CurrentPrincipal,
    Idempotency,
    Paging,
    ResourceId,
    Streamer,
    provide,
)
from liteagent.infra.http.route import ApiRoute

__all__ = ["conversations", "router"]

router = APIRouter(prefix="/api/chat", tags=["chat"], route_class=ApiRoute)
conversations = APIRouter(prefix="/api/conversations", tags=["chat"], route_class=ApiRoute)

_Service = Annotated[ChatService, Depends(provide(ChatService))]
_LastEventId = Annotated[
    str | None, Header(description="With the same Idempotency-Key: go on after this event of the turn.")
]


@router.post("", response_model=ChatReply)
async def chat(
    service: _Service,
    principal: CurrentPrincipal,
    token: Idempotency,
    stream: Streamer,
    body: ChatBody,
    last_event_id: _LastEventId = None,
) -> Response | ChatReply:
    """Say something to an agent; the answer is JSON, or a stream of events with `"stream": true`.

    The turn is accepted before anything is answered, and goes on if the client leaves: find it in the
    conversation, or follow it at `/api/runs/{run_id}/events`.
    """
    cursor = Cursor.parse(last_event_id)
    turn = await service.send(principal, body, token)
    if not body.stream:
        return await service.reply(turn)
    response = await stream(await service.stream(principal, turn, cursor))
    response.headers["X-Run-Id"] = turn.run_id
    response.headers["X-Conversation-Id"] = turn.conversation_id
    return response


@conversations.get("")
async def list_conversations(
    service: _Service, principal: CurrentPrincipal, paging: Paging
) -> ConversationList:
    """Your conversations, newest first."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@conversations.get("/{conversation_id}")
async def get_conversation(
    service: _Service, principal: CurrentPrincipal, conversation_id: ResourceId
) -> ConversationWithMessages:
    """A conversation with everything said in it, oldest first."""
    return await service.get(principal, conversation_id)


@conversations.get("/{conversation_id}/messages/{message_id}/support")
async def get_support(
    service: _Service, principal: CurrentPrincipal, conversation_id: ResourceId, message_id: ResourceId
) -> SupportView:
    """Which sentences of an answer its citations speak for. It compares words, not meanings."""
    return await service.support(principal, conversation_id, message_id)


@conversations.patch("/{conversation_id}")
@conversations.put("/{conversation_id}", name="put_conversation")
async def rename_conversation(
    service: _Service, principal: CurrentPrincipal, conversation_id: ResourceId, body: ConversationPatch
) -> ConversationView:
    """Give a conversation a title."""
    return await service.rename(principal, conversation_id, body.title)


@conversations.delete("/{conversation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_conversation(
    service: _Service, principal: CurrentPrincipal, conversation_id: ResourceId
) -> None:
    """Delete a conversation with its messages."""
    await service.delete(principal, conversation_id)
