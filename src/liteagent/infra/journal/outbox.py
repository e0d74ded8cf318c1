"""The outbox in a database's table, beside the journal."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import anyio
import orjson
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.json import JsonObject
from liteagent.contracts.outbox import Handler, OutboxMessage
from liteagent.contracts.runs import Rider
from liteagent.infra.db.database import Database
from liteagent.infra.journal.rules import encode
from liteagent.infra.journal.tables import OutboxRow

__all__ = ["HELD_SECONDS", "LONGEST_PAUSE", "DatabaseOutbox"]

HELD_SECONDS = 120.0
"""How long a delivery may take before its messages are due again for others."""
LONGEST_PAUSE = 300.0
"""Seconds between two attempts at a message that fails again and again; the first pause is one second."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Delivery:
    """Messages that this process holds, and what has become of them."""

    held: list[OutboxMessage]
    until: float
    delivered: list[int] = field(default_factory=list[int])
    failed: list[OutboxMessage] = field(default_factory=list[OutboxMessage])

    def left(self) -> list[OutboxMessage]:
        """Those that no handler was tried with."""
        tried = {*self.delivered, *(message.id for message in self.failed)}
        return [message for message in self.held if message.id not in tried]


class DatabaseOutbox:
    """Messages in the table `outbox`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def posted(self, topic: str, payload: JsonObject) -> Rider:
        """A rider that posts a message."""
        values = {"topic": topic, "payload": encode(payload).decode(), "attempts": 0, "due_at": 0.0}

        def post(session: Session) -> None:
            session.execute(insert(OutboxRow).values(values))

        return post

    async def deliver(self, handlers: Mapping[str, Handler], limit: int = 100) -> int:
        """Hand what is due to the handlers of its topic."""
        if not handlers:
            return 0
        now = self._clock.now()
        topics = sorted(handlers)
        held = await self._database.write(lambda session: _hold(session, topics, limit, now))
        delivery = _Delivery(held, now + HELD_SECONDS)
        try:
            await self._hand_over(delivery, handlers)
        finally:
            if held:
                with anyio.CancelScope(shield=True):
                    await self._settle(delivery)
        return len(delivery.delivered)

    async def _hand_over(self, delivery: _Delivery, handlers: Mapping[str, Handler]) -> None:
        for message in delivery.held:
            if self._clock.now() > delivery.until - HELD_SECONDS / 2:
                return  # the rest is for whoever comes next
            try:
                await handlers[message.topic](message)
            except Exception:  # noqa: BLE001  it is logged, and the message stays
                _log.warning("a message of topic %s could not be delivered", message.topic, exc_info=True)
                delivery.failed.append(message)
            else:
                delivery.delivered.append(message.id)

    async def _settle(self, delivery: _Delivery) -> None:
        now, left = self._clock.now(), delivery.left()

        def settle(session: Session) -> None:
            session.execute(delete(OutboxRow).where(OutboxRow.id.in_(delivery.delivered)))
            for message in delivery.failed:
                pause = min(2.0**message.attempts, LONGEST_PAUSE)
                _postpone(session, message, message.attempts + 1, now + pause)
            for message in left:
                _postpone(session, message, message.attempts, 0.0)

        await self._database.write(settle)


def _hold(session: Session, topics: Sequence[str], limit: int, now: float) -> list[OutboxMessage]:
    """Messages that are due, made undue for others; an attempt that ends in a crash counts."""
    query = (
        select(OutboxRow.id, OutboxRow.topic, OutboxRow.payload, OutboxRow.attempts)
        .where(OutboxRow.topic.in_(topics), OutboxRow.due_at <= now)
        .order_by(OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    messages = [
        OutboxMessage(id_, topic, orjson.loads(payload), attempts)
        for id_, topic, payload, attempts in session.execute(query)
    ]
    ids = [message.id for message in messages]
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids))
        .values(due_at=now + HELD_SECONDS, attempts=OutboxRow.attempts + 1)
    )
    return messages


def _postpone(session: Session, message: OutboxMessage, attempts: int, due_at: float) -> None:
    session.execute(
        update(OutboxRow).where(OutboxRow.id == message.id).values(due_at=due_at, attempts=attempts)
    )
