"""Budgets over a database of their own."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session

from liteagent.app.resources import resource_folder
from liteagent.app.tables import metadata
from liteagent.contracts.identity import Principal
from liteagent.features.budgets.service import BudgetService
from liteagent.infra.db.changes import Changes
from liteagent.infra.db.database import Database
from liteagent.infra.db.migrate import upgrade
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.system import new_id
from liteagent.testing import ManualClock
from tests.services.postgres import PostgresServer, postgres_server, postgres_url

__all__ = ["CountingDatabase", "PostgresServer", "postgres_server", "postgres_url"]

T = TypeVar("T")


class CountingDatabase:
    """A database that counts its units of work."""

    def __init__(self, inside: Database) -> None:
        self._inside = inside
        self.units = 0

    @property
    def name(self) -> str:
        return self._inside.name

    @property
    def changes(self) -> Changes:
        return self._inside.changes

    async def read(self, work: Callable[[Session], T]) -> T:
        self.units += 1
        return await self._inside.read(work)

    async def write(self, work: Callable[[Session], T]) -> T:
        self.units += 1
        return await self._inside.write(work)

    async def close(self) -> None:
        await self._inside.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def database(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[CountingDatabase]:
    """One of each kind, with all tables."""
    inside: Database
    if request.param == "sqlite":
        inside = SqliteDatabase(tmp_path / "test.db")
    else:
        inside = PostgresDatabase(request.getfixturevalue("postgres_url"))
    await upgrade(inside, resource_folder("migrations"), metadata)
    yield CountingDatabase(inside)
    await inside.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def principal() -> Principal:
    return Principal(new_id(), new_id())


@pytest.fixture
def budgets(database: CountingDatabase, clock: ManualClock) -> BudgetService:
    return BudgetService(database, clock, new_id)


@pytest.fixture
def restarted(database: CountingDatabase, clock: ManualClock) -> Callable[[], Any]:
    """Makes the service of the next process."""
    return lambda: BudgetService(database, clock, new_id)
