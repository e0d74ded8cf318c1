"""What can be chosen for a trigger, checked and written into its row."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.features.agents import repository as agents
from liteagent.features.triggers.incoming import check_templates
from liteagent.features.triggers.models import TriggerRow
from liteagent.features.triggers.moments import Schedule
from liteagent.features.triggers.scheduling import schedule_of
from liteagent.features.triggers.schemas import Target
from liteagent.features.workflows import repository as workflows
from liteagent.features.workflows.models import WorkflowRow

__all__ = ["check", "choose", "set_next"]

_STARTING = ("target", "inputs", "overlap")
_TAKEN: Mapping[str, frozenset[str]] = {
    "schedule": frozenset({*_STARTING, "cron", "timezone", "catch_up", "catch_up_limit"}),
    "webhook": frozenset({*_STARTING, "signature", "secret"}),
    "outgoing": frozenset({"url", "events", "watched", "secret"}),
}
_EVERY = frozenset({"name", "kind", "enabled"})


def check(kind: str, chosen: Mapping[str, Any]) -> None:
    """Make sure that a trigger of this kind takes what was named.

    Raises:
        InvalidInputError: One thing is of another kind; the details name it.
    """
    taken = _TAKEN[kind] | _EVERY
    for name in chosen:
        if name not in taken:
            others = " and ".join(each for each, names in _TAKEN.items() if name in names)
            raise _refused(name, f"is for a trigger of kind {others}, and this one is {kind}. Leave it out")


def choose(session: Session, principal: Principal, row: TriggerRow, chosen: Mapping[str, Any]) -> None:
    """Write into the row what was chosen, and make sure that the whole of it can be.

    Raises:
        InvalidInputError: Something is missing, or cannot be; the details name it.
        NotFoundError: A workflow or an agent is not in this workspace.
    """
    plain = {name: value for name, value in chosen.items() if name not in ("target", "secret", "kind")}
    for name, value in plain.items():
        if value is not None or name == "inputs":
            setattr(row, name, value)
    target = chosen.get("target")
    if isinstance(target, Target):
        row.workflow_id, row.agent_id, row.version = target.workflow_id, target.agent_id, target.version
    if row.kind == "outgoing":
        _check_outgoing(session, principal, row, chosen)
    else:
        _check_target(session, principal, row)
        _check_inputs(row)
    if row.kind == "webhook" and row.signature == "none" and chosen.get("secret"):
        raise _refused("secret", "is for signed requests. Say how they are signed in `signature`")
    if row.kind == "schedule":
        if row.cron is None:
            raise _refused("cron", "is missing. Say when: minute, hour, day of month, month, day of week")
        zone = row.timezone or "UTC"
        row.cron, row.timezone = Schedule.parse(row.cron, zone).cron, zone


def set_next(row: TriggerRow, now: float) -> None:
    """Have the next moment be the first one from now on; a paused trigger has none."""
    is_due = row.kind == "schedule" and row.enabled
    row.next_run_at = schedule_of(row).after(now) if is_due else None


def _check_target(session: Session, principal: Principal, row: TriggerRow) -> None:
    if (row.workflow_id is None) == (row.agent_id is None):
        raise _refused("target", "names either a `workflow_id` or an `agent_id`")
    if row.workflow_id is not None:
        found = workflows.get(session, principal, row.workflow_id)
        if row.version is not None:
            workflows.version(session, found, row.version)
        return
    if row.version is not None:
        raise _refused("target.version", "is of a workflow; an agent has none")
    agents.get(session, principal, row.agent_id or "")


def _check_inputs(row: TriggerRow) -> None:
    if row.inputs is not None:
        check_templates(row.inputs)
    if row.agent_id is None or (row.kind == "webhook" and row.inputs is None):
        return
    message = (row.inputs or {}).get("message")
    if not isinstance(message, str) or not message.strip() or len(row.inputs or {}) != 1:
        raise _refused("inputs.message", "is what the agent is told, and all that it takes")


def _check_outgoing(
    session: Session, principal: Principal, row: TriggerRow, chosen: Mapping[str, Any]
) -> None:
    if row.url is None:
        raise _refused("url", "is missing. Say who is to be told")
    for watched in chosen.get("watched") or ():
        found = session.get(WorkflowRow, watched)
        if found is None or found.workspace_id != principal.workspace_id:
            agents.get(session, principal, watched)


def _refused(field: str, reason: str) -> InvalidInputError:
    return InvalidInputError(f"`{field}` {reason}.", details={"field": field})
