"""Journals by URL, for library runs: `memory://`, `sqlite:///file.db`, `postgresql://…`."""

from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio.to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.clock import Clock
from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.runs import OpenedJournal
from liteagent.infra.db.base import Base
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.journal.sqlite import SqliteJournal
from liteagent.infra.journal.tables import (
    CommitRow,
    OutboxRow,
    RunEventRow,
    RunRow,
    RunSnapshotRow,
    WorkerRow,
)

__all__ = ["make_tables", "open_sqlite"]

_TABLES = [
    Base.metadata.tables[row.__tablename__]
    for row in (RunRow, RunEventRow, RunSnapshotRow, OutboxRow, WorkerRow, CommitRow)
]
_PAGE_BYTES = 2048
"""Of a file with nothing but a journal: most commits are a few hundred bytes."""


def make_tables(session: Session) -> None:
    """Make the journal's tables where they are missing."""
    Base.metadata.create_all(session.connection(), tables=_TABLES)


async def open_sqlite(url: str, clock: Clock) -> OpenedJournal:
    """The journal in the file of a `sqlite:///` URL, made where there is none.

    Raises:
        ConfigurationError: The URL has no path, or its folder does not exist.
    """
    path = Path(urlsplit(url).path.removeprefix("/"))
    if not path.name or not path.parent.is_dir():
        raise ConfigurationError(
            f"{url!r} is not a database file. Write sqlite:///file.db or sqlite:////folder/file.db, with a "
            "folder that exists."
        )
    database = await anyio.to_thread.run_sync(partial(SqliteDatabase, path, _PAGE_BYTES))
    await database.write(make_tables)
    return OpenedJournal(SqliteJournal(database, clock), database.close)
