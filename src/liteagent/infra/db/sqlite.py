"""SQLite: any number of readers, and one writer thread that commits in groups.

Every write of the process goes through the writer. While one commit is on its way to the disk the next
units of work queue up, and go into the next commit together; when idle nothing waits. A unit that fails is
rolled back to its own savepoint and takes nobody with it.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.orm import Session

__all__ = ["SqliteDatabase", "driver_connection"]

T = TypeVar("T")

_READERS = 4
_LARGEST_GROUP = 512


@dataclass(slots=True)
class _Unit:
    work: Callable[[Any], Any]
    raw: bool
    done: "Future[Any]" = field(default_factory=Future[Any])
    result: Any = None
    error: BaseException | None = None

    def run(self, connection: Connection) -> None:
        try:
            self.result = self._run_raw(connection) if self.raw else self._run_in_session(connection)
        except Exception as error:  # noqa: BLE001  it is handed to whoever awaits this unit
            self.error = self.error or error
            if not driver_connection(connection).in_transaction:
                raise self.error from None  # SQLite has rolled the whole group back

    def _run_raw(self, connection: Connection) -> Any:
        driver = driver_connection(connection)
        driver.execute("SAVEPOINT unit").close()
        try:
            return self.work(driver)
        except Exception:
            if driver.in_transaction:
                driver.execute("ROLLBACK TO unit").close()
            raise
        finally:
            if driver.in_transaction:
                driver.execute("RELEASE unit").close()

    def _run_in_session(self, connection: Connection) -> Any:
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            try:
                result = self.work(session)
                session.commit()
            except Exception as error:
                self.error = error  # what leaving the session may raise on top of it says less
                raise
            return result

    def resolve(self, error: BaseException | None) -> None:
        error = error or self.error
        if error is None:
            self.done.set_result(self.result)
        else:
            self.done.set_exception(error)


class SqliteDatabase:
    """A `Database` in one file (WAL, synchronous=FULL: a committed unit survives power loss).

    Args:
        path: The file; its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: SimpleQueue[_Unit | None] = SimpleQueue()
        self._closed = False
        self._readers = _engine(path, _begin_deferred, _READERS)
        self._limiter: anyio.CapacityLimiter | None = None
        self._thread = threading.Thread(target=self._write_forever, name="liteagent-writer", daemon=True)
        self._thread.start()

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

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
        return cast("T", await self._submit(_Unit(work, raw=False)))

    async def write_raw(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Like `write`, with the driver's connection."""
        return cast("T", await self._submit(_Unit(work, raw=True)))

    async def close(self) -> None:
        """Commit what is queued and close the file."""
        self._closed = True
        self._queue.put(None)
        await anyio.to_thread.run_sync(self._thread.join)
        self._readers.dispose()

    async def _submit(self, unit: _Unit) -> Any:
        if self._closed:
            raise RuntimeError("the database is closed")
        self._queue.put(unit)
        return await asyncio.wrap_future(unit.done)

    def _write_forever(self) -> None:
        engine = _engine(self._path, _begin_immediate, 1)
        for group in self._groups():
            _commit(engine, group)
        engine.dispose()

    def _groups(self) -> Iterator[list[_Unit]]:
        while (unit := self._queue.get()) is not None:
            group, closing = [unit], False
            while len(group) < _LARGEST_GROUP:
                try:
                    following = self._queue.get_nowait()
                except Empty:
                    break
                if following is None:
                    closing = True
                    break
                group.append(following)
            yield [each for each in group if each.done.set_running_or_notify_cancel()]
            if closing:
                return


def _commit(engine: Engine, group: list[_Unit]) -> None:
    failure: BaseException | None = None
    try:
        with engine.begin() as connection:
            for unit in group:
                unit.run(connection)
    except Exception as error:  # noqa: BLE001  the disk is full or gone: every unit of the group learns it
        failure = error
    for unit in group:
        unit.resolve(failure)


def driver_connection(connection: Connection) -> sqlite3.Connection:
    """The sqlite3 connection below SQLAlchemy's."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _engine(path: Path, begin: Callable[[Connection], None], connections: int) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 15.0},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
