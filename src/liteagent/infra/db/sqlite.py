"""SQLite: any number of readers, and one writer thread that commits in groups.

A unit that fails is rolled back to its own savepoint and takes nobody with it. Small writes of one kind are
run together without savepoints, and past SQLAlchemy where nothing else is in the group; only if that fails
each is run by itself.
"""

import sqlite3
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.orm import Session

from liteagent.infra.db.changes import Changes
from liteagent.infra.db.writer import Batch, GroupedWriter, Unit, parted, run_batch

__all__ = ["SqliteDatabase", "driver_connection"]

T = TypeVar("T")
Item = TypeVar("Item")

_READERS = 4


class SqliteDatabase:
    """A `Database` in one file (WAL, synchronous=FULL: a committed unit survives power loss).

    Attributes:
        changes: What was changed through it of what users configure.

    Args:
        path: The file; its folder must exist.
        page_bytes: Of a file that is not there yet: a commit writes whole pages, so small ones suit many
            small commits, and large ones long values.
    """

    def __init__(self, path: Path, page_bytes: int = 4096) -> None:
        self._path = path
        self._readers = _engine(path, page_bytes, _begin_deferred, _READERS)
        self._limiter: anyio.CapacityLimiter | None = None
        self._committing = _Committing(path, page_bytes)
        self.changes = Changes()
        self._committing.count(self.changes)
        self._writer = GroupedWriter(self._committing.commit, self._committing.close)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def name(self) -> str:
        """The database file, for messages."""
        return str(self._path)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a reader thread, on the newest committed state."""

        def in_thread() -> T:
            with Session(self._readers, expire_on_commit=False) as session:
                return work(session)

        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_READERS)
        return await anyio.to_thread.run_sync(in_thread, limiter=self._limiter)

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` in the writer and return once the commit that carries it is on disk."""
        try:
            return cast("T", await self._writer.submit(work))
        finally:
            self.changes.settle()

    async def write_raw(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Like `write`, with the driver's connection."""
        return await self.write(lambda session: work(driver_connection(session.connection())))

    def write_batched(
        self, batch: Callable[[sqlite3.Connection, Sequence[Item]], Sequence[T | Exception]], item: Item
    ) -> Coroutine[Any, Any, T]:
        """Like `write`, for many small writes of one kind: those of a group go to one call of `batch`.

        It gets the driver's connection and the items, and returns for each its result, or the error to raise.
        Where it raises itself, what it did is undone, and it is called with one item at a time.
        """
        return self._writer.submit(batch=batch, item=item)

    async def close(self) -> None:
        """Commit what is queued and close the file."""
        await self._writer.close()
        self._readers.dispose()


class _Committing:
    """The writer's connection, opened when it is first needed; used in the writer's thread alone."""

    def __init__(self, path: Path, page_bytes: int) -> None:
        self._engine = _engine(path, page_bytes, _begin_immediate, 1)
        self._opened: Connection | None = None

    def count(self, changes: Changes) -> None:
        """Have what is written counted."""
        changes.count(self._engine)

    def commit(self, group: Sequence[Unit]) -> None:
        """Run a group of units in one transaction."""
        if self._opened is None:
            self._opened = self._engine.connect()
        driver = driver_connection(self._opened)
        batches, single = parted(group)
        if not single and _commit_batches(driver, batches):
            return
        with self._opened.begin():
            for batch, units in batches.items():
                _run_together(driver, batch, units)
            for unit in single:
                _run_in_session(unit, self._opened)

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.close()
        self._engine.dispose()


def _commit_batches(driver: sqlite3.Connection, batches: Mapping[Batch, Sequence[Unit]]) -> bool:
    """Commit small writes past SQLAlchemy; False, with nothing written, where they don't go together."""
    driver.execute("BEGIN IMMEDIATE")
    try:
        for batch, units in batches.items():
            run_batch(batch, units, driver)
    except Exception:  # noqa: BLE001  it comes up again when they are run one at a time
        _roll_back(driver)
        return False
    try:
        driver.execute("COMMIT")
    finally:
        _roll_back(driver)
    return True


def _roll_back(driver: sqlite3.Connection) -> None:
    if driver.in_transaction:
        driver.execute("ROLLBACK")


def _run_together(driver: sqlite3.Connection, batch: Batch, units: Sequence[Unit]) -> None:
    driver.execute("SAVEPOINT batch")
    try:
        run_batch(batch, units, driver)
    except Exception:  # noqa: BLE001  it comes up again when they are run one at a time
        _check_transaction(driver, None)
        driver.execute("ROLLBACK TO batch")
        for unit in units:
            _run_in_savepoint(unit, driver)
    driver.execute("RELEASE batch")


def _run_in_savepoint(unit: Unit, driver: sqlite3.Connection) -> None:
    driver.execute("SAVEPOINT unit")
    unit.run(driver)
    _check_transaction(driver, unit.error)
    if unit.error:
        driver.execute("ROLLBACK TO unit")
    driver.execute("RELEASE unit")


def _run_in_session(unit: Unit, connection: Connection) -> None:
    try:
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            unit.run(session)
            if unit.error is None:
                session.commit()
    except Exception as error:  # noqa: BLE001  leaving the session says less than what it was left for
        unit.error = unit.error or error
    _check_transaction(driver_connection(connection), unit.error)


def _check_transaction(driver: sqlite3.Connection, error: BaseException | None) -> None:
    """Give the group up where SQLite has rolled all of it back, as on a full disk."""
    if not driver.in_transaction:
        raise error or sqlite3.OperationalError("SQLite has rolled the transaction back")


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """The sqlite3 connection below SQLAlchemy's."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _engine(path: Path, page_bytes: int, begin: Callable[[Connection], None], connections: int) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 15.0},
    )
    event.listen(engine, "connect", _preparing(page_bytes))
    event.listen(engine, "begin", begin)
    return engine


def _preparing(page_bytes: int) -> Callable[[sqlite3.Connection, object], None]:
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8000")

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (f"page_size={page_bytes}", *pragmas):
            connection.execute(f"PRAGMA {pragma}").close()

    return prepare


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
