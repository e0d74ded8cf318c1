"""Postgres: a few reader threads, and one writer thread that commits in groups, as on SQLite.

A server that restarts is waited for. A transaction that was lost before its commit is run again; where only
the answer to the commit was lost, the table `commits` tells whether it was made.
"""

import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
import psycopg
from sqlalchemy import URL, Engine, QueuePool, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.db.changes import Changes
from liteagent.infra.db.commits import CommitMark
from liteagent.infra.db.writer import Batch, GroupedWriter, Unit, parted, run_batch

__all__ = ["PostgresDatabase", "postgres_url"]

T = TypeVar("T")
Item = TypeVar("Item")

_READERS = 8
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_REFUSALS = ("does not exist", "authentication failed", "no pg_hba.conf entry")
_AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)


class PostgresDatabase:
    """A `Database` on a Postgres server.

    Args:
        url: `postgresql://…`.
        patience: Seconds that a unit of work waits for a server that cannot be reached.
    """

    def __init__(self, url: str, patience: float = 30.0) -> None:
        self._url = postgres_url(url)
        self._patience = _Patience(self.name, patience)
        self._readers = _engine(self._url, _READERS, "REPEATABLE READ")
        self._limiter: anyio.CapacityLimiter | None = None
        self._committing = _Committing(self._url, self._patience)
        self.changes = Changes()
        self._committing.count(self.changes)
        self._writer = GroupedWriter(self._committing.commit, self._committing.close)

    @property
    def name(self) -> str:
        """The server and its database, without the password."""
        return self._url.set(drivername="postgresql").render_as_string(hide_password=True)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a reader thread, on one snapshot of the committed state."""

        def once() -> T:
            with Session(self._readers, expire_on_commit=False) as session:
                return work(session)

        def in_thread() -> T:
            return self._patience.run(once)

        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_READERS)
        return await anyio.to_thread.run_sync(in_thread, limiter=self._limiter)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in the writer and return once the commit that carries it is durable."""
        try:
            return cast("T", await self._writer.submit(work))
        finally:
            self.changes.settle()

    def write_batched(
        self,
        batch: Callable[["psycopg.Connection[Any]", Sequence[Item]], Sequence[T | Exception]],
        item: Item,
    ) -> Coroutine[Any, Any, T]:
        """Like `write`, for many small writes of one kind: those of a group go to one call of `batch`.

        It gets a connection that commits each statement, and the items; it writes with a single statement,
        and returns for each item its result, or the error to raise. Where it raises itself, it is called with
        one item at a time; where the connection was lost, it is called again, and finds out what it has
        committed.
        """
        return self._writer.submit(batch=batch, item=item)

    async def close(self) -> None:
        """Commit what is queued and close the connections."""
        self._patience.end()
        await self._writer.close()
        self._readers.dispose()


def postgres_url(url: str) -> URL:
    """The URL for SQLAlchemy: whatever Postgres itself takes, with the driver that we use.

    Raises:
        ConfigurationError: It is none.
    """
    try:
        parsed = make_url(url)
    except Exception as error:
        raise ConfigurationError("DATABASE_URL is no URL. Write postgresql://user@host/database.") from error
    return parsed.set(drivername="postgresql+psycopg")


class _Patience:
    """Runs what may lose its connection until it goes through or the time is over."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._seconds = seconds
        self._ended = threading.Event()

    def end(self) -> None:
        """Wait no more."""
        self._ended.set()

    def run(self, attempt: Callable[[], T]) -> T:
        """The result of the first attempt that has a server.

        Raises:
            ConfigurationError: `database_unavailable`: there was none for too long.
        """
        deadline, pause = time.monotonic() + self._seconds, _FIRST_PAUSE
        while True:
            try:
                return attempt()
            except (psycopg.Error, DBAPIError) as error:
                if not _is_passing(error):
                    raise
                if _is_hopeless(error) or time.monotonic() > deadline or self._ended.is_set():
                    raise self._unavailable(error) from error
            self._ended.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _unavailable(self, error: Exception) -> ConfigurationError:
        return ConfigurationError(
            f"The database {self._name} cannot be reached: {_cause(error)}. Look whether the server runs, "
            "then try again.",
            code="database_unavailable",
        )


class _Committing:
    """The writer's two connections, opened when they are needed; used in the writer's thread alone."""

    def __init__(self, url: URL, patience: _Patience) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._engine = _engine(url, 1, "READ COMMITTED")
        self._patience = patience
        self._mark = CommitMark()
        self._driver: psycopg.Connection[Any] | None = None

    def count(self, changes: Changes) -> None:
        """Have what is written counted."""
        changes.count(self._engine)

    def commit(self, group: Sequence[Unit]) -> None:
        """Commit the batches of a group with a statement each, and the rest in one transaction."""
        batches, single = parted(group)
        for batch, units in batches.items():
            self._run_batch(batch, units)
        if single:
            _Transaction(self._engine, self._patience, self._mark, single).commit()

    def close(self) -> None:
        """Close the connections."""
        if self._driver is not None:
            self._driver.close()
        self._engine.dispose()

    def _run_batch(self, batch: Batch, units: Sequence[Unit]) -> None:
        def together() -> None:
            run_batch(batch, units, self._connection())

        try:
            self._patience.run(together)
        except Exception as error:  # noqa: BLE001  each learns its own
            if len(units) == 1 or isinstance(error, ConfigurationError):
                _refuse(units, error)
                return
            for unit in units:
                self._run_batch(batch, [unit])

    def _connection(self) -> "psycopg.Connection[Any]":
        if self._driver is None or self._driver.closed:
            self._driver = psycopg.connect(self._url, autocommit=True)
        return self._driver


class _Transaction:
    """Units with a session that are committed together."""

    def __init__(self, engine: Engine, patience: _Patience, mark: CommitMark, units: Sequence[Unit]) -> None:
        self._engine = engine
        self._patience = patience
        self._mark = mark
        self._units = units
        self._number: int | None = None

    def commit(self) -> None:
        """Commit those that do not fail; only after a failure each gets a savepoint."""
        try:
            if not self._patience.run(self._attempt) and len(self._units) > 1:
                self._patience.run(self._attempt_apart)
        except Exception as error:  # noqa: BLE001  the server is gone: every unit learns it
            _refuse(self._units, error)

    def _attempt(self) -> bool:
        """Whether all went through; if not, nothing is written."""
        if self._is_committed():
            return True
        with self._engine.connect() as connection, connection.begin() as transaction:
            for unit in self._units:
                with Session(
                    connection, join_transaction_mode="rollback_only", expire_on_commit=False
                ) as session:
                    _run(unit, session)
                if unit.error:
                    transaction.rollback()
                    return False
            self._number = self._mark.note(connection)
        self._mark.keep()
        return True

    def _attempt_apart(self) -> None:
        if self._is_committed():
            return
        with self._engine.connect() as connection, connection.begin():
            for unit in self._units:
                with Session(
                    connection, join_transaction_mode="create_savepoint", expire_on_commit=False
                ) as session:
                    _run(unit, session)
                    if unit.error is None:
                        session.commit()
            self._number = self._mark.note(connection)
        self._mark.keep()

    def _is_committed(self) -> bool:
        """Whether an earlier attempt was committed, and only its answer was lost."""
        if self._number is None:
            return False
        with self._engine.connect() as connection:
            return self._mark.has(connection, self._number)


def _run(unit: Unit, session: Session) -> None:
    """Run a unit; what it loses or must repeat with the whole transaction is raised."""
    unit.run(session)
    if unit.error is None:
        try:
            session.flush()
        except Exception as error:  # noqa: BLE001  it is handed to whoever awaits this unit
            unit.error = error
    if unit.error and _is_passing(unit.error):
        raise unit.error


def _refuse(units: Sequence[Unit], error: BaseException) -> None:
    for unit in units:
        unit.error = error


def _is_passing(error: BaseException) -> bool:
    """Whether another attempt may go through: the server is away, or two transactions collided."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and _is_passing(error.orig))
    if isinstance(error, psycopg.OperationalError):
        return error.sqlstate is None or error.sqlstate[:2] in ("08", "57", "53") or isinstance(error, _AGAIN)
    return isinstance(error, psycopg.InterfaceError)


def _is_hopeless(error: Exception) -> bool:
    """Whether the server is there and refuses the connection; it says so in words alone."""
    return any(words in str(error) for words in _REFUSALS)


def _cause(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return " ".join(str(cause).split()).rstrip(".")


def _engine(url: URL, connections: int, isolation: Any) -> Engine:
    return create_engine(
        url,
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        isolation_level=isolation,
        connect_args={"connect_timeout": 5},
    )
