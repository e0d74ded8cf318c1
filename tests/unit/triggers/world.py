"""Triggers over a database of their own, in processes that can be killed, under a clock that obeys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.fetch import FetchRequest, FetchResponse
from liteagent.contracts.identity import Principal
from liteagent.contracts.runs import Event, NewRun, RunRecord
from liteagent.engine.runs.ledger import Ledger
from liteagent.features.triggers.delivering import Deliveries
from liteagent.features.triggers.scheduling import Scheduler
from liteagent.features.triggers.schemas import DeliveryView, NewTriggerView, TriggerBody
from liteagent.features.triggers.secrets import TriggerSecrets
from liteagent.features.triggers.service import TriggerService
from liteagent.features.triggers.starting import Start
from liteagent.features.triggers.tasks import TriggerWorker
from liteagent.features.triggers.telling import Listeners, TellingRiders
from liteagent.features.workflows.models import WorkflowRow
from liteagent.infra.db.idempotency import IdempotencyKeyRow, IdempotencyToken, claim
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.security.encryption import Encryption
from liteagent.infra.system import new_id
from liteagent.testing import ManualClock

__all__ = ["START", "Killed", "World"]

START = datetime(2026, 6, 1, tzinfo=UTC).timestamp()


class Killed(BaseException):
    """The process ends here: nothing of it gets to say anything more."""


class _StartedBefore(Exception):  # noqa: N818
    pass


@dataclass(slots=True)
class _Run:
    id: str
    inputs: Any
    principal: Principal


class World:
    """An installation.

    Attributes:
        runs: What was started, in order.
        fails: What the next starts raise before they do anything.
        dies: Whether the process is killed right after it has started a run.
        answers: What receivers do, one after the other: a status, headers with a status, or an exception.
        sent: What receivers got.
    """

    def __init__(self, database: SqliteDatabase, secret: bytes = b"k" * 32) -> None:
        self.database = database
        self.clock = ManualClock(START)
        self.journal = SqliteJournal(database, self.clock)
        self.principal = Principal(new_id(), new_id())
        self.workflow_id = new_id()
        self.runs: list[_Run] = []
        self.fails: list[LiteAgentError] = []
        self.dies = False
        self.answers: list[int | tuple[int, dict[str, str]] | BaseException] = []
        self.sent: list[FetchRequest] = []
        self.secrets = TriggerSecrets(Encryption([secret]))
        self.listeners = Listeners(database)
        self.deliveries = Deliveries(database, self._start, self, self.secrets, self.clock, lambda: 0.999)
        self.triggers = TriggerService(
            database, self.deliveries, self.listeners, self.secrets, self.clock, new_id
        )

    async def open(self) -> None:
        """Make what triggers start."""
        row = WorkflowRow(
            id=self.workflow_id,
            workspace_id=self.principal.workspace_id,
            created_by=self.principal.name,
            slug="flow",
        )
        await self.database.write(lambda session: session.add(row))

    def worker(self) -> TriggerWorker:
        """The worker of another process."""
        scheduler = Scheduler(self.database, self.clock, new_id)
        return TriggerWorker(self.database, scheduler, self.deliveries, self.listeners, self.clock)

    async def schedule(self, cron: str = "0 * * * *", **fields: Any) -> NewTriggerView:
        """A schedule that starts the workflow."""
        body = {"name": "Schedule", "kind": "schedule", "cron": cron, **fields}
        return await self.made(target={"workflow_id": self.workflow_id}, **body)

    async def outgoing(self, **fields: Any) -> NewTriggerView:
        """A receiver that is told of runs."""
        return await self.made(name="Told", kind="outgoing", url="https://receiver.example/x", **fields)

    async def made(self, **body: Any) -> NewTriggerView:
        """A trigger."""
        return await self.triggers.create(self.principal, TriggerBody.model_validate(body))

    async def did(self, trigger_id: str) -> list[DeliveryView]:
        """What a trigger did, oldest first."""
        found = await self.triggers.deliveries(self.principal, trigger_id, limit=200)
        return found.items[::-1]

    async def end(self, run_id: str, type_: str = "run.completed", **payload: Any) -> None:
        """Let a run end, or wait."""
        record = await self.journal.get(run_id)
        event = Event(run_id, record.head + 1, type_, {"outputs": {}, **payload}, self.clock.now())
        await self.journal.append([event], self.riders(record, event))

    def riders(self, record: RunRecord, event: Event) -> Sequence[Any]:
        """What rides on an event."""
        return TellingRiders(self.listeners, new_id)(record, Ledger(), event)

    async def run(self, **definition: Any) -> str:
        """A run that nobody's trigger has started."""
        run = NewRun(new_id(), self.principal.workspace_id, "me", "workflow", {}, definition)
        await self.journal.start(run)
        return run.id

    async def forget_keys(self) -> None:
        """Let the time pass for which idempotency keys are kept."""
        await self.database.write(lambda session: session.execute(delete(IdempotencyKeyRow)))

    async def __call__(self, request: FetchRequest) -> FetchResponse:
        """Be the receivers."""
        self.sent.append(request)
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, BaseException):
            raise answer
        status, headers = (answer, {}) if isinstance(answer, int) else answer
        return FetchResponse(status, headers, b"Thanks! " * 1000, request.url)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def _start(self, principal: Principal, start: Start, token: IdempotencyToken) -> str:
        if self.fails:
            raise self.fails.pop(0)
        definition = {"workflow_id": start.workflow_id, "client": start.client}
        run = NewRun(new_id(), principal.workspace_id, principal.name, "workflow", start.inputs, definition)
        known: list[str] = []

        def claim_key(session: Session) -> None:
            known.append(claim(session, principal, token, run.id))
            if known[-1] != run.id:
                raise _StartedBefore

        try:
            await self.journal.start(run, [claim_key])
        except _StartedBefore:
            return known[-1]
        self.runs.append(_Run(run.id, run.inputs, principal))
        if self.dies:
            raise Killed
        return run.id
