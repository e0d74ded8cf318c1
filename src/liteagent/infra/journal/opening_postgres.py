"""The journal of `postgresql://` URLs, for library runs. It needs the extra `postgres`."""

from liteagent.contracts.clock import Clock
from liteagent.contracts.runs import OpenedJournal
from liteagent.infra.db.postgres import PostgresDatabase
from liteagent.infra.journal.opening import make_tables
from liteagent.infra.journal.postgres import PostgresJournal

__all__ = ["open_postgres"]


async def open_postgres(url: str, clock: Clock) -> OpenedJournal:
    """The journal in the database of `url`; its tables are made where they are missing.

    Raises:
        ConfigurationError: The server cannot be reached, or refuses.
    """
    database = PostgresDatabase(url)
    try:
        await database.write(make_tables)
    except BaseException:
        await database.close()
        raise
    return OpenedJournal(PostgresJournal(database, clock), database.close)
