"""The tools of MCP servers: over HTTP through the safe fetch, and of programs that the operator has named."""

import json
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, ToolError
from liteagent.contracts.fetch import FetchError, FetchRequest, FetchResponse
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import Tool, ToolContext, ToolSourceConfig
from liteagent.infra.fetch.client import SafeFetch
from liteagent.providers.tools.mcp.source import McpSource, create
from tests.unit.providers.tools.conftest import Opened, serving
from tests.unit.providers.tools.mcp_program import made

_CONTEXT = ToolContext("run", "workspace", "run:5", "call")


async def _tools(source: McpSource) -> dict[str, Tool]:
    return {each.definition.name: each for each in await source.tools()}


@pytest.fixture
def source(opened: Opened, mcp_url: str) -> McpSource:
    """The server behind a URL."""
    return opened(mcp_url, {"X-Key": "k"})


async def test_hints_say_what_may_be_done_about_a_call(source: McpSource) -> None:
    tools = await _tools(source)
    told = {name: (each.definition.effect, each.definition.approval) for name, each in tools.items()}
    assert told == {
        "get_pet": (Safety.SAFE, False),
        "put_pet": (Safety.IDEMPOTENT, True),
        "fail": (Safety.UNSAFE, True),
        "die": (Safety.UNSAFE, True),
        "paint": (Safety.SAFE, False),
    }
    assert tools["get_pet"].definition.parameters["required"] == ["number"]
    assert tools["get_pet"].definition.traits == ("untrusted_input", "private_data")
    assert tools["fail"].definition.traits == ("untrusted_input", "private_data", "outside_effect")


async def test_results_are_values_texts_and_names_of_pictures(source: McpSource) -> None:
    tools = await _tools(source)
    value = await tools["get_pet"].run({"number": 3}, _CONTEXT)
    assert value == {"number": 3, "name": "nobody", "home": None}
    assert await tools["paint"].run({}, _CONTEXT) == "A dog:\n[image: image/png, 1,200 bytes]"


async def test_a_call_that_may_be_repeated_carries_its_key(source: McpSource) -> None:
    tools = await _tools(source)
    said = await tools["put_pet"].run({"name": "Rex"}, _CONTEXT)
    assert "Rex run:5" in json.dumps(said)


async def test_failures_are_few_words(source: McpSource) -> None:
    tools = await _tools(source)
    with pytest.raises(ToolError, match="fail") as raised:
        await tools["fail"].run({}, _CONTEXT)
    assert "business" not in raised.value.message
    with pytest.raises(ToolError, match="number"):
        await tools["get_pet"].run({"number": "x"}, _CONTEXT)


async def test_a_program_is_asked_in_the_same_words(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "of the platform")
    tools = await _tools(opened(server="pets"))
    assert tools["get_pet"].definition.traits == ("untrusted_input", "private_data")
    assert "Rex run:5" in json.dumps(await tools["put_pet"].run({"name": "Rex"}, _CONTEXT))
    value = await tools["get_pet"].run({"number": 1}, _CONTEXT)
    assert value == {"number": 1, "name": "Rex", "home": None}


async def test_a_program_that_ends_is_started_again_but_its_call_is_not_repeated(opened: Opened) -> None:
    tools = await _tools(opened(server="pets"))
    with pytest.raises(ToolError, match="not known") as raised:
        await tools["die"].run({}, _CONTEXT)
    assert raised.value.error_code == "mcp_lost"
    again = await tools["get_pet"].run({"number": 4}, _CONTEXT)
    assert "Rex" in json.dumps(again)


async def test_a_server_that_comes_back_is_found_again(opened: Opened) -> None:
    async with serving(made().streamable_http_app()) as url:
        tools = await _tools(opened(f"{url}/mcp"))
        await tools["get_pet"].run({"number": 1}, _CONTEXT)
    with pytest.raises(ToolError, match="was not reached") as raised:
        await tools["get_pet"].run({"number": 1}, _CONTEXT)
    assert raised.value.error_code == "fetch_failed"
    async with serving(made().streamable_http_app(), int(url.rpartition(":")[2])):
        assert await tools["get_pet"].run({"number": 1}, _CONTEXT)


async def test_what_is_no_server_says_so(opened: Opened, mcp_url: str) -> None:
    for source, code in (
        (opened(mcp_url.replace("/mcp", "/nothing")), "mcp_failed"),
        (opened(server="gone"), "mcp_start"),
        (create(ToolSourceConfig("http://169.254.169.254/mcp"), SafeFetch()), "fetch_refused"),
        (create(ToolSourceConfig(mcp_url), SafeFetch()), "fetch_refused"),
    ):
        with pytest.raises(ToolError) as raised:
            await source.tools()
        assert raised.value.error_code == code, raised.value.message
        await source.aclose()


class _Recorded:
    """A fetch that answers with what it is told, and keeps what was asked."""

    def __init__(self, status: int = 200, body: bytes = b"", **headers: str) -> None:
        self.answer = FetchResponse(status, headers, body, "")
        self.requests: list[FetchRequest] = []

    async def __call__(self, request: FetchRequest) -> FetchResponse:
        self.requests.append(request)
        return self.answer

    async def aclose(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize(
    ("fetch", "told"),
    [
        (_Recorded(401, b"<html>who are you"), "status 401"),
        (_Recorded(500, b"{}"), "status 500"),
        (_Recorded(200, b"<html>", **{"content-type": "text/html"}), "content type"),
        (_Recorded(200, b"{broken", **{"content-type": "application/json"}), ""),
        (_Recorded(200, b"data: {broken\n\n", **{"content-type": "text/event-stream"}), ""),
        (_Recorded(302, b"", location="https://evil.example/mcp"), "not followed"),
        (_Recorded(307, b"", location="https://evil.example/mcp"), "not followed"),
        (_Recorded(202), "202"),
    ],
)
async def test_servers_that_answer_oddly_are_tool_errors_and_told_nothing_more(
    fetch: _Recorded, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = create(ToolSourceConfig("https://pets.example/mcp", {"Authorization": "Bearer s"}), fetch)
    with pytest.raises(ToolError) as raised:
        await source.tools()
    assert told in raised.value.message
    await source.aclose()
    assert {request.url for request in fetch.requests} == {"https://pets.example/mcp"}
    assert all(request.follow_redirects is False for request in fetch.requests)
    assert "Bearer s" not in caplog.text


async def test_a_server_out_of_reach_fails_each_call_and_not_the_session() -> None:
    class Down(_Recorded):
        async def __call__(self, request: FetchRequest) -> FetchResponse:
            raise FetchError("Nobody is there.")

    source = create(ToolSourceConfig("https://pets.example/mcp"), Down())
    for _ in range(2):
        with pytest.raises(ToolError, match="Nobody is there") as raised:
            await source.tools()
        assert raised.value.error_code == "fetch_failed"
    await source.aclose()


@pytest.mark.parametrize(
    "config",
    [
        ToolSourceConfig(),
        ToolSourceConfig(options={"command": "/bin/sh"}),
        ToolSourceConfig(options={"server": "pets"}),
        ToolSourceConfig(options={"server": ["/bin/sh"]}, operator={"servers": {}}),
        ToolSourceConfig("https://a.example", options={"timeout": 0}),
        ToolSourceConfig("https://a.example", options={"timeout": True}),
        ToolSourceConfig("https://a.example", options={"servers": {"x": {"command": "/bin/sh"}}}),
    ],
)
def test_no_program_is_started_that_the_operator_has_not_named(config: ToolSourceConfig) -> None:
    with pytest.raises(InvalidInputError):
        create(config, _Recorded())


def test_what_the_operator_says_is_in_no_repr() -> None:
    program: dict[str, Any] = {"command": "x", "env": {"TOKEN": "canary"}}
    config = ToolSourceConfig(options={"server": "a"}, operator={"servers": {"a": program}})
    assert "canary" not in repr(config)
