"""Bringing a database to the schema of this version."""

from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect, text

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.db.database import Database

__all__ = ["run_migrations", "upgrade"]


async def upgrade(database: Database, migrations: Path, metadata: MetaData) -> None:
    """Make the tables of an empty database, or apply what an older one is missing, in one transaction.

    An empty database is made straight from `metadata`, which the migrations lead to step by step; so only an
    upgrade has to load Alembic.

    Args:
        database: The database to bring up to date.
        migrations: The folder with Alembic's `env.py` and `versions`.
        metadata: Every table of this version.

    Raises:
        ConfigurationError: The database was made by a newer version.
    """
    revisions = sorted(file.stem.partition("_")[0] for file in (migrations / "versions").glob("[0-9]*.py"))
    current = await database.write(lambda session: _revision(session.connection()))
    if current is None:
        await database.write(lambda session: _create(session.connection(), metadata, revisions[-1]))
    elif current not in revisions:
        raise ConfigurationError(
            f"The database {database.name} was made by a newer LiteAgent (schema {current}; this one knows "
            f"{revisions[-1]}). Upgrade LiteAgent, or point --data at another folder."
        )
    elif current != revisions[-1]:
        await database.write(lambda session: _migrate(session.connection(), migrations, revisions[-1]))


def _create(connection: Connection, metadata: MetaData, revision: str) -> None:
    _lock(connection)
    if _revision(connection) is not None:
        return  # another process was faster
    metadata.create_all(connection)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})


def _migrate(connection: Connection, migrations: Path, newest: str) -> None:
    _lock(connection)
    if _revision(connection) != newest:
        run_migrations(connection, migrations)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _lock(connection: Connection) -> None:
    """Let one process at a time change the schema; SQLite's only writer is alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('liteagent schema'))"))


def run_migrations(connection: Connection, migrations: Path) -> None:
    """Apply every migration that the database lacks, within the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
