"""The events that nodes write."""

from typing import Any

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import EventDraft
from liteagent.engine.workflow.handler import Outcome

__all__ = ["completed_draft", "completed_payload", "failed_draft"]


def completed_payload(path: str, outcome: Outcome) -> JsonObject:
    """The payload of `node.completed`; what is not there is left out."""
    payload: dict[str, Any] = {"node": path, "output": outcome.output}
    if outcome.label is not None:
        payload["label"] = outcome.label
    if outcome.assign is not None:
        payload["assign"] = outcome.assign
    if outcome.detail is not None:
        payload["detail"] = outcome.detail
    if outcome.usage is not None:
        payload["usage"] = outcome.usage
    return payload


def completed_draft(path: str, outcome: Outcome) -> EventDraft:
    """`node.completed`."""
    return EventDraft("node.completed", completed_payload(path, outcome))


def failed_draft(path: str, error: LiteAgentError) -> EventDraft:
    """`node.failed`."""
    return EventDraft("node.failed", {"node": path, "error": error.to_json()})
