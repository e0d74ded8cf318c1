"""Databases with the journal's tables, of both kinds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from liteagent.infra.db.database import Database
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.opening import make_tables
from tests.services.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(postgres_url)
    await database.write(make_tables)
    yield database
    await database.close()


@pytest.fixture
async def sqlite_database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "both.db")
    await database.write(make_tables)
    yield database
    await database.close()


@pytest.fixture(params=["sqlite_database", "postgres_database"])
def either(request: pytest.FixtureRequest) -> Database:
    """A database of each kind."""
    return request.getfixturevalue(request.param)
