"""Which worker processes are alive, for processes on several machines: each renews a lease in the database.

Only the database's clock is asked, so clocks that differ do no harm. A worker that stood still for longer
than its lease counts as dead, and as alive again when it beats again: its runs may have been taken meanwhile,
and the journal's fence keeps it from them.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, text
from sqlalchemy.orm import Session

from liteagent.infra.db.database import Database

__all__ = ["BEAT_SECONDS", "LEASE_SECONDS", "LeaseOwnership"]

LEASE_SECONDS = 15.0
"""How long a worker counts as alive after a beat."""
BEAT_SECONDS = 5.0
"""How often a beat is due."""

_FORGOTTEN_AFTER = 3600.0
_NOW = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "extract(epoch FROM clock_timestamp())",
}
_BEAT = """INSERT INTO workers (id, started_at, lease_until) VALUES (:id, {now}, {now} + :lease)
           ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"""


class LeaseOwnership:
    """Liveness by a lease in the table `workers`; begins with the first beat.

    Args:
        database: Where the workers meet.
        owner_id: The id of this process, unique for ever.
        lease: Seconds that a beat is good for.
    """

    def __init__(self, database: Database, owner_id: str, lease: float = LEASE_SECONDS) -> None:
        self._database = database
        self._owner_id = owner_id
        self._lease = lease

    @property
    def owner_id(self) -> str:
        """The id of the own process."""
        return self._owner_id

    async def living(self) -> frozenset[str]:
        """The ids of every worker with a lease."""
        query = "SELECT id FROM workers WHERE lease_until > {now}"
        return await self._database.read(lambda session: frozenset(_run(session, query).scalars()))

    async def beat(self) -> None:
        """Renew the lease."""
        values = {"id": self._owner_id, "lease": self._lease}
        await self._database.write(lambda session: _run(session, _BEAT, values).close())

    async def release(self) -> None:
        """End the lease, and sweep away what has been dead for long."""
        values = {"id": self._owner_id, "age": _FORGOTTEN_AFTER}
        query = "DELETE FROM workers WHERE id = :id OR lease_until < {now} - :age"
        await self._database.write(lambda session: _run(session, query, values).close())


def _run(session: Session, query: str, values: Mapping[str, object] | None = None) -> "CursorResult[Any]":
    statement = query.format(now=_NOW[session.get_bind().dialect.name])
    return session.connection().execute(text(statement), dict(values or {}))
