"""The tools of MCP servers against aimock's, somebody else's implementation of the protocol."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import Tool, ToolContext, ToolSourceConfig
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.client import SafeFetch
from liteagent.providers.tools.mcp.source import create
from tests.peers.aimock import running_program

CONTEXT = ToolContext("run", "workspace", "run:1", "call")
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: list[dict[str, Any]] = [
    {"name": "weather", "description": "The weather of a city.", "inputSchema": SCHEMA, "result": "Rain."},
    {
        "name": "picture",
        "inputSchema": {"type": "object"},
        "result": [{"type": "image", "data": "iVBORw0KGgo=", "mimeType": "image/png"}],
    },
    {"name": "silent", "inputSchema": {"type": "object"}},
]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Where aimock listens."""
    config = tmp_path_factory.mktemp("aimock") / "aimock.json"
    config.write_text(json.dumps({"mcp": {"tools": TOOLS}}), encoding="utf-8")
    with running_program("aimock", ["-c", str(config)], _listens) as found:
        yield found


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
async def tools(port: int) -> AsyncIterator[dict[str, Tool]]:
    """Its tools, through the safe fetch."""
    fetch = SafeFetch(AllowList.parse("127.0.0.1"))
    source = create(ToolSourceConfig(f"http://127.0.0.1:{port}/mcp"), fetch)
    yield {each.definition.name: each for each in await source.tools()}
    await source.aclose()
    await fetch.aclose()


async def test_its_tools_are_listed_as_ones_that_ask(tools: dict[str, Tool]) -> None:
    assert set(tools) == {"weather", "picture", "silent"}
    weather = tools["weather"].definition
    assert (weather.description, weather.effect, weather.approval) == (
        "The weather of a city.",
        Safety.UNSAFE,
        True,
    )
    assert weather.parameters == SCHEMA


async def test_they_are_called(tools: dict[str, Tool]) -> None:
    assert await tools["weather"].run({"city": "Bern"}, CONTEXT) == "Rain."
    assert await tools["picture"].run({}, CONTEXT) == "[image: image/png, 9 bytes]"


async def test_a_tool_without_an_answer_is_no_failure(tools: dict[str, Tool]) -> None:
    assert await tools["silent"].run({}, CONTEXT) is None
