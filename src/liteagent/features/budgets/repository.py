"""The queries of budgets. Each change of a use is one conditional UPDATE, so that no two callers mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.budgets.amounts import AMOUNTS, Amounts, Limits
from liteagent.features.budgets.models import BudgetReservationRow, BudgetRow, BudgetUseRow
from liteagent.infra.db.paging import Page, page

__all__ = [
    "Place",
    "active",
    "budgets",
    "find_use",
    "get",
    "give_back",
    "latest_uses",
    "open_use",
    "set_aside",
    "settle",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where is counted: a budget's subject in a window."""

    budget_id: str
    subject: str
    window: str


def get(session: Session, principal: Principal, budget_id: str) -> BudgetRow:
    """One budget.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(BudgetRow, budget_id)
    if row is None or row.workspace_id != principal.workspace_id:
        raise NotFoundError(
            f"There is no budget {budget_id}. List them with GET /api/budgets.", code="budget_not_found"
        )
    return row


def budgets(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[BudgetRow]:
    """The workspace's budgets, newest first."""
    query = select(BudgetRow).where(BudgetRow.workspace_id == principal.workspace_id)
    return page(session, query, BudgetRow.id, limit=limit, cursor=cursor)


def active(session: Session, workspace_id: str) -> Sequence[BudgetRow]:
    """Those of the workspace that count."""
    query = select(BudgetRow).where(BudgetRow.workspace_id == workspace_id, BudgetRow.is_active)
    return session.scalars(query.order_by(BudgetRow.id)).all()


def latest_uses(session: Session, budget_id: str, window: str | None, limit: int) -> Sequence[BudgetUseRow]:
    """The newest uses of a budget, in one window or in any."""
    query = select(BudgetUseRow).where(BudgetUseRow.budget_id == budget_id)
    if window is not None:
        query = query.where(BudgetUseRow.window == window)
    order = (BudgetUseRow.updated_at.desc(), BudgetUseRow.subject)
    return session.scalars(query.order_by(*order).limit(limit)).all()


def open_use(session: Session, place: Place) -> None:
    """Make sure that a place has its row."""
    now = datetime.now(UTC)
    zeros = dict.fromkeys((*AMOUNTS, "unpriced", *(f"reserved_{name}" for name in AMOUNTS)), 0)
    values = {
        "budget_id": place.budget_id,
        "subject": place.subject,
        "window": place.window,
        "created_at": now,
        "updated_at": now,
        **zeros,
    }
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(BudgetUseRow).values(values).on_conflict_do_nothing())


def find_use(session: Session, place: Place) -> BudgetUseRow | None:
    """The row of a place as it is now."""
    query = select(BudgetUseRow).where(*_at(place))
    return session.scalar(query.execution_options(populate_existing=True))


def set_aside(
    session: Session, place: Place, limits: Limits, estimate: Amounts, key: str, expires_at: float
) -> bool:
    """Set the estimate of a call aside while something is left of every limit; whether it was."""
    limited = [(name, limit) for name in AMOUNTS if (limit := limits.of(name)) is not None]
    left = [_used(name) + _reserved(name) < limit for name, limit in limited]
    added = {f"reserved_{name}": _reserved(name) + estimate.of(name) for name in AMOUNTS}
    if _changed(session, update(BudgetUseRow).where(*_at(place), *left).values(added)) == 0:
        return False
    session.execute(
        insert(BudgetReservationRow).values(
            key=key,
            budget_id=place.budget_id,
            subject=place.subject,
            window=place.window,
            expires_at=expires_at,
            **{name: estimate.of(name) for name in AMOUNTS},
        )
    )
    return True


def give_back(session: Session, place: Place, key: str, now: float) -> None:
    """Void what dead calls have set aside in a place, and what this very call has, wherever it was."""
    row = BudgetReservationRow
    expired = (row.subject == place.subject) & (row.window == place.window) & (row.expires_at <= now)
    void = delete(row).where(row.budget_id == place.budget_id, or_(row.key == key, expired))
    for was, amounts in _taken(session, void):
        less = {f"reserved_{name}": _reserved(name) - amounts.of(name) for name in AMOUNTS}
        session.execute(_update(was).values(less))


def settle(session: Session, places: Sequence[Place], key: str, spent: Amounts) -> None:
    """Count what a call has spent, and void what it had set aside."""
    row = BudgetReservationRow
    ids = [place.budget_id for place in places]
    own = delete(row).where(row.key == key, row.budget_id.in_(ids))
    reserved = dict(_taken(session, own))
    for place in places:
        held = reserved.get(place, Amounts())
        less = {f"reserved_{name}": _reserved(name) - held.of(name) for name in AMOUNTS}
        more = {name: _used(name) + spent.of(name) for name in AMOUNTS}
        unpriced = {"unpriced": BudgetUseRow.unpriced + literal(int(spent.money is None))}
        session.execute(_update(place).values({**less, **more, **unpriced}))


def _taken(session: Session, void: Any) -> Sequence[tuple[Place, Amounts]]:
    row = BudgetReservationRow
    columns = (row.budget_id, row.subject, row.window, *(getattr(row, name) for name in AMOUNTS))
    found = cast("Sequence[Sequence[Any]]", session.execute(void.returning(*columns)).all())
    return [(Place(each[0], each[1], each[2]), Amounts(*each[3:])) for each in found]


def _update(place: Place) -> Any:
    return update(BudgetUseRow).where(*_at(place))


def _changed(session: Session, statement: Any) -> int:
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def _at(place: Place) -> tuple[Any, ...]:
    return (
        BudgetUseRow.budget_id == place.budget_id,
        BudgetUseRow.subject == place.subject,
        BudgetUseRow.window == place.window,
    )


def _used(name: str) -> Any:
    return getattr(BudgetUseRow, name)


def _reserved(name: str) -> Any:
    return getattr(BudgetUseRow, f"reserved_{name}")
