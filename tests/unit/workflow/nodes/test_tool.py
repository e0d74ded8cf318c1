"""`tool` nodes."""

from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.nodes.tool import TOOL
from liteagent.engine.workflow.services import Services
from tests.unit.workflow.nodes.making import check_form, misfit, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenTool

CONFIG = {"tool": "add", "arguments": {"a": "{{ output }}", "b": 2}}


def test_its_form() -> None:
    check_form(TOOL, {"tool", "arguments"}, {"tool"})


async def test_a_tool_is_called_with_its_arguments_and_key() -> None:
    tool = WrittenTool()
    node = Node(TOOL, CONFIG, Services(tools={"add": tool}))
    assert (await node.perform(output=1)).output == {"sum": 3}
    assert tool.keys == ["run:7"]
    assert node.safety is Safety.IDEMPOTENT
    assert node.handler.names == {("output",)}


async def test_a_tools_failure_passes() -> None:
    node = Node(TOOL, CONFIG, Services(tools={"add": WrittenTool()}))
    assert (await node.failure(output="x")).error_code == "invalid_arguments"


async def test_an_unknown_tool_fails_when_it_is_called() -> None:
    node = Node(TOOL, CONFIG, Services(tools={"sub": WrittenTool(), "mul": WrittenTool()}))
    assert node.safety is Safety.UNSAFE
    error = await node.failure(output=1)
    assert error.error_code == "unknown_tool"
    assert "'add'. Known: mul, sub." in error.message
    assert "Known: none." in (await Node(TOOL, CONFIG).failure(output=1)).message


def test_configs_that_will_not_do() -> None:
    assert refusal(TOOL, {"tool": "a", "arguments": {"a": "{{"}}).details["field"] == "arguments"
    assert "tool" in misfit(TOOL, {"tool": ""})
