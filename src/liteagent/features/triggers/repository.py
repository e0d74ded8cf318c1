"""The tables of the triggers slice."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import delete, func, or_, select, true, update
from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.runs import RunStatus
from liteagent.features.triggers.models import DeliveryRow, TriggerRow
from liteagent.infra.db.paging import Page, page
from liteagent.infra.journal.tables import RunEventRow, RunRow

__all__ = [
    "answering",
    "deliveries",
    "delivery",
    "due_deliveries",
    "due_schedules",
    "find_delivery",
    "forget_settled",
    "get",
    "has_due_deliveries",
    "heard",
    "is_busy",
    "listening",
    "newest",
    "run_started_for",
    "run_statuses",
    "triggers",
    "workspaces_told",
]

_CLOCKS_APART_MS = 300_000
_ENDED = tuple(status.value for status in RunStatus if status.ended)


def get(session: Session, principal: Principal, trigger_id: str, *, to_change: bool = False) -> TriggerRow:
    """One trigger; one that is to be changed is kept from others until the end of the transaction.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(TriggerRow, trigger_id, with_for_update=to_change)
    if row is None or row.workspace_id != principal.workspace_id:
        raise NotFoundError(
            f"There is no trigger {trigger_id}. List them with GET /api/triggers.", code="trigger_not_found"
        )
    return row


def triggers(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[TriggerRow]:
    """The workspace's triggers, newest first."""
    query = select(TriggerRow).where(TriggerRow.workspace_id == principal.workspace_id)
    return page(session, query, TriggerRow.id, limit=limit, cursor=cursor)


def answering(session: Session, digest: str) -> TriggerRow | None:
    """The webhook that answers, or did answer, to the token of this hash."""
    matches = or_(TriggerRow.token == digest, TriggerRow.previous_token == digest)
    return session.scalar(select(TriggerRow).where(matches))


def due_schedules(session: Session, now: float) -> Sequence[TriggerRow]:
    """The triggers whose next moment has come."""
    query = select(TriggerRow).where(TriggerRow.next_run_at <= now)
    return session.scalars(query.order_by(TriggerRow.next_run_at)).all()


def listening(session: Session, workspace_id: str) -> Sequence[TriggerRow]:
    """The workspace's triggers that tell others of runs."""
    query = select(TriggerRow).where(
        TriggerRow.workspace_id == workspace_id, TriggerRow.kind == "outgoing", TriggerRow.enabled == true()
    )
    return session.scalars(query).all()


def workspaces_told(session: Session) -> frozenset[str]:
    """Workspaces that have a trigger which tells others of runs."""
    query = select(TriggerRow.workspace_id).where(TriggerRow.kind == "outgoing", TriggerRow.enabled == true())
    return frozenset(session.scalars(query.distinct()))


def delivery(
    session: Session, principal: Principal, trigger_id: str, delivery_id: str, *, to_change: bool = False
) -> DeliveryRow:
    """One delivery of a trigger; one that is to be changed is kept from others.

    Raises:
        NotFoundError: The trigger is not in this workspace, or has no such delivery.
    """
    trigger = get(session, principal, trigger_id)
    row = session.get(DeliveryRow, delivery_id, with_for_update=to_change)
    if row is None or row.trigger_id != trigger.id:
        raise NotFoundError(
            f"The trigger {trigger.name!r} has no delivery {delivery_id}. List them with "
            f"GET /api/triggers/{trigger.id}/deliveries.",
            code="delivery_not_found",
        )
    return row


def deliveries(
    session: Session, principal: Principal, trigger_id: str, *, limit: int, cursor: str | None
) -> Page[DeliveryRow]:
    """What a trigger did, newest first.

    Raises:
        NotFoundError: Not in this workspace.
    """
    trigger = get(session, principal, trigger_id)
    query = select(DeliveryRow).where(DeliveryRow.trigger_id == trigger.id)
    return page(session, query, DeliveryRow.id, limit=limit, cursor=cursor)


def find_delivery(session: Session, trigger_id: str, key: str) -> DeliveryRow | None:
    """The delivery of that key."""
    return session.scalar(
        select(DeliveryRow).where(DeliveryRow.trigger_id == trigger_id, DeliveryRow.key == key)
    )


def heard(session: Session, trigger_id: str, key: str, proof: str | None) -> DeliveryRow | None:
    """The delivery of that key, or of a request with that signature."""
    found = find_delivery(session, trigger_id, key)
    if found is not None or proof is None:
        return found
    return session.scalar(
        select(DeliveryRow).where(DeliveryRow.trigger_id == trigger_id, DeliveryRow.proof == proof).limit(1)
    )


def due_deliveries(session: Session, now: float, limit: int) -> Sequence[DeliveryRow]:
    """Deliveries whose next attempt is due, in their order, kept from others."""
    query = select(DeliveryRow).where(DeliveryRow.status == "waiting", DeliveryRow.due_at <= now)
    ordered = query.order_by(DeliveryRow.due_at, DeliveryRow.id).limit(limit)
    return session.scalars(ordered.with_for_update(skip_locked=True)).all()


def is_busy(session: Session, row: DeliveryRow) -> bool:
    """Whether another start of the same trigger is under way, or its run has not ended."""
    query = (
        select(DeliveryRow.id)
        .outerjoin(RunRow, RunRow.id == DeliveryRow.run_id)
        .where(
            DeliveryRow.trigger_id == row.trigger_id,
            DeliveryRow.id != row.id,
            or_(
                (DeliveryRow.status == "waiting") & (DeliveryRow.attempts > 0),
                (DeliveryRow.status == "delivered") & RunRow.status.not_in(_ENDED),
            ),
        )
    )
    return session.scalar(query.limit(1)) is not None


def run_started_for(session: Session, row: DeliveryRow) -> str | None:
    """The run that says of itself that it was started for this delivery."""
    query = (
        select(RunRow.id)
        .join(RunEventRow, (RunEventRow.run_id == RunRow.id) & (RunEventRow.seq == 1))
        .where(
            RunRow.workspace_id == row.workspace_id,
            RunRow.id > _some_time_before(row.id),
            RunEventRow.payload.contains(f'"delivery":"{row.id}"', autoescape=True),
        )
    )
    return session.scalar(query.order_by(RunRow.id).limit(1))


def _some_time_before(row_id: str) -> str:
    """An id that sorts before those made since a few minutes before this one, whoever's clock they go by."""
    made_at = int(row_id[:8] + row_id[9:13], 16)
    earlier = f"{max(0, made_at - _CLOCKS_APART_MS):012x}"
    return f"{earlier[:8]}-{earlier[8:]}"


def newest(session: Session, trigger_ids: Collection[str]) -> Mapping[str, DeliveryRow]:
    """The newest delivery of each of these triggers that has any."""
    last = (
        select(func.max(DeliveryRow.id))
        .where(DeliveryRow.trigger_id.in_(trigger_ids))
        .group_by(DeliveryRow.trigger_id)
    )
    found = session.scalars(select(DeliveryRow).where(DeliveryRow.id.in_(last)))
    return {row.trigger_id: row for row in found}


def run_statuses(session: Session, run_ids: Collection[str]) -> Mapping[str, str]:
    """Where these runs stand."""
    found = session.execute(select(RunRow.id, RunRow.status).where(RunRow.id.in_(run_ids)))
    return {row.id: row.status for row in found}


def has_due_deliveries(session: Session, now: float) -> bool:
    """Whether there is a delivery whose next attempt is due."""
    query = select(DeliveryRow.id).where(DeliveryRow.status == "waiting", DeliveryRow.due_at <= now)
    return session.scalar(query.limit(1)) is not None


def forget_settled(session: Session, before: float) -> None:
    """Forget deliveries that came to their end before a moment, and secrets that hold no more."""
    session.execute(delete(DeliveryRow).where(DeliveryRow.settled_at < before))
    over = update(TriggerRow).where(TriggerRow.previous_until < before)
    session.execute(over.values(previous_token=None, previous_secret=None, previous_until=None))
