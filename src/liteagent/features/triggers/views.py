"""How triggers and what they did are shown."""

from collections.abc import Mapping
from datetime import UTC, datetime

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.runs import RunStatus
from liteagent.features.triggers.models import DeliveryRow, TriggerRow
from liteagent.features.triggers.scheduling import schedule_of
from liteagent.features.triggers.schemas import DeliveryView, TargetView, TriggerView

__all__ = ["UPCOMING", "delivery_view", "trigger_view", "utc"]

UPCOMING = 5
"""How many of the next moments are shown."""

_PLAIN = (
    "id",
    "name",
    "kind",
    "enabled",
    "inputs",
    "overlap",
    "cron",
    "timezone",
    "catch_up",
    "catch_up_limit",
    "signature",
    "token_hint",
    "url",
    "events",
    "watched",
    "created_at",
    "updated_at",
)


def trigger_view(
    row: TriggerRow, masked: str | None, last: DeliveryRow | None, runs: Mapping[str, str], now: float
) -> TriggerView:
    """A trigger with the newest thing that it did.

    Args:
        row: The trigger.
        masked: Its secret as it may be shown.
        last: The newest thing that it did.
        runs: Where runs stand, by id.
        now: Seconds since the epoch.
    """
    is_kept = row.previous_until is not None and now < row.previous_until
    target = TargetView(workflow_id=row.workflow_id, agent_id=row.agent_id, version=row.version)
    return TriggerView(
        **{name: getattr(row, name) for name in _PLAIN},
        target=None if row.kind == "outgoing" else target,
        next_run_at=utc(row.next_run_at),
        next_moments=_upcoming(row, now),
        secret=masked,
        previous_until=utc(row.previous_until) if is_kept else None,
        last=None if last is None else delivery_view(last, runs),
    )


def delivery_view(row: DeliveryRow, runs: Mapping[str, str]) -> DeliveryView:
    """One thing that a trigger did."""
    stands = runs.get(row.run_id or "")
    return DeliveryView(
        id=row.id,
        event=row.event,
        key=row.key,
        status=row.status,
        attempts=row.attempts,
        run_id=row.run_id,
        run_status=None if stands is None else RunStatus(stands),
        response_status=row.response_status,
        response_text=row.response_text,
        error=row.error,
        next_attempt_at=utc(row.due_at) if row.status == "waiting" else None,
        created_at=row.created_at,
        settled_at=utc(row.settled_at),
    )


def utc(moment: float | None) -> datetime | None:
    """A moment as a time."""
    return None if moment is None else datetime.fromtimestamp(moment, UTC)


def _upcoming(row: TriggerRow, now: float) -> list[datetime]:
    """The next moments; none while it is paused, or where its time zone is not known here."""
    if row.next_run_at is None:
        return []
    try:
        found = schedule_of(row).upcoming(now, UPCOMING)
    except InvalidInputError:
        return []
    return [datetime.fromtimestamp(each, UTC) for each in found]
