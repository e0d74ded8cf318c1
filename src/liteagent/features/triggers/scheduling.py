"""Lets the moments of schedules come: each is turned into one start, by whichever process sees it first."""

import logging
from datetime import UTC, datetime

from anyio import to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock, IdSource
from liteagent.contracts.errors import ConflictError, InvalidInputError
from liteagent.features.triggers import repository
from liteagent.features.triggers.incoming import Heard
from liteagent.features.triggers.models import DeliveryRow, TriggerRow
from liteagent.features.triggers.moments import DueMoments, Schedule, due_moments, rfc3339
from liteagent.features.triggers.planning import planned_start, settle
from liteagent.infra.db.database import Database

__all__ = ["Scheduler", "schedule_of"]

_log = logging.getLogger(__name__)


def schedule_of(row: TriggerRow) -> Schedule:
    """The schedule of a trigger.

    Raises:
        InvalidInputError: Its time zone is no longer known here.
    """
    return Schedule.parse(row.cron or "", row.timezone or "UTC")


class Scheduler:
    """Turns moments into starts.

    What a moment leads to and which one is next are one commit. Of two schedulers the second finds that the
    moment is over, and a moment's delivery cannot be there twice.
    """

    def __init__(self, database: Database, clock: Clock, new_id: IdSource) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id

    async def look(self) -> int:
        """Let what is due come; how many triggers had something due."""
        now = self._clock.now()
        rows = await self._database.read(lambda session: repository.due_schedules(session, now))
        for row in rows:
            await self._let_come(row, now)
        return len(rows)

    async def _let_come(self, seen: TriggerRow, now: float) -> None:
        due = await to_thread.run_sync(_due, seen, now)

        def let_come(session: Session) -> None:
            row = session.get(TriggerRow, seen.id, with_for_update=True)
            if row is None or _place(row) != _place(seen):
                return  # somebody was faster, or it was changed
            if due.passed is not None:
                self._pass_over(session, row, due.passed, now)
            for moment in due.run:
                self._plan(session, row, moment, now)
            row.next_run_at = due.next

        await self._database.write(let_come)

    def _plan(self, session: Session, row: TriggerRow, moment: float, now: float) -> DeliveryRow | None:
        key = rfc3339(moment)
        if repository.find_delivery(session, row.id, key) is not None:
            return None
        delivery = planned_start(row, self._new_id(), key, "schedule", Heard(key, row.name), now)
        session.add(delivery)
        session.flush()
        return delivery

    def _pass_over(self, session: Session, row: TriggerRow, moment: float, now: float) -> None:
        delivery = self._plan(session, row, moment, now)
        if delivery is not None:
            since = datetime.fromtimestamp(row.next_run_at or moment, UTC)
            error = ConflictError(
                "This moment was missed while nothing ran, and `catch_up` leaves it out.",
                code="moment_missed",
                details={"since": since.isoformat()},
            )
            settle(delivery, "skipped", now, error.to_json())


def _due(row: TriggerRow, now: float) -> DueMoments:
    try:
        schedule = schedule_of(row)
    except InvalidInputError as error:
        _log.warning("trigger %s has no moments any more: %s", row.id, error.message)
        return DueMoments((), None, None)
    return due_moments(schedule, row.next_run_at or now, now, row.catch_up, row.catch_up_limit)


def _place(row: TriggerRow) -> tuple[float | None, str | None, str | None]:
    return row.next_run_at, row.cron, row.timezone
