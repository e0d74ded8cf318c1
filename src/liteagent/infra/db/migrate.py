"""Bringing a database to the schema of this version."""

import sqlite3
from pathlib import Path

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.db.sqlite import SqliteDatabase

__all__ = ["upgrade"]


async def upgrade(database: SqliteDatabase, migrations: Path) -> None:
    """Apply what is missing, in one transaction; nothing is imported or locked where nothing is missing.

    Args:
        database: The database to bring up to date.
        migrations: The folder with Alembic's `env.py` and `versions`.

    Raises:
        ConfigurationError: The database was made by a newer version.
    """
    revisions = sorted(file.stem.partition("_")[0] for file in (migrations / "versions").glob("[0-9]*.py"))
    current = await database.write_raw(_revision)
    if current == revisions[-1]:
        return
    if current is not None and current not in revisions:
        raise ConfigurationError(
            f"The database {database.path} was made by a newer LiteAgent (schema {current}; this one knows "
            f"{revisions[-1]}). Upgrade LiteAgent, or point --data at another folder."
        )
    await database.write(lambda session: _run_alembic(session.connection(), migrations))


def _revision(connection: sqlite3.Connection) -> str | None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _run_alembic(connection: object, migrations: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
