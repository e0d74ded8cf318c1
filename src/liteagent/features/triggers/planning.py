"""What a trigger is to do, as rows: the start of a run, or the telling of one."""

from typing import Any

from liteagent.contracts.errors import LiteAgentError
from liteagent.features.triggers.incoming import Heard, mapped
from liteagent.features.triggers.models import DeliveryRow, TriggerRow
from liteagent.features.triggers.states import DeliveryStatus

__all__ = ["HELD_SECONDS", "LONGEST_KEY", "planned_start", "planned_telling", "replan", "settle"]

HELD_SECONDS = 30.0
"""How long an attempt may take before it counts as lost, and the next one is due."""

LONGEST_KEY = 120


def planned_start(
    trigger: TriggerRow, delivery_id: str, key: str, event: str, heard: Heard, now: float
) -> DeliveryRow:
    """A start that is due at once. Inputs that cannot be made of what was heard make it a failed one."""
    row = _row(trigger, delivery_id, key, event, now)
    replan(row, trigger, heard, now)
    return row


def replan(row: DeliveryRow, trigger: TriggerRow, heard: Heard, now: float) -> None:
    """Have a start begin again, with what the trigger makes of what was heard."""
    row.status, row.settled_at, row.error = "waiting", None, None
    row.attempts, row.due_at = 0, now
    try:
        inputs = mapped(trigger.inputs, heard, is_agent=trigger.agent_id is not None)
    except LiteAgentError as error:
        row.request = {}
        settle(row, "failed", now, error.to_json())
        return
    row.request = {
        "workflow_id": trigger.workflow_id,
        "agent_id": trigger.agent_id,
        "version": trigger.version,
        "inputs": inputs,
        "client": {"trigger": {"id": trigger.id, "delivery": row.id, "event": row.event}},
    }


def planned_telling(
    trigger: TriggerRow, delivery_id: str, key: str, event: str, body: str, run_id: str | None, now: float
) -> DeliveryRow:
    """A telling that is due at once."""
    row = _row(trigger, delivery_id, key, event, now)
    row.body, row.run_id = body, run_id
    return row


def settle(row: DeliveryRow, status: DeliveryStatus, now: float, error: dict[str, Any] | None = None) -> None:
    """Bring a delivery to its end."""
    row.status, row.settled_at, row.error = status, now, error


def _row(trigger: TriggerRow, delivery_id: str, key: str, event: str, now: float) -> DeliveryRow:
    return DeliveryRow(
        id=delivery_id,
        trigger_id=trigger.id,
        workspace_id=trigger.workspace_id,
        key=key[:LONGEST_KEY],
        event=event,
        status="waiting",
        attempts=0,
        due_at=now,
    )
