"""Connections to the Postgres of a term store: opened when first needed, kept, and given back in order."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import anyio
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from liteagent.contracts.errors import ProviderUnavailableError

__all__ = ["Connection", "Connections"]

T = TypeVar("T")

Connection: TypeAlias = psycopg.AsyncConnection[Any]

_MOST = 8
_PATIENCE = 15.0
_ATTEMPTS = 4


class Connections:
    """A pool of connections.

    Args:
        url: `postgresql://…`.
        prepare: Is run once, before anything else.
    """

    def __init__(self, url: str, prepare: Callable[[Connection], Awaitable[None]]) -> None:
        self._url = url
        self._prepare = prepare
        self._opening = anyio.Lock()
        self._pool: AsyncConnectionPool[Connection] | None = None

    async def write(self, work: Callable[[Connection], Awaitable[None]]) -> None:
        """Run a transaction, again where it was chosen to end a deadlock or lost its connection.

        Args:
            work: May be done twice, where the connection is lost while it is committed.

        Raises:
            ProviderUnavailableError: The server failed or cannot be reached.
        """

        async def transaction(connection: Connection) -> None:
            async with connection.transaction():
                await work(connection)

        await self._run(transaction)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run queries that all see the same moment.

        Raises:
            ProviderUnavailableError: The server failed or cannot be reached.
        """

        async def snapshot(connection: Connection) -> T:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                return await work(connection)
            finally:
                await connection.rollback()

        return await self._run(snapshot)

    async def aclose(self) -> None:
        """Close them all."""
        async with self._opening:
            if self._pool is not None:
                await self._pool.close()
                self._pool = None

    async def _run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                async with (await self._opened()).connection() as connection:
                    return await work(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
                if attempt >= _attempts_after(error):
                    raise _unavailable(error) from error
            if self._pool is not None:
                await self._pool.check()

    async def _opened(self) -> "AsyncConnectionPool[Connection]":
        if self._pool is not None:
            return self._pool
        async with self._opening:
            if self._pool is None:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=5
                ) as connection:
                    await self._prepare(connection)
                pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
                    self._url,
                    kwargs={"autocommit": True, "connect_timeout": 5},
                    min_size=1,
                    max_size=_MOST,
                    timeout=_PATIENCE,
                    configure=_configure,
                    open=False,
                )
                await pool.open()
                self._pool = pool
            return self._pool


def _attempts_after(error: Exception) -> int:
    """How often in all, when it failed like this; a server that was restarted has lost its connections."""
    if isinstance(error, (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)):
        return _ATTEMPTS
    return 1 if isinstance(error, PoolTimeout) else 2


def _unavailable(error: Exception) -> ProviderUnavailableError:
    return ProviderUnavailableError(
        f"The Postgres of the term store failed: {' '.join(str(error).split())}. Look whether it runs, "
        "then try again."
    )


async def _configure(connection: Connection) -> None:
    # Every query here is short: compiling it or sharing it out takes longer than running it.
    await connection.execute("SET jit = off")
    await connection.execute("SET max_parallel_workers_per_gather = 0")
