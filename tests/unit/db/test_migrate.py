"""From nothing, or from any version, to the schema of this one."""

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
from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.db import migrate
from liteagent.infra.db.sqlite import SqliteDatabase

MIGRATIONS = resource_folder("migrations")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(tmp_path / "test.db")
    yield database
    await database.close()


def schema(session: Session) -> dict[str, Any]:
    """Tables, columns, keys and indexes as the database has them."""
    found = inspect(session.connection())
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(table)],
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


async def migrated_step_by_step(database: SqliteDatabase) -> None:
    def before_the_first(session: Session) -> None:
        session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        migrate.run_migrations(session.connection(), MIGRATIONS)

    await database.write(before_the_first)


async def test_the_migrations_lead_to_what_an_empty_database_is_made_with(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    await migrated_step_by_step(database)
    fresh = SqliteDatabase(tmp_path / "fresh.db")
    await migrate.upgrade(fresh, MIGRATIONS, metadata)
    assert await fresh.read(schema) == await database.read(schema)
    assert await fresh.read(revision) == await database.read(revision)
    await fresh.close()


async def test_the_migrations_lead_to_the_models(database: SqliteDatabase) -> None:
    await migrated_step_by_step(database)
    differences = await database.read(
        lambda session: compare_metadata(MigrationContext.configure(session.connection()), metadata)
    )
    assert differences == []


async def test_an_upgrade_can_be_run_again(database: SqliteDatabase) -> None:
    await migrate.upgrade(database, MIGRATIONS, metadata)
    before = await database.read(schema)
    await migrate.upgrade(database, MIGRATIONS, metadata)
    assert await database.read(schema) == before


async def test_a_newer_database_is_refused_and_left_alone(database: SqliteDatabase) -> None:
    await migrate.upgrade(database, MIGRATIONS, metadata)
    await database.write(
        lambda session: session.execute(text("UPDATE alembic_version SET version_num='9999'"))
    )
    with pytest.raises(ConfigurationError, match="newer LiteAgent"):
        await migrate.upgrade(database, MIGRATIONS, metadata)
    assert await database.read(revision) == "9999"
