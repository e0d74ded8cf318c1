"""Talking to agents: a message starts a run, and the run's end is a message of the conversation."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from anyio import to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.documents import Citation
from liteagent.contracts.errors import LiteAgentError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonObject, dump, load
from liteagent.contracts.messages import Image, Message, Role
from liteagent.contracts.runs import STATUS_AFTER, Event, NewRun
from liteagent.engine.agent.events import TurnInputs
from liteagent.engine.agent.memory import Memory, SummaryMemory
from liteagent.engine.rag.support import StatementSupport, support_of
from liteagent.features.agents import repository as agents
from liteagent.features.agents.service import AgentService, PinnedAgent
from liteagent.features.chat import repository
from liteagent.features.chat.schemas import (
    ChatBody,
    ChatMessage,
    ChatReply,
    ConversationList,
    ConversationView,
    ConversationWithMessages,
    MessageView,
    StatementView,
    SupportView,
)
from liteagent.features.runs.following import Cursor
from liteagent.features.runs.service import RunService
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim
from liteagent.infra.http.frames import Frame

__all__ = ["AcceptedTurn", "ChatService", "NewTurn"]

_HISTORY = 200
"""Messages of a conversation that a turn looks back on; the agent's memory keeps of them what fits."""

_TITLE = 80


@dataclass(frozen=True, slots=True)
class AcceptedTurn:
    """A turn that will be brought to an end."""

    conversation_id: str
    run_id: str


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn about to be accepted.

    Attributes:
        inputs: What the agent starts from, as `TurnInputs` is written.
        said: What stands in the conversation as the user's message; empty for none.
        conversation_id: An existing conversation of the principal's; None begins one.
        client: What whoever asks wants to find with the run, as plain JSON.
        history_ids: Of the messages of the history, where they are the conversation's.
    """

    agent: PinnedAgent
    inputs: JsonObject
    said: str
    conversation_id: str | None = None
    client: JsonObject = field(default_factory=dict[str, Any])
    history_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Past:
    """What a turn begins with of its conversation."""

    messages: tuple[Message, ...] = ()
    ids: tuple[str, ...] = ()
    summary: str = ""


class _SentBefore(Exception):  # noqa: N818  not an error: it takes a second acceptance back
    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id


class ChatService:
    """Conversations with agents."""

    def __init__(
        self, database: Database, agents: AgentService, runs: RunService, new_id: IdSource, *, kind: str
    ) -> None:
        self._database = database
        self._agents = agents
        self._runs = runs
        self._new_id = new_id
        self._kind = kind

    async def send(
        self, principal: Principal, body: ChatBody, token: IdempotencyToken | None = None
    ) -> AcceptedTurn:
        """Accept a message: when this returns, conversation, message and run are durable.

        Raises:
            NotFoundError: The agent or the conversation is not this principal's.
            ConflictError: The idempotency key was used for another message.
        """
        pinned = await self._agents.pin(principal, body.agent_id)
        past = await self._past(principal, body.conversation_id, pinned.definition.memory)
        images = tuple(Image(each.media_type, each.data) for each in body.images)
        inputs = dump(TurnInputs(body.message, past.messages, images, summary=past.summary))
        turn = NewTurn(pinned, inputs, body.message, body.conversation_id, history_ids=past.ids)
        return await self.accept(principal, turn, token)

    async def accept(
        self, principal: Principal, turn: NewTurn, token: IdempotencyToken | None = None
    ) -> AcceptedTurn:
        """Accept a turn of a pinned agent: when this returns, conversation, message and run are durable.

        Raises:
            NotFoundError: The agent was deleted, or the conversation is not this principal's.
            ConflictError: The idempotency key was used for another turn.
        """
        conversation_id = turn.conversation_id or self._new_id()
        definition: dict[str, Any] = {"agent": dump(turn.agent), "conversation_id": conversation_id}
        if turn.client:
            definition["client"] = turn.client
        if turn.history_ids:
            definition["history_ids"] = list(turn.history_ids)
        if principal.api_key_id is not None:
            definition["api_key_id"] = principal.api_key_id
        run = NewRun(
            id=self._new_id(),
            workspace_id=principal.workspace_id,
            created_by=principal.name,
            kind=self._kind,
            inputs=turn.inputs,
            definition=definition,
        )

        def say(session: Session) -> None:
            run_id = claim(session, principal, token, run.id)
            if run_id != run.id:
                raise _SentBefore(run_id)
            if turn.conversation_id is None:
                agent_id = turn.agent.agent_id
                agents.require(session, principal, agent_id)  # it may be deleted since it was pinned
                repository.add_conversation(session, principal, conversation_id, agent_id, _title(turn))
            if turn.said:
                _add_question(session, principal, self._new_id(), conversation_id, run.id, turn.said)

        try:
            await self._runs.begin(run, [say])
        except _SentBefore as before:
            return AcceptedTurn(await self._conversation_of(principal, before.run_id), before.run_id)
        return AcceptedTurn(conversation_id, run.id)

    async def reply(self, turn: AcceptedTurn) -> ChatReply:
        """Wait for the turn's end, or for the question that it asks a person.

        Raises:
            LiteAgentError: The turn failed; the error says why, with run and conversation in its details.
        """
        return _reply(turn, await self._runs.settled(turn.run_id))

    async def stream(self, principal: Principal, turn: AcceptedTurn, cursor: Cursor) -> AsyncIterator[Frame]:
        """The turn as it happens. Whoever stops listening can go on later; the turn goes on by itself."""
        return await self._runs.follow(principal, turn.run_id, cursor)

    async def list(
        self, principal: Principal, *, limit: int = 50, cursor: str | None = None
    ) -> ConversationList:
        """A page of the principal's conversations."""

        def find(session: Session) -> ConversationList:
            found = repository.conversations(session, principal, limit=limit, cursor=cursor)
            views = [ConversationView.model_validate(row) for row in found.items]
            return ConversationList(items=views, next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, conversation_id: str) -> ConversationWithMessages:
        """A conversation with everything said in it.

        Raises:
            NotFoundError: Not this principal's.
        """

        def find(session: Session) -> ConversationWithMessages:
            row = repository.get(session, principal, conversation_id)
            said = [MessageView.model_validate(message) for message in repository.messages(session, row.id)]
            view = ConversationView.model_validate(row)
            return ConversationWithMessages(**view.model_dump(), messages=said)

        return await self._database.read(find)

    async def support(self, principal: Principal, conversation_id: str, message_id: str) -> SupportView:
        """How well the citations of an answer support each of its sentences.

        Raises:
            NotFoundError: Not this principal's, or there is no such message in it.
        """
        conversation = await self.get(principal, conversation_id)
        message = next((each for each in conversation.messages if each.id == message_id), None)
        if message is None:
            raise NotFoundError(
                f"There is no message {message_id} in this conversation.", code="message_not_found"
            )
        judged = await to_thread.run_sync(support_of, message.content, message.citations)
        return SupportView(items=[_statement(each) for each in judged])

    async def rename(self, principal: Principal, conversation_id: str, title: str) -> ConversationView:
        """Give a conversation a title.

        Raises:
            NotFoundError: Not this principal's.
        """

        def change(session: Session) -> ConversationView:
            row = repository.get(session, principal, conversation_id)
            row.title = title
            session.flush()
            return ConversationView.model_validate(row)

        return await self._database.write(change)

    async def delete(self, principal: Principal, conversation_id: str) -> None:
        """Delete a conversation with its messages; its runs stay.

        Raises:
            NotFoundError: Not this principal's.
        """
        await self._database.write(
            lambda session: session.delete(repository.get(session, principal, conversation_id))
        )

    async def require(self, principal: Principal, conversation_id: str) -> None:
        """Make sure that a conversation is this principal's.

        Raises:
            NotFoundError: It is not.
        """
        await self._database.read(lambda session: repository.get(session, principal, conversation_id))

    async def _past(self, principal: Principal, conversation_id: str | None, memory: Memory) -> _Past:
        """What is looked back on; of a conversation that is summarized, what came after the summary."""
        if conversation_id is None:
            return _Past()

        def find(session: Session) -> _Past:
            row = repository.get(session, principal, conversation_id)
            kept = row.summary if isinstance(memory, SummaryMemory) else None
            through = str(kept["through"]) if kept else None
            said = repository.recent(session, row.id, _HISTORY, through)
            messages = tuple(Message(Role(each.role), each.content) for each in said)
            if not isinstance(memory, SummaryMemory):
                return _Past(memory.fit(messages))
            return _Past(messages, tuple(each.id for each in said), str(kept["text"]) if kept else "")

        return await self._database.read(find)

    async def _conversation_of(self, principal: Principal, run_id: str) -> str:
        return await self._database.read(
            lambda session: repository.conversation_of_run(session, principal, run_id)
        )


def _title(turn: NewTurn) -> str:
    title = " ".join(turn.said.split()) or turn.agent.definition.name
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"


def _add_question(
    session: Session, principal: Principal, message_id: str, conversation_id: str, run_id: str, content: str
) -> None:
    repository.add_message(
        session,
        message_id=message_id,
        workspace_id=principal.workspace_id,
        created_by=principal.name,
        conversation_id=conversation_id,
        run_id=run_id,
        role="user",
        content=content,
    )


def _reply(turn: AcceptedTurn, end: Event) -> ChatReply:
    payload = cast("Mapping[str, Any]", end.payload)
    outputs: Mapping[str, Any] = payload.get("outputs") or {}
    message: Mapping[str, Any] = outputs.get("message") or {}
    if end.type == "run.failed":
        error = LiteAgentError.from_json(payload["error"])
        error.details |= {"run_id": turn.run_id, "conversation_id": turn.conversation_id}
        raise error
    return ChatReply(
        conversation_id=turn.conversation_id,
        run_id=turn.run_id,
        status=STATUS_AFTER[end.type],
        message=ChatMessage(
            content=str(message.get("content") or _question(payload) or payload.get("partial") or ""),
            citations=[load(Citation, citation) for citation in message.get("citations") or ()],
        ),
        usage=payload.get("usage"),
    )


def _question(payload: Mapping[str, Any]) -> str:
    asked: Sequence[Mapping[str, Any]] = payload.get("waiting_for") or ()
    return "\n\n".join(str(each.get("question", "")) for each in asked)


def _statement(judged: StatementSupport) -> StatementView:
    start, end = judged.span
    return StatementView(
        start=start,
        end=end,
        support=judged.support,
        overlap=judged.overlap,
        missing=list(judged.missing),
        marker=judged.marker,
    )
