"""`/mcp`: the Model Context Protocol over streamable HTTP, behind the same credentials as everything else."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import anyio
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from liteagent.contracts.errors import ConfigurationError
from liteagent.infra.http.route import Authenticator
from liteagent.infra.http.scopes import require_scope

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

__all__ = ["McpEndpoint"]

_METHODS = ("GET", "POST", "DELETE")


class _Manager(Protocol):
    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class McpEndpoint:
    """An ASGI application. Its sessions begin with the first request, and end with `aclose`.

    Args:
        server: Makes the server; imports the SDK, which may not be installed.
        authenticator: Who knows the credentials.
    """

    methods = _METHODS

    def __init__(self, server: "Callable[[], Server[Any]]", authenticator: Authenticator) -> None:
        self._make = server
        self._authenticator = authenticator
        self._manager: _Manager | None = None
        self._running: asyncio.Task[None] | None = None
        self._opening = anyio.Lock()
        self._over = anyio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of a known principal.

        Raises:
            NotAuthenticatedError: No credentials, or ones that do not hold.
            NotPermittedError: They do not cover this.
            ConfigurationError: `not_configured`: the SDK is not installed.
        """
        request = Request(scope, receive)
        principal = await self._authenticator.authenticate(request.headers.get("authorization"))
        require_scope(principal, "POST", "/mcp")
        request.state.principal = principal
        manager = self._manager or await self._open()
        await manager.handle_request(scope, receive, send)

    async def aclose(self) -> None:
        """End every session."""
        self._over.set()
        if self._running is not None:
            await asyncio.wait((self._running,))

    async def _open(self) -> _Manager:
        async with self._opening:
            if self._manager is None:
                started: asyncio.Future[_Manager] = asyncio.get_running_loop().create_future()
                self._running = asyncio.ensure_future(self._run(started))
                self._manager = await started
            return self._manager

    async def _run(self, started: "asyncio.Future[_Manager]") -> None:
        try:
            from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

            manager = StreamableHTTPSessionManager(self._make())
        except ImportError:
            started.set_exception(
                ConfigurationError("MCP needs the package `mcp`. Install it with: pip install liteagent[mcp]")
            )
            return
        async with manager.run():
            started.set_result(manager)
            await self._over.wait()
