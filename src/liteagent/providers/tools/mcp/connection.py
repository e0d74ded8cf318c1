"""A connection to an MCP server: made when it is needed, kept, and made anew when it was lost."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import anyio
from anyio import to_thread

from liteagent.contracts.errors import ConfigurationError, ToolError
from liteagent.contracts.fetch import Fetch
from liteagent.providers.tools.mcp.failures import is_gone, is_lost, translated
from liteagent.providers.tools.mcp.servers import Program, Remote

if TYPE_CHECKING:
    from mcp import Client

__all__ = ["Connection"]

T = TypeVar("T")

_GOODBYE = 10.0


class Connection:
    """Calls to one server, over one session at a time.

    Args:
        server: Where it is.
        fetch: What a URL is reached through.
    """

    def __init__(self, server: Remote | Program, fetch: Fetch) -> None:
        self._server = server
        self._fetch = fetch
        self._session: _Session | None = None
        self._opening = anyio.Lock()

    async def use(self, act: "Callable[[Client], Awaitable[T]]", *, repeatable: bool) -> T:
        """What `act` comes to.

        Args:
            act: A call.
            repeatable: Whether it may be made again on a new session when the old one broke off during it.

        Raises:
            ToolError: The server cannot be reached, refused, or broke off.
            ConfigurationError: The package `mcp` is not installed.
        """
        session, kept = await self._opened()
        if kept and not repeatable and isinstance(self._server, Program):
            session = await self._still_there(session)
        try:
            return await act(session.client)
        except Exception as error:  # noqa: BLE001  the SDK raises of every kind; each is translated
            if not is_lost(error):
                raise translated(error) from None
            await self._drop(session)
            if not kept or not (repeatable or is_gone(error)):
                raise translated(error) from None
        session, _ = await self._opened()
        try:
            return await act(session.client)
        except Exception as error:  # noqa: BLE001
            raise translated(error) from None

    async def aclose(self) -> None:
        """End the session, and with it the program."""
        if self._session is not None:
            await self._drop(self._session)

    async def _opened(self) -> "tuple[_Session, bool]":
        """The session, and whether it was there before."""
        async with self._opening:
            if self._session is not None and self._session.alive:
                return self._session, True
            session = _Session(self._server, self._fetch)
            await session.begin()
            self._session = session
            return session, False

    async def _still_there(self, session: "_Session") -> "_Session":
        """A program that ended unseen is noticed before a call that must not be made twice."""
        try:
            await session.client.list_tools(cache_mode="bypass")
        except Exception:  # noqa: BLE001  whatever it was, a new session tells
            await self._drop(session)
            session, _ = await self._opened()
        return session

    async def _drop(self, session: "_Session") -> None:
        if self._session is session:
            self._session = None
        await session.end()


class _Session:
    """One session. The SDK's cancel scopes belong to the task that entered them: this is that task."""

    def __init__(self, server: Remote | Program, fetch: Fetch) -> None:
        self._server = server
        self._fetch = fetch
        self._ready = anyio.Event()
        self._over = anyio.Event()
        self._error: Exception | None = None
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def client(self) -> "Client":
        assert self._client is not None
        return self._client

    async def begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            with anyio.move_on_after(self._server.timeout):
                await self._ready.wait()
        finally:
            if not self._ready.is_set():
                self._task.cancel()
        if not self._ready.is_set():
            raise ToolError(
                f"The MCP server did not answer within {self._server.timeout:g} seconds.", code="mcp_timeout"
            )
        if self._error is not None:
            raise translated(self._error) from None

    async def end(self) -> None:
        self._over.set()
        if self._task is None:
            return
        with anyio.CancelScope(shield=True):
            _, late = await asyncio.wait([self._task], timeout=_GOODBYE)
            for task in late:
                task.cancel()

    async def _run(self) -> None:
        try:
            # In a thread: the first time loads the SDK, which takes up to a second.
            made = await to_thread.run_sync(_client, self._server, self._fetch)
            async with made as self._client:
                self._ready.set()
                await self._over.wait()
        except Exception as error:  # noqa: BLE001  told to whoever waits for the session
            self._error = error
        finally:
            self._ready.set()


def _client(server: Remote | Program, fetch: Fetch) -> "Client":
    try:
        import httpx2
        from mcp import Client
        from mcp.client.stdio import StdioServerParameters, stdio_client
        from mcp.client.streamable_http import streamable_http_client

        from liteagent.providers.tools.mcp.door import Door
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"MCP servers need the package {error.name!r}. Install it: pip install 'liteagent[mcp]'."
        ) from None
    if isinstance(server, Program):
        command = StdioServerParameters(command=server.command, args=[*server.args], env={**server.env})
        transport = stdio_client(command, errlog=sys.__stderr__ or sys.stderr)
    else:
        http = httpx2.AsyncClient(
            transport=Door(fetch, server.timeout), headers=dict(server.headers), timeout=None, trust_env=False
        )
        transport = streamable_http_client(server.url, http_client=http)
    return Client(transport, read_timeout_seconds=server.timeout, cache=None)
