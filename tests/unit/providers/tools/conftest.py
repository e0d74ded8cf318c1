"""MCP servers made with the official SDK: behind a URL, and as a program."""

import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
import uvicorn
from mcp.server import MCPServer

from liteagent.contracts.tools import ToolSourceConfig
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.client import SafeFetch
from liteagent.providers.tools.mcp.source import McpSource, create
from tests.unit.providers.tools import mcp_program
from tests.unit.providers.tools.mcp_program import made

__all__ = ["serving"]

Opened = Callable[..., McpSource]


@asynccontextmanager
async def serving(app: Any, port: int = 0) -> AsyncGenerator[str]:
    """`app` behind the URL that this gives."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve, [listening])
            while not server.started:  # noqa: ASYNC110  uvicorn offers no event to wait for
                await anyio.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            server.should_exit = True


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    """Opens sources that may reach this machine, whose operator has named one program: `pets`."""
    sources: list[McpSource] = []
    program = {"command": sys.executable, "args": [mcp_program.__file__], "env": {"PETS": "Rex"}}
    operator: dict[str, Any] = {"servers": {"pets": program, "gone": {"command": "/nowhere/at/all"}}}
    fetch = SafeFetch(AllowList.parse("127.0.0.1"))

    def open_source(
        url: str | None = None, headers: dict[str, str] | None = None, **options: Any
    ) -> McpSource:
        sources.append(create(ToolSourceConfig(url, headers or {}, options, operator), fetch))
        return sources[-1]

    yield open_source
    for source in sources:
        await source.aclose()
    await fetch.aclose()


@pytest.fixture
async def mcp_url() -> AsyncIterator[str]:
    """The server behind a URL."""
    async with serving(_app(made())) as url:
        yield f"{url}/mcp"


def _app(server: MCPServer) -> Any:
    return server.streamable_http_app()
