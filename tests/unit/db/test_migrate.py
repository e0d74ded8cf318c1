"""From nothing, or from any version, to the schema of this one."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from liteagent.app.resources import resource_folder
from liteagent.app.tables import metadata
from liteagent.contracts.errors import ConfigurationError, FencedError
from liteagent.contracts.runs import Event, Journal
from liteagent.infra.db import migrate
from liteagent.infra.db.database import Database
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.postgres import PostgresJournal
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.system import SystemClock
from tests.services.postgres import PostgresServer, postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

MIGRATIONS = resource_folder("migrations")


@pytest.fixture(params=["sqlite", "postgres"])
async def database(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty one of each kind."""
    if request.param == "sqlite":
        database: Database = SqliteDatabase(tmp_path / "test.db")
    else:
        database = PostgresDatabase(request.getfixturevalue("postgres_url"))
    yield database
    await database.close()


@pytest.fixture
async def fresh(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Database]:
    """Another one of the same kind."""
    if isinstance(database, SqliteDatabase):
        fresh: Database = SqliteDatabase(tmp_path / "fresh.db")
        yield fresh
        await fresh.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        fresh = PostgresDatabase(url)
        yield fresh
        await fresh.close()


def schema(session: Session) -> dict[str, Any]:
    """Tables, columns (an upgrade adds them at the end), keys and indexes as the database has them."""
    found = inspect(session.connection())
    return {
        table: (
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)),
            found.get_pk_constraint(table)["constrained_columns"],
            sorted(str(key) for key in found.get_foreign_keys(table)),
            sorted((str(i["name"]), tuple(i["column_names"]), i["unique"]) for i in found.get_indexes(table)),
            sorted(str(unique) for unique in found.get_unique_constraints(table)),
        )
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def revision(session: Session) -> str:
    return session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()


async def migrated_step_by_step(database: Database) -> None:
    def before_the_first(session: Session) -> None:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        migrate.run_migrations(session.connection(), MIGRATIONS)

    await database.write(before_the_first)


async def test_the_migrations_lead_to_what_an_empty_database_is_made_with(
    database: Database, fresh: Database
) -> None:
    await migrated_step_by_step(database)
    await migrate.upgrade(fresh, MIGRATIONS, metadata)
    assert await fresh.read(schema) == await database.read(schema)
    assert await fresh.read(revision) == await database.read(revision)


async def test_the_migrations_lead_to_the_models(database: Database) -> None:
    await migrated_step_by_step(database)
    differences = await database.read(
        lambda session: compare_metadata(MigrationContext.configure(session.connection()), metadata)
    )
    assert differences == []


async def test_an_upgrade_can_be_run_again(database: Database) -> None:
    await migrate.upgrade(database, MIGRATIONS, metadata)
    before = await database.read(schema)
    await migrate.upgrade(database, MIGRATIONS, metadata)
    assert await database.read(schema) == before


async def test_a_newer_database_is_refused_and_left_alone(database: Database) -> None:
    await migrate.upgrade(database, MIGRATIONS, metadata)
    await database.write(
        lambda session: session.execute(text("UPDATE alembic_version SET version_num='9999'"))
    )
    with pytest.raises(ConfigurationError, match="newer LiteAgent"):
        await migrate.upgrade(database, MIGRATIONS, metadata)
    assert await database.read(revision) == "9999"


async def test_an_upgrade_keeps_what_the_first_schema_held(database: Database, tmp_path: Path) -> None:
    """Runs of the first version go on: their events are there, and take more."""
    await step_to_the_first(database, tmp_path)

    def fill(session: Session) -> None:
        session.execute(
            text(
                "INSERT INTO runs (id, workspace_id, created_by, kind, status, owner) "
                "VALUES ('r', 'w', 'u', 'k', 'RUNNING', 'old')"
            )
        )
        for seq in (1, 2):
            session.execute(
                text("INSERT INTO run_events VALUES ('r', :seq, 'x.happened', '{}', 1.5, NULL)"), {"seq": seq}
            )

    await database.write(fill)
    await migrate.upgrade(database, MIGRATIONS, metadata)
    journal = journal_of(database)
    assert [event.seq for event in await journal.read("r")] == [1, 2]
    (record,) = await journal.take("new", {"new"})
    assert (record.head, record.owner, record.epoch, record.wake_at) == (2, "new", 0, None)
    await journal.append([Event("r", 3, "run.claimed", {"owner": "new"}, 2.0)])
    with pytest.raises(FencedError):
        await journal.append([Event("r", 2, "x.happened", {}, 2.0)])


async def step_to_the_first(database: Database, folder: Path) -> None:
    """Bring an empty database to what the first version made."""
    migrations = folder / "migrations"
    shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns("000[!1]*", "__pycache__"))

    def make(session: Session) -> None:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        migrate.run_migrations(session.connection(), migrations)

    await database.write(make)
    assert await database.read(revision) == "0001"


def journal_of(database: Database) -> Journal:
    if isinstance(database, PostgresDatabase):
        return PostgresJournal(database, SystemClock())
    assert isinstance(database, SqliteDatabase)
    return SqliteJournal(database, SystemClock())
