"""Flows as Python: what is written builds an equal flow."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.document import from_yaml, to_document
from liteagent.engine.workflow.python_source import to_python
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import Edge, Graph, NodeDefinition
from tests.unit.workflow.flows import definitions

TRIAGE = """\
liteagent: 1
id: triage
name: Ticket triage
inputs: {ticket: {type: string, required: true}}
limits: {steps: 100}
nodes:
  start: {type: start}
  each:
    type: iterate
    items: inputs.ticket
    nodes:
      classify: {type: llm, prompt: "Is this urgent?", retry: {attempts: 3}}
      look: {type: condition, when: classify.output == 'yes', retry: {attempts: 2, delay: 5}}
    edges: [classify -> look]
  special: {type: plugged, "odd key": 1}
  code: {type: code, code: "def main():\\n    return 1\\n"}
  end: {type: end, outputs: {result: "{{ each.output }}"}}
edges:
  - start -> each -> special
  - each -> end: error
  - special -> code -> end
layout: {each: [320, 80.5]}
"""

SOURCE = """\
from liteagent import WorkflowBuilder
from liteagent.engine.workflow.types import RetryPolicy

each_body = (
    WorkflowBuilder()
    .add_llm("classify", prompt="Is this urgent?", retry=3)
    .add_condition(
        "look",
        when="classify.output == 'yes'",
        retry=RetryPolicy(attempts=2, delay=5.0, factor=2.0, max_delay=60.0),
    )
    .connect("classify", "look")
)

workflow = (
    WorkflowBuilder("triage", "Ticket triage")
    .add_start(inputs={"ticket": {"type": "string", "required": True}})
    .add_iterate("each", items="inputs.ticket", body=each_body)
    .add_node("special", "plugged", **{"odd key": 1})
    .add_code(
        "code",
        code=(
            "def main():\\n"
            "    return 1\\n"
        ),
    )
    .add_end(outputs={"result": "{{ each.output }}"})
    .connect("start", "each")
    .connect("each", "special")
    .connect_error("each", "end")
    .connect("special", "code")
    .connect("code", "end")
    .limits(steps=100)
    .layout({"each": (320, 80.5)})
    .build()
)
"""


def _built(source: str) -> WorkflowDefinition:
    """What the source builds; random flows have types that there are not, so they are not validated."""
    names: dict[str, WorkflowDefinition] = {}
    exec(source.replace("    .build()\n", "    .build(validate=False)\n"), names)
    return names["workflow"]


def test_the_source_is_readable() -> None:
    assert to_python(from_yaml(TRIAGE)) == SOURCE
    assert _built(SOURCE) == from_yaml(TRIAGE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions())
def test_the_source_builds_an_equal_flow(definition: WorkflowDefinition) -> None:
    built = _built(to_python(definition))
    assert built == definition
    assert json.dumps(to_document(built), sort_keys=True) == json.dumps(
        to_document(definition), sort_keys=True
    )


@pytest.mark.parametrize(
    "node",
    [
        NodeDefinition("n", "condition", {"when": None}),
        NodeDefinition("n", "condition", {"id": 1, "self": 2, "when": "x"}),
        NodeDefinition("n", "plugged", {"id": 1, "self": 2, "__debug__": 3, "while": 4, "while_": 5}),
        NodeDefinition("n", "iterate", {"items": [], "body": 1}, body=Graph()),
        NodeDefinition("n", "loop", {"max": 2}),
        NodeDefinition("n", "human", {"question": "?", "timeout": None}),
        NodeDefinition("n", "start", {"inputs": 1}),
        NodeDefinition("n", "end", {"outputs": {"a": 1}}, timeout=3),
        NodeDefinition("n", "node", {"connect": "x"}),
        NodeDefinition('"); import os; ("', 'x"', {'a"): exec("': 1}),
    ],
    ids=str,
)
def test_configs_that_look_like_something_else(node: NodeDefinition) -> None:
    definition = WorkflowDefinition("x", graph=Graph((node,)))
    assert _built(to_python(definition)) == definition


def test_a_function_is_not_written() -> None:
    workflow = WorkflowBuilder("x").add_start().add_function("f", len).connect("start", "f").build()
    with pytest.raises(InvalidInputError) as caught:
        to_python(workflow)
    (problem,) = caught.value.details["problems"]
    assert (problem["node"], problem["code"]) == ("f", "not_a_document")


def test_a_label_that_the_builder_reads_otherwise_is_not_written() -> None:
    graph = Graph((NodeDefinition("a", "start"),), (Edge("a", "b", "condition_result"),))
    with pytest.raises(InvalidInputError, match="means true to the builder"):
        to_python(WorkflowDefinition("x", graph=graph))
