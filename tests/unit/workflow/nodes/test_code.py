"""`code` nodes."""

from typing import Any

import pytest

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult
from liteagent.engine.workflow.nodes.code import CODE
from liteagent.engine.workflow.services import Services
from tests.unit.workflow.nodes.making import check_form, misfit, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenSandbox

CONFIG = {"code": "def main(a, b): return a + b", "inputs": {"a": "{{ output.n }}", "b": 2}}


def test_its_form() -> None:
    check_form(CODE, {"language", "code", "inputs", "enable_network", "limits"}, {"code"})


async def test_the_result_is_the_output() -> None:
    sandbox = WrittenSandbox(SandboxResult({"sum": 3}, stdout="x" * 3000, duration_ms=4.0))
    node = Node(CODE, {**CONFIG, "limits": {"wall": 2}}, Services(sandbox=sandbox))
    outcome = await node.perform(output={"n": 1})
    assert outcome.output == {"sum": 3}
    assert outcome.detail == {"stdout": "x" * 1999 + "…", "duration_ms": 4.0}
    code = "def main(a, b): return a + b"
    assert sandbox.requests == [SandboxRequest("python3", code, {"a": 1, "b": 2}, False, {"wall": 2.0})]
    assert node.handler.names == {("output", "n")}


def test_only_code_with_a_network_may_not_be_repeated() -> None:
    assert Node(CODE, CONFIG).safety is Safety.SAFE
    assert Node(CODE, {**CONFIG, "enable_network": True}).safety is Safety.UNSAFE


@pytest.mark.parametrize(
    ("result", "code", "word"),
    [
        (SandboxResult(error="Too slow.", error_kind="timeout"), "code_timeout", "Too slow."),
        (SandboxResult(stderr="Trace\n", error_kind="runtime_error"), "code_runtime_error", "Trace"),
        (SandboxResult(error_kind="memory"), "code_memory", "no reason"),
    ],
)
async def test_a_failure_has_the_kind_in_its_code(result: SandboxResult, code: str, word: str) -> None:
    node = Node(CODE, {**CONFIG, "language": "nodejs"}, Services(sandbox=WrittenSandbox(result)))
    error = await node.failure(output={"n": 1})
    assert error.error_code == code
    assert word in error.message
    assert error.details["kind"] == result.error_kind


async def test_code_with_a_secret_shows_nothing_of_what_it_says() -> None:
    said = SandboxResult(1, stdout="s3cret", stderr="s3cret")
    failed = SandboxResult(stdout="s3cret", error="s3cret", error_kind="crash")
    config = {"code": "print(a)", "inputs": {"a": "{{ secrets.a }}"}}
    node = Node(CODE, config, Services(sandbox=WrittenSandbox(said, failed)))
    assert (await node.perform(secrets={"a": "s3cret"})).detail == {"duration_ms": 0.0}
    assert "s3cret" not in str((await node.failure(secrets={"a": "s3cret"})).to_json())


async def test_without_a_sandbox_it_says_what_to_do() -> None:
    error = await Node(CODE, CONFIG).failure(output={"n": 1})
    assert isinstance(error, ConfigurationError)
    assert error.message.startswith("No sandbox configured. ")


def test_what_cannot_be_used_is_refused_by_field() -> None:
    assert refusal(CODE, {"code": "1", "inputs": {"a": "{{ 1 + }}"}}).details["field"] == "inputs"


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"code": ""}, "code"),
        ({"code": "1", "language": "ruby"}, "language"),
        ({"code": "1", "limits": {"time": 1}}, "limits"),
    ],
)
def test_what_its_model_does_not_accept(config: dict[str, Any], word: str) -> None:
    assert word in misfit(CODE, config)
