"""What a response says in `liteagent`, beside the words of OpenAI's wire."""

from typing import Any

from liteagent.features.gateway.hearing import Ending
from liteagent.features.gateway.turns import Turn

__all__ = ["extension_of", "told_headers"]


def extension_of(turn: Turn, ending: Ending | None = None) -> dict[str, Any]:
    """The run, and how it was left: with the question where it waits for a person."""
    told: dict[str, Any] = {"run_id": turn.run_id, "conversation_id": turn.conversation_id}
    if ending is None:
        return told
    told["status"] = ending.status.value
    if ending.request is not None:
        told["request"] = dict(ending.request)
    if ending.citations:
        told["citations"] = [dict(each) for each in ending.citations]
    if turn.is_flow and ending.outputs:
        told["outputs"] = dict(ending.outputs)
    if ending.usage is not None:
        told["usage"] = dict(ending.usage)
    return told


def told_headers(turn: Turn) -> dict[str, str]:
    """Where the run and its conversation are found, also by whom the answer does not reach."""
    headers = {"X-Run-Id": turn.run_id}
    return headers if turn.conversation_id is None else {**headers, "X-Conversation-Id": turn.conversation_id}
