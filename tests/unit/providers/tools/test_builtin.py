"""The tools that every workspace has."""

from typing import Any

import pytest

from liteagent.contracts.errors import ConfigurationError, ToolError
from liteagent.contracts.fetch import FetchRefusedError, FetchResponse, FetchTooLargeError
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult
from liteagent.contracts.tools import Tool, ToolContext, ToolFactory, ToolParts
from liteagent.infra.fetch.client import SafeFetch
from liteagent.testing.clock import ManualClock
from liteagent.testing.fetch import FetchReply, ScriptedFetch

_CONTEXT = ToolContext("run", "workspace", "run:3", "call")
_TOOLS: Registry[ToolFactory] = Registry("liteagent.tool")


class _Sandbox:
    def __init__(self, result: SandboxResult | Exception) -> None:
        self.result = result
        self.requests: list[SandboxRequest] = []

    async def run(self, request: SandboxRequest) -> SandboxResult:
        self.requests.append(request)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def _made(name: str, *replies: FetchReply, sandbox: _Sandbox | None = None) -> tuple[Tool, ScriptedFetch]:
    fetch = ScriptedFetch(replies)
    return _TOOLS.get(name)(ToolParts(fetch, ManualClock(1_700_000_000.0), sandbox)), fetch


async def test_the_time_is_the_clocks_in_any_zone() -> None:
    tool, _ = _made("current_time")
    assert tool.definition.effect is Safety.SAFE
    assert await tool.run({"time_zone": "Asia/Tokyo"}, _CONTEXT) == {
        "time": "2023-11-15T07:13:20+09:00",
        "time_zone": "Asia/Tokyo",
        "weekday": "Wednesday",
        "unix": 1_700_000_000,
    }
    assert (await tool.run({}, _CONTEXT))["time_zone"] == "UTC"  # type: ignore[index]
    for bad in ("Nowhere/Atlantis", "../../etc/passwd", "", "\x00", "/etc/localtime"):
        with pytest.raises(ToolError, match="time zone"):
            await tool.run({"time_zone": bad}, _CONTEXT)


async def test_code_runs_in_the_sandbox_and_nowhere_else() -> None:
    sandbox = _Sandbox(SandboxResult({"n": 6}, "printed\n"))
    tool, _ = _made("run_code", sandbox=sandbox)
    assert (tool.definition.effect, tool.definition.traits) == (Safety.SAFE, ())
    code = {"code": "def main(n): return {'n': n * 2}", "inputs": {"n": 3}}
    assert await tool.run(code, _CONTEXT) == {"result": {"n": 6}, "stdout": "printed\n"}
    (request,) = sandbox.requests
    assert (request.language, request.inputs, request.enable_network) == ("python3", {"n": 3}, False)
    failing, _ = _made("run_code", sandbox=_Sandbox(SandboxResult(error="boo", error_kind="timeout")))
    with pytest.raises(ToolError, match=r"failed \(timeout\): boo") as raised:
        await failing.run(code, _CONTEXT)
    assert raised.value.error_code == "code_timeout"


async def test_without_a_sandbox_code_says_so() -> None:
    for sandbox, code in (
        (None, "no_sandbox"),
        (_Sandbox(ConfigurationError("No sandbox.")), "not_configured"),
    ):
        tool, _ = _made("run_code", sandbox=sandbox)
        with pytest.raises(ToolError, match="sandbox") as raised:
            await tool.run({"code": "1"}, _CONTEXT)
        assert raised.value.error_code == code
    with pytest.raises(ToolError, match="language"):
        await tool.run({"code": "1", "language": "bash"}, _CONTEXT)


@pytest.mark.parametrize(
    ("arguments", "effect", "approval"),
    [
        ({"method": "GET", "url": "https://a.example"}, Safety.SAFE, False),
        ({"method": "HEAD", "url": "https://a.example"}, Safety.SAFE, False),
        ({"method": "POST", "url": "https://a.example"}, Safety.UNSAFE, True),
        ({"method": "DELETE"}, Safety.UNSAFE, True),
        ({"method": "get"}, Safety.UNSAFE, True),
        ({"method": ["GET"]}, Safety.UNSAFE, True),
        ({"url": "https://a.example"}, Safety.UNSAFE, True),
        (None, Safety.UNSAFE, True),
        ("GET", Safety.UNSAFE, True),
    ],
)
def test_only_reading_requests_ask_nobody(arguments: Any, effect: Safety, approval: bool) -> None:
    definition = _made("http_request")[0].definition
    told = definition.for_call(arguments)
    assert (told.effect, told.approval) == (effect, approval)
    assert definition.guarded.for_call(arguments).approval is True
    assert set(definition.traits) == {"untrusted_input", "outside_effect"}


async def test_a_request_carries_its_key_only_where_it_writes() -> None:
    ok = FetchResponse(
        200, {"content-type": "application/json", "set-cookie": "a"}, b'{"a":1}', "https://a.example/"
    )
    tool, fetch = _made("http_request", ok, ok)
    answer = await tool.run({"method": "GET", "url": "https://a.example/"}, _CONTEXT)
    assert answer == {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"a": 1},
        "url": "https://a.example/",
    }
    await tool.run({"method": "POST", "url": "https://a.example/", "body": {"n": 10**30}}, _CONTEXT)
    keys = [(each.idempotency_key, each.follow_redirects, each.body) for each in fetch.requests]
    assert keys == [(None, True, None), ("run:3", False, b'{"n":1' + b"0" * 30 + b"}")]


async def test_what_the_fetch_refuses_is_told_in_its_words() -> None:
    for reply in (FetchRefusedError("Not there."), FetchTooLargeError("Too long.")):
        tool, _ = _made("http_request", reply)
        with pytest.raises(ToolError, match=reply.message) as raised:
            await tool.run({"method": "GET", "url": "https://a.example/"}, _CONTEXT)
        assert raised.value.error_code == reply.code
    inside = _TOOLS.get("http_request")(ToolParts(SafeFetch(), ManualClock(0)))
    for url in ("http://169.254.169.254/latest", "http://localhost/", "file:///etc/passwd", "http://0x7f.1/"):
        with pytest.raises(ToolError) as raised:
            await inside.run({"method": "GET", "url": url}, _CONTEXT)
        assert raised.value.error_code == "fetch_refused"
