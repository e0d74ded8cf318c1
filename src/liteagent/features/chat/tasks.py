"""The run kind `chat`: an agent's turn whose end becomes a message of its conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.identity import Spender
from liteagent.contracts.json import JsonObject, load
from liteagent.contracts.runs import Event, Rider, RunRecord
from liteagent.engine.agent.events import SummaryMade
from liteagent.engine.agent.state import AgentState
from liteagent.engine.runs.protocol import Program, RunKind
from liteagent.features.agents.service import PinnedAgent
from liteagent.features.agents.turns import AgentTurns
from liteagent.features.chat import repository

__all__ = ["CHAT", "chat_kind"]

CHAT = "chat"

_STATUS = {"run.completed": "complete", "run.failed": "failed", "run.cancelled": "partial"}


def chat_kind(turns: AgentTurns, new_id: IdSource) -> RunKind[AgentState]:
    """The kind of run that `POST /api/chat` starts."""

    def open_run(record: RunRecord, started: JsonObject) -> Program[AgentState]:
        definition = cast("Mapping[str, Any]", started["definition"])
        pinned = load(PinnedAgent, definition["agent"])
        spender = Spender(created_by=record.created_by, api_key_id=_text(definition.get("api_key_id")))
        program = turns.program(record.workspace_id, pinned, spender)
        history_ids = cast("Sequence[str]", definition.get("history_ids") or ())
        conversation_id = str(definition["conversation_id"])

        def riders(_state: AgentState, event: Event) -> Sequence[Rider]:
            if event.type == "summary.completed" and "agent" not in event.payload:
                return (_summarized(conversation_id, event, history_ids),)
            if event.type not in _STATUS:
                return ()
            said = _said(record, conversation_id, event, new_id())
            return () if said is None else (said,)

        return replace(program, riders=riders)

    return RunKind(CHAT, open_run)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _summarized(conversation_id: str, event: Event, history_ids: Sequence[str]) -> Rider:
    """Keep the summary with the conversation, so that the next turn needs none of its own."""
    made = load(SummaryMade, event.payload)

    def rider(session: Session) -> None:
        if 0 < made.covered <= len(history_ids):
            repository.set_summary(session, conversation_id, made.text, history_ids[made.covered - 1])

    return rider


def _said(record: RunRecord, conversation_id: str, event: Event, message_id: str) -> Rider | None:
    """Add what the run ended with to the conversation: the answer, or as much of it as there is.

    A turn that only asks its client to call tools says nothing.
    """
    payload = cast("Mapping[str, Any]", event.payload)
    outputs: Mapping[str, Any] = payload.get("outputs") or {}
    message: Mapping[str, Any] = outputs.get("message") or {}
    content = str(message.get("content") or outputs.get("partial") or payload.get("partial") or "")
    status = "partial" if content and event.type == "run.failed" else _STATUS[event.type]
    if not content and status == "complete":
        return None

    def rider(session: Session) -> None:
        repository.add_message(
            session,
            message_id=message_id,
            workspace_id=record.workspace_id,
            created_by=record.created_by,
            conversation_id=conversation_id,
            run_id=record.id,
            role="assistant",
            content=content,
            status=status,
            citations=message.get("citations") or (),
            error=payload.get("error"),
        )

    return rider
