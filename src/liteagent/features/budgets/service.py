"""Budgets of a workspace: what may be spent is set aside before a call, and counted after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import BudgetExceededError, InvalidInputError
from liteagent.contracts.identity import Principal, Spender
from liteagent.features.budgets import repository
from liteagent.features.budgets.amounts import AMOUNTS, Amounts, Limits, usd
from liteagent.features.budgets.models import BudgetRow, BudgetUseRow
from liteagent.features.budgets.repository import Place
from liteagent.features.budgets.schemas import (
    BudgetBody,
    BudgetList,
    BudgetPatch,
    BudgetUseView,
    BudgetView,
    Scope,
    limits_of,
)
from liteagent.features.budgets.windows import Period, Window, window
from liteagent.infra.cache.fresh import Fresh
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["BudgetService", "Reservation"]

_FRESH = 5.0
_SHOWN = 20
_UNITS = {"money": "USD", "tokens": "tokens", "steps": "model calls", "milliseconds": "seconds"}


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was set aside for a call."""

    key: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    name: str
    scope: Scope
    subject_id: str | None
    period: Period
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Due:
    """A rule that a call falls under."""

    rule: _Rule
    place: Place
    until: datetime | None


class BudgetService:
    """Budgets of a workspace. Where there is none, a call costs no work of the database.

    Args:
        clock: Says which window it is. Rules that another process has changed are known after 5 seconds.
    """

    def __init__(self, database: Database, clock: Clock, new_id: IdSource) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._rules: Fresh[str, tuple[_Rule, ...]] = Fresh(clock, _FRESH)

    async def create(
        self, principal: Principal, body: BudgetBody, token: IdempotencyToken | None = None
    ) -> BudgetView:
        """Add a budget; it counts from now on."""

        def insert(session: Session) -> BudgetView:
            budget_id = claim(session, principal, token, self._new_id())
            if session.get(BudgetRow, budget_id) is None:
                values = limits_of(body.model_dump())
                session.add(
                    BudgetRow(
                        id=budget_id,
                        workspace_id=principal.workspace_id,
                        created_by=principal.name,
                        **values,
                    )
                )
                session.flush()
            return self._view(session, repository.get(session, principal, budget_id))

        view = await self._database.write(insert)
        self._rules.forget(principal.workspace_id)
        return view

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> BudgetList:
        """A page of the workspace's budgets."""

        def find(session: Session) -> BudgetList:
            found = repository.budgets(session, principal, limit=limit, cursor=cursor)
            items = [self._view(session, row) for row in found.items]
            return BudgetList(items=items, next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, budget_id: str) -> BudgetView:
        """One budget.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: self._view(session, repository.get(session, principal, budget_id))
        )

    async def update(self, principal: Principal, budget_id: str, body: BudgetPatch) -> BudgetView:
        """Change what the body names; what was spent stays spent.

        Raises:
            NotFoundError: Not in this workspace.
            InvalidInputError: Nothing would be limited any more.
        """

        def change(session: Session) -> BudgetView:
            row = repository.get(session, principal, budget_id)
            for name, value in limits_of(body.model_dump(exclude_unset=True)).items():
                if value is not None or name in AMOUNTS:
                    setattr(row, name, value)
            if all(getattr(row, name) is None for name in AMOUNTS):
                raise InvalidInputError("A budget limits something. Keep one limit, or delete the budget.")
            session.flush()
            return self._view(session, row)

        view = await self._database.write(change)
        self._rules.forget(principal.workspace_id)
        return view

    async def delete(self, principal: Principal, budget_id: str) -> None:
        """Forget a budget and what was spent of it.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._database.write(
            lambda session: session.delete(repository.get(session, principal, budget_id))
        )
        self._rules.forget(principal.workspace_id)

    async def limits(self, workspace_id: str, spender: Spender) -> bool:
        """Whether a call on this account falls under any budget."""
        rules = await self._rules_of(workspace_id)
        return bool(rules) and bool(self._due(rules, workspace_id, spender))

    async def reserve(
        self, workspace_id: str, spender: Spender, key: str, estimate: Amounts, *, seconds: float
    ) -> Reservation | None:
        """Set aside what a call is going to spend, in every budget that it falls under; None for no budget.

        Args:
            workspace_id: Where the budgets are.
            spender: On whose account.
            key: Names the call: set aside again under the same key, it counts once.
            estimate: What it may come to. It is let through while anything at all is left, so that what is
                spent goes over a budget by one call's estimate at most.
            seconds: How long it may take; after that what was set aside is void.

        Raises:
            BudgetExceededError: A budget is used up; the details say which one, and until when.
        """
        rules = await self._rules_of(workspace_id)
        due = self._due(rules, workspace_id, spender) if rules else ()
        if not due:
            return None
        now = self._clock.now()

        def reserve(session: Session) -> None:
            for each in due:
                repository.open_use(session, each.place)
                repository.give_back(session, each.place, key, now)
                limits, expires = each.rule.limits, now + seconds
                if not repository.set_aside(session, each.place, limits, estimate, key, expires):
                    raise _exceeded(each, repository.find_use(session, each.place))

        await self._database.write(reserve)
        return Reservation(key, tuple(each.place for each in due))

    async def settle(self, reservation: Reservation, spent: Amounts) -> None:
        """Count what a call has spent instead of what was set aside for it."""
        await self._database.write(
            lambda session: repository.settle(session, reservation.places, reservation.key, spent)
        )

    async def _rules_of(self, workspace_id: str) -> tuple[_Rule, ...]:
        def read(session: Session) -> tuple[_Rule, ...]:
            return tuple(_rule(row) for row in repository.active(session, workspace_id))

        return await self._rules.get(workspace_id, lambda: self._database.read(read))

    def _due(self, rules: Sequence[_Rule], workspace_id: str, spender: Spender) -> tuple[_Due, ...]:
        subjects: dict[Scope, str | None] = {
            "run": spender.run_id,
            "agent": spender.agent_id,
            "api_key": spender.api_key_id,
            "user": spender.created_by,
            "workspace": workspace_id,
        }
        due: list[_Due] = []
        for rule in rules:
            subject = subjects[rule.scope]
            current = window(rule.period, self._clock.now(), spender.run_id)
            if subject and current and rule.subject_id in (None, subject):
                due.append(_Due(rule, Place(rule.id, subject, current.key), current.until))
        return tuple(due)

    def _view(self, session: Session, row: BudgetRow) -> BudgetView:
        rule = _rule(row)
        current = window(rule.period, self._clock.now())
        uses = repository.latest_uses(session, row.id, current.key if current else None, _SHOWN)
        limits = rule.limits
        return BudgetView(
            id=row.id,
            name=row.name,
            scope=rule.scope,
            subject_id=row.subject_id,
            period=rule.period,
            money_usd=None if limits.money is None else usd(limits.money),
            tokens=limits.tokens,
            steps=limits.steps,
            seconds=None if limits.milliseconds is None else limits.milliseconds / 1000,
            is_active=row.is_active,
            uses=[_use(use, current) for use in uses],
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def _rule(row: BudgetRow) -> _Rule:
    return _Rule(
        row.id,
        row.name,
        cast("Scope", row.scope),
        row.subject_id,
        cast("Period", row.period),
        Limits(row.money, row.tokens, row.steps, row.milliseconds),
    )


def _use(use: BudgetUseRow, current: Window | None) -> BudgetUseView:
    return BudgetUseView(
        subject=use.subject,
        run_id=use.window.removeprefix("run:") if use.window.startswith("run:") else None,
        until=current.until if current else None,
        money_usd=usd(use.money),
        tokens=use.tokens,
        steps=use.steps,
        seconds=use.milliseconds / 1000,
        reserved_money_usd=usd(use.reserved_money),
        reserved_tokens=use.reserved_tokens,
        reserved_steps=use.reserved_steps,
        unpriced_calls=use.unpriced,
    )


def _exceeded(due: _Due, use: BudgetUseRow | None) -> BudgetExceededError:
    assert use is not None
    name, limit = next(
        (name, limit)
        for name in AMOUNTS
        if (limit := due.rule.limits.of(name)) is not None and _spent(use, name) + _held(use, name) >= limit
    )
    until = None if due.until is None else due.until.astimezone(UTC).isoformat().replace("+00:00", "Z")
    used, held, most = (_shown(name, each) for each in (_spent(use, name), _held(use, name), limit))
    running = f", and {held:g} are set aside for calls that are running" if held else ""
    again = f" Wait until {until}, or raise" if until else " Raise"
    return BudgetExceededError(
        f"The budget {due.rule.name!r} is used up: of {most:g} {_UNITS[name]} per {due.rule.scope} and "
        f"{due.rule.period}, {used:g} are spent{running}.{again} it with PATCH /api/budgets/{due.rule.id}.",
        details={
            "budget_id": due.rule.id,
            "budget": due.rule.name,
            "scope": due.rule.scope,
            "subject": due.place.subject,
            "period": due.rule.period,
            "amount": _UNITS[name].replace("model calls", "steps").lower(),
            "limit": most,
            "used": used,
            "reserved": held,
            "until": until,
        },
    )


def _spent(use: BudgetUseRow, name: str) -> int:
    return getattr(use, name)


def _held(use: BudgetUseRow, name: str) -> int:
    return getattr(use, f"reserved_{name}")


def _shown(name: str, amount: int) -> float:
    return usd(amount) if name == "money" else amount / 1000 if name == "milliseconds" else amount
