"""`template` nodes."""

from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult
from liteagent.engine.workflow.nodes.template import TEMPLATE
from liteagent.engine.workflow.services import Services
from tests.unit.workflow.nodes.making import check_form, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenSandbox


def test_its_form() -> None:
    check_form(TEMPLATE, {"template", "inputs"}, {"template"})


async def test_the_rendered_text_is_the_output() -> None:
    sandbox = WrittenSandbox(SandboxResult("Hello Ada"))
    config = {"template": "Hello {{ name | title }}", "inputs": {"name": "{{ inputs.name }}"}}
    node = Node(TEMPLATE, config, Services(sandbox=sandbox))
    assert (await node.perform(inputs={"name": "ada"})).output == "Hello Ada"
    assert sandbox.requests == [SandboxRequest("jinja2", "Hello {{ name | title }}", {"name": "ada"})]
    assert node.handler.names == {("inputs", "name")}
    assert node.safety is Safety.SAFE


async def test_without_inputs_it_sees_those_of_the_run() -> None:
    sandbox = WrittenSandbox(SandboxResult(""))
    node = Node(TEMPLATE, {"template": "{% if %}"}, Services(sandbox=sandbox))
    await node.perform(inputs={"a": 1}, output=2, vars={}, run={})
    assert sandbox.requests[0].inputs == {"inputs": {"a": 1}, "output": 2, "vars": {}}
    assert node.handler.names == {("inputs",), ("output",), ("vars",)}


async def test_failures() -> None:
    result = SandboxResult(error="unexpected '%'", error_kind="runtime_error")
    node = Node(TEMPLATE, {"template": "{% %}"}, Services(sandbox=WrittenSandbox(result)))
    error = await node.failure()
    assert (error.error_code, "unexpected" in error.message) == ("code_runtime_error", True)
    assert (await Node(TEMPLATE, {"template": ""}).failure()).error_code == "not_configured"


def test_configs_that_will_not_do() -> None:
    assert refusal(TEMPLATE, {"template": "", "inputs": {"a": "{{"}}).details["field"] == "inputs"
    assert "template" in misfit(TEMPLATE, {})


def test_its_output_is_known() -> None:
    assert output_schema(TEMPLATE, {"template": ""}) == {"type": "string"}
