"""Flows with code and templates, over HTTP, with the sandbox that an installation has by itself."""

from typing import Any

import pytest

from liteagent.app.settings import Settings
from tests.features.workflows.flows import Flows

_MEAN = "import statistics\ndef main(numbers):\n    return {'mean': statistics.mean(numbers)}\n"
_DOUBLED = "async function main({ mean }) { return mean * 2 }"
_PAGE = "{% for n in numbers %}{{ n }};{% endfor %} mean {{ mean }}, doubled {{ doubled }}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"sandbox_mode": "auto"})


def _flow(**nodes: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    edges = " -> ".join(("start", *nodes, "end"))
    last = list(nodes)[-1]
    end = {"type": "end", "outputs": {"text": f"{{{{ {last}.output }}}}"}}
    return {"start": {"type": "start"}, **nodes, "end": end}, [edges]


async def test_python_javascript_and_a_template_one_after_the_other(flows: Flows) -> None:
    nodes, edges = _flow(
        mean={"type": "code", "code": _MEAN, "inputs": {"numbers": "{{ inputs.numbers }}"}},
        doubled={
            "type": "code",
            "language": "nodejs",
            "code": _DOUBLED,
            "inputs": {"mean": "{{ mean.output.mean }}"},
        },
        page={
            "type": "template",
            "template": _PAGE,
            "inputs": {
                "numbers": "{{ inputs.numbers }}",
                "mean": "{{ mean.output.mean }}",
                "doubled": "{{ doubled.output }}",
            },
        },
    )
    flow = await flows.made(nodes, edges, inputs={"numbers": {"type": "array", "required": True}})
    run = await flows.run(flow["id"], {"numbers": [1, 2, 6]})
    assert run["status"] == "COMPLETED", run["error"]
    assert run["outputs"] == {"text": "1;2;6; mean 3, doubled 6"}


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        ("while True: pass", "code_timeout", "longer than it may"),
        ("kept = bytearray(1 << 30)", "code_memory", "more memory"),
        ("import ctypes\nctypes.CDLL(None).unshare(0x10000000)", "code_security", "no honest program makes"),
        ("import sys\nsys.exit(3)", "code_exit", "status 3"),
        ("result = {1, 2}", "code_result", "not JSON"),
    ],
)
async def test_what_code_may_not_do_fails_its_node(flows: Flows, code: str, error: str, told: str) -> None:
    nodes, edges = _flow(bad={"type": "code", "code": code, "limits": {"wall": 0.5}})
    run = await flows.run((await flows.made(nodes, edges))["id"])
    assert run["status"] == "FAILED"
    assert run["error"]["code"] == error
    assert told in run["error"]["message"]


class TestWithoutASandbox:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"sandbox_mode": "none"})

    async def test_its_nodes_say_what_to_do(self, flows: Flows) -> None:
        nodes, edges = _flow(bad={"type": "code", "code": "result = 1"})
        run = await flows.run((await flows.made(nodes, edges))["id"])
        assert run["status"] == "FAILED"
        assert "No sandbox configured" in run["error"]["message"]
        assert "SANDBOX_MODE" in run["error"]["message"]
