"""Triggers as users keep them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from anyio import to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import ConflictError
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import JsonValue
from liteagent.features.triggers import repository
from liteagent.features.triggers.choices import check, choose, set_next
from liteagent.features.triggers.delivering import Deliveries, Held, hold
from liteagent.features.triggers.incoming import Heard
from liteagent.features.triggers.models import DeliveryRow, TriggerRow
from liteagent.features.triggers.moments import Schedule, rfc3339
from liteagent.features.triggers.planning import planned_start, planned_telling
from liteagent.features.triggers.schemas import (
    DeliveryList,
    DeliveryView,
    MomentsView,
    NewTriggerView,
    TriggerBody,
    TriggerList,
    TriggerPatch,
    TriggerView,
)
from liteagent.features.triggers.secrets import TriggerSecrets, new_secret, new_token
from liteagent.features.triggers.telling import Listeners, trial_body
from liteagent.features.triggers.views import UPCOMING, delivery_view, trigger_view, utc
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["TriggerService"]


class TriggerService:
    """Triggers of a workspace."""

    def __init__(
        self,
        database: Database,
        deliveries: Deliveries,
        listeners: Listeners,
        secrets: TriggerSecrets,
        clock: Clock,
        new_id: IdSource,
    ) -> None:
        self._database = database
        self._deliveries = deliveries
        self._listeners = listeners
        self._secrets = secrets
        self._clock = clock
        self._new_id = new_id

    async def create(
        self, principal: Principal, body: TriggerBody, token: IdempotencyToken | None = None
    ) -> NewTriggerView:
        """Add a trigger. What is shown once is shown the first time only, and not where that is repeated.

        Raises:
            InvalidInputError: Something is missing or cannot be.
            NotFoundError: What it starts is not in this workspace.
        """
        chosen = _chosen(body)
        check(body.kind, {name: chosen[name] for name in body.model_fields_set})

        def insert(session: Session) -> NewTriggerView:
            trigger_id = claim(session, principal, token, self._new_id())
            if session.get(TriggerRow, trigger_id) is not None:
                return self._shown_once(session, repository.get(session, principal, trigger_id))
            row = TriggerRow(
                id=trigger_id,
                workspace_id=principal.workspace_id,
                created_by=principal.name,
                kind=body.kind,
                signature="liteagent" if body.kind == "outgoing" else body.signature,
                events=[],
                watched=[],
            )
            choose(session, principal, row, _of_kind(row, chosen))
            set_next(row, self._clock.now())
            hook_token = new_token() if row.kind == "webhook" else None
            if hook_token is not None:
                self._secrets.give_token(row, hook_token)
            made = self._seal(row, body.secret)
            session.add(row)
            session.flush()
            return self._shown_once(session, row, hook_token, made)

        view = await self._database.write(insert)
        await self._listeners.refresh()
        return view

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> TriggerList:
        """A page of the workspace's triggers, each with the newest thing that it did."""

        def find(session: Session) -> TriggerList:
            page = repository.triggers(session, principal, limit=limit, cursor=cursor)
            return TriggerList(items=self._views(session, page.items), next_cursor=page.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, trigger_id: str) -> TriggerView:
        """One trigger.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: self._views(session, [repository.get(session, principal, trigger_id)])[0]
        )

    async def update(self, principal: Principal, trigger_id: str, body: TriggerPatch) -> NewTriggerView:
        """Change what the body names. Moments that pass while it is paused are not caught up with.

        Raises:
            NotFoundError: The trigger, or what it starts, is not in this workspace.
            InvalidInputError: Something is missing or cannot be.
        """
        chosen = {name: _value(body, name) for name in body.model_fields_set}

        def change(session: Session) -> NewTriggerView:
            row = repository.get(session, principal, trigger_id, to_change=True)
            check(row.kind, chosen)
            before = (row.cron, row.timezone, row.enabled)
            choose(session, principal, row, chosen)
            if (row.cron, row.timezone, row.enabled) != before:
                set_next(row, self._clock.now())
            made = self._seal(row, body.secret)
            session.flush()
            return self._shown_once(session, row, None, made)

        view = await self._database.write(change)
        await self._listeners.refresh()
        return view

    async def delete(self, principal: Principal, trigger_id: str) -> None:
        """Delete a trigger with the log of what it did; runs that it started go on.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._database.write(
            lambda session: session.delete(repository.get(session, principal, trigger_id))
        )
        await self._listeners.refresh()

    async def rotate(self, principal: Principal, trigger_id: str, keep_seconds: int) -> NewTriggerView:
        """Give a trigger another address and another secret; the old ones hold for a while, if at all.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: It is a schedule, which has neither.
        """

        def change(session: Session) -> NewTriggerView:
            row = repository.get(session, principal, trigger_id, to_change=True)
            if row.kind == "schedule":
                raise ConflictError("A schedule has no address and no secret.", code="nothing_to_rotate")
            self._secrets.keep_previous(row, self._clock.now() + keep_seconds)
            hook_token = new_token() if row.kind == "webhook" else None
            if hook_token is not None:
                self._secrets.give_token(row, hook_token)
            made = None if row.secret is None else new_secret()
            if made is not None:
                self._secrets.seal(row, made)
            session.flush()
            return self._shown_once(session, row, hook_token, made)

        return await self._database.write(change)

    async def test(
        self,
        principal: Principal,
        trigger_id: str,
        body: JsonValue = None,
        token: IdempotencyToken | None = None,
    ) -> DeliveryView:
        """Do now, once, what the trigger does when its moment comes; that it failed is a result.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: The idempotency key was used for something else.
        """
        now = self._clock.now()

        def plan(session: Session) -> Held | str:
            trigger = repository.get(session, principal, trigger_id, to_change=True)
            fresh = self._new_id()
            delivery_id = claim(session, principal, token, fresh)
            if delivery_id != fresh:
                return delivery_id
            row = _trial(trigger, fresh, body, now)
            session.add(row)
            session.flush()
            is_held = row.status == "waiting" and hold(session, row, trigger, now)
            return Held(row, trigger) if is_held else row.id

        held = await self._database.write(plan)
        if isinstance(held, Held):
            await self._deliveries.attempt(held)
        delivery_id = held.delivery.id if isinstance(held, Held) else held
        return await self._delivery(principal, trigger_id, delivery_id)

    async def deliveries(
        self, principal: Principal, trigger_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> DeliveryList:
        """A page of what a trigger did.

        Raises:
            NotFoundError: Not in this workspace.
        """

        def find(session: Session) -> DeliveryList:
            page = repository.deliveries(session, principal, trigger_id, limit=limit, cursor=cursor)
            runs = _run_statuses(session, page.items)
            items = [delivery_view(row, runs) for row in page.items]
            return DeliveryList(items=items, next_cursor=page.next_cursor)

        return await self._database.read(find)

    async def redeliver(self, principal: Principal, trigger_id: str, delivery_id: str) -> DeliveryView:
        """Do a delivery again, under its old id: at once where it waits, anew where it came to an end.

        Raises:
            NotFoundError: Not in this workspace.
            ConflictError: It is the start of a run, and the run was started.
        """
        now = self._clock.now()

        def change(session: Session) -> DeliveryView:
            row = repository.delivery(session, principal, trigger_id, delivery_id, to_change=True)
            if row.status == "delivered" and row.body is None:
                raise ConflictError(
                    "Its run was started, and a delivery starts one run. Use POST "
                    f"/api/triggers/{trigger_id}/test to start another.",
                    code="already_started",
                )
            if row.status != "waiting":
                row.status, row.attempts, row.settled_at = "waiting", 0, None
            row.due_at = now
            session.flush()
            return delivery_view(row, _run_statuses(session, [row]))

        return await self._database.write(change)

    async def moments(self, cron: str, timezone: str) -> MomentsView:
        """The next moments of a schedule that is not kept.

        Raises:
            InvalidInputError: There is no such schedule.
        """

        def find() -> list[datetime | None]:
            schedule = Schedule.parse(cron, timezone)
            return [utc(each) for each in schedule.upcoming(self._clock.now(), UPCOMING)]

        return MomentsView.model_validate({"moments": await to_thread.run_sync(find)})

    async def _delivery(self, principal: Principal, trigger_id: str, delivery_id: str) -> DeliveryView:
        def find(session: Session) -> DeliveryView:
            row = repository.delivery(session, principal, trigger_id, delivery_id)
            return delivery_view(row, _run_statuses(session, [row]))

        return await self._database.read(find)

    def _seal(self, row: TriggerRow, given: str | None) -> str | None:
        """Keep the secret that was given, or make one where it is missing; the one that was made."""
        if row.kind == "schedule" or (row.kind == "webhook" and row.signature == "none"):
            self._secrets.seal(row, None)
            return None
        if given is not None:
            self._secrets.seal(row, given)
            return None
        if row.secret is not None:
            return None
        made = new_secret()
        self._secrets.seal(row, made)
        return made

    def _shown_once(
        self, session: Session, row: TriggerRow, token: str | None = None, secret: str | None = None
    ) -> NewTriggerView:
        (view,) = self._views(session, [row])
        path = None if token is None else f"/hooks/{token}"
        return NewTriggerView(**view.model_dump(), hook_path=path, new_secret=secret)

    def _views(self, session: Session, rows: Sequence[TriggerRow]) -> "list[TriggerView]":
        last = repository.newest(session, [row.id for row in rows])
        runs = _run_statuses(session, list(last.values()))
        now = self._clock.now()
        return [trigger_view(row, self._secrets.masked(row), last.get(row.id), runs, now) for row in rows]


def _chosen(body: TriggerBody) -> dict[str, Any]:
    return {name: _value(body, name) for name in TriggerBody.model_fields}


def _value(body: TriggerBody | TriggerPatch, name: str) -> Any:
    return getattr(body, name)


def _of_kind(row: TriggerRow, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen or is the default, without what is of other kinds."""
    others = {"events", "watched", "signature"} if row.kind != "outgoing" else {"signature"}
    return {name: value for name, value in chosen.items() if name not in others}


def _trial(trigger: TriggerRow, delivery_id: str, body: JsonValue, now: float) -> DeliveryRow:
    key = f"test:{delivery_id}"
    if trigger.kind == "outgoing":
        told = trial_body(delivery_id, now)
        return planned_telling(trigger, delivery_id, key, "trigger.test", told, None, now)
    heard = Heard(rfc3339(now), trigger.name, delivery_id, body)
    return planned_start(trigger, delivery_id, key, "test", heard, now)


def _run_statuses(session: Session, rows: Sequence[DeliveryRow]) -> Mapping[str, str]:
    return repository.run_statuses(session, [row.run_id for row in rows if row.run_id is not None])
