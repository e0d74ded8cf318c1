"""Documents: what comes back is what went in, and what is no flow is refused with its place."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.document import (
    from_document,
    from_json,
    from_yaml,
    places_of,
    to_document,
    to_json,
    to_yaml,
)
from liteagent.engine.workflow.kinds import installed_kinds
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import (
    Default,
    Edge,
    Graph,
    InputDefinition,
    Limits,
    NodeDefinition,
    RetryPolicy,
)
from liteagent.engine.workflow.validation import check
from tests.unit.workflow.flows import definitions
from tests.unit.workflow.hostile_documents import INVALID, UNREADABLE, Hostile

TRIAGE = """\
liteagent: 1
id: triage
name: Ticket triage
inputs: {ticket: {type: string, required: true}}
nodes:
  start: {type: start}
  classify: {type: agent, purpose: Say if this ticket is urgent, output: {type: string}}
  check: {type: condition, when: "classify.output == 'urgent'"}
  approve: {type: human, question: "Page the on-call?", options: ["yes", "no"]}
  end: {type: end, outputs: {result: "{{ classify.output }}"}}
edges:
  - start -> classify -> check
  - check -> approve: true
  - check -> end: false
  - approve -> end
layout: {classify: [320, 80]}          # optional, written last
"""

CANONICAL = """\
liteagent: 1
id: triage
name: Ticket triage
inputs:
  ticket:
    type: string
    required: true
nodes:
  start: {type: start}
  classify:
    type: agent
    purpose: Say if this ticket is urgent
    output: {type: string}
  check:
    type: condition
    when: classify.output == 'urgent'
  approve:
    type: human
    question: Page the on-call?
    options: ["yes", "no"]
  end:
    type: end
    outputs: {result: "{{ classify.output }}"}
edges:
  - start -> classify
  - classify -> check
  - check -> approve: true
  - check -> end: false
  - approve -> end
layout:
  classify: [320, 80]
"""


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions())
def test_yaml_and_json_lose_nothing(definition: WorkflowDefinition) -> None:
    document, yaml = to_document(definition), to_yaml(definition)
    out_of_yaml = from_yaml(yaml)
    out_of_json = from_json(to_json(out_of_yaml))
    assert from_document(document) == out_of_yaml == out_of_json == definition
    # Python takes 1, 1.0 and true for equal; the text of the document does not.
    assert json.dumps(to_document(out_of_yaml)) == json.dumps(document)
    assert to_yaml(out_of_json) == yaml


def test_the_canonical_form() -> None:
    assert to_yaml(from_yaml(TRIAGE)) == CANONICAL
    assert from_yaml(CANONICAL) == from_yaml(TRIAGE)


def test_the_document_is_a_flow_that_can_run() -> None:
    check(from_yaml(TRIAGE), installed_kinds().get)


def test_the_builder_and_the_file_give_equal_flows() -> None:
    built = (
        WorkflowBuilder("triage", "Ticket triage")
        .add_start(inputs={"ticket": InputDefinition("string", required=True)})
        .add_agent("classify", purpose="Say if this ticket is urgent", output={"type": "string"})
        .add_condition("check", "classify.output == 'urgent'")
        .add_human("approve", "Page the on-call?", options=("yes", "no"))
        .add_end(outputs={"result": "{{ classify.output }}"})
        .connect("start", "classify")
        .connect("classify", "check")
        .connect("check", "approve", "condition_result")
        .connect("check", "end", False)
        .connect("approve", "end")
        .layout({"classify": (320, 80)})
        .build()
    )
    assert built == from_yaml(TRIAGE)


def _config(text: str) -> object:
    flow = from_yaml(f"liteagent: 1\nid: x\nnodes:\n  n: {{type: transform, value: {text}}}\n")
    return flow.nodes[0].config["value"]


@pytest.mark.parametrize(
    "text", ["yes", "no", "on", "off", "y", "N", "2024-01-01", "1:30", "1_000", "0b1", "=", "08x"]
)
def test_words_that_older_yaml_took_for_something_else_are_texts(text: str) -> None:
    assert _config(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("0755", 755),
        ("0o14", 12),
        ("0x10", 16),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("+12", 12),
        ("'true'", "true"),
        ('"1"', "1"),
    ],
)
def test_the_core_schema_of_yaml(text: str, value: object) -> None:
    found = _config(text)
    assert (found, type(found)) == (value, type(value))


def test_keys_are_texts_as_they_are_written() -> None:
    assert _config("{1: a, yes: b, true: c, null: d}") == {"1": "a", "yes": "b", "true": "c", "null": "d"}


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("true", "true"),
        ("false", "false"),
        ("yes", "yes"),
        ('"no"', "no"),
        ("1", "1"),
        ("two words", "two words"),
    ],
)
def test_labels(written: str, label: str) -> None:
    flow = from_yaml(f"liteagent: 1\nid: x\nedges:\n  - a -> b: {written}\n")
    assert flow.edges == (Edge("a", "b", label),)
    assert from_yaml(to_yaml(flow)) == flow


def test_what_all_nodes_take_stands_beside_the_config() -> None:
    flow = from_yaml(
        "liteagent: 1\nid: x\nlimits: {steps: 5, seconds: 60}\nnodes:\n"
        "  n: {type: llm, prompt: hi, retry: {attempts: 3}, timeout: 20, default: null}\n"
        "  h: {type: human, question: why, timeout: 60}\n"
    )
    node, person = flow.nodes
    assert node.config == {"prompt": "hi"}
    assert (node.retry, node.timeout, node.default) == (RetryPolicy(3), 20.0, Default(None))
    assert (person.config, person.timeout) == ({"question": "why", "timeout": 60}, None)
    assert flow.limits == Limits(steps=5, seconds=60)


def test_a_config_key_that_every_node_has_cannot_be_written() -> None:
    flow = WorkflowDefinition("x", graph=Graph((NodeDefinition("n", "plugged", {"edges": 1}),)))
    with pytest.raises(InvalidInputError) as caught:
        to_yaml(flow)
    (problem,) = caught.value.details["problems"]
    assert (problem["node"], problem["field"], problem["code"]) == ("n", "nodes.n.edges", "reserved_key")


def test_every_field_has_a_place_in_the_text() -> None:
    places = places_of(TRIAGE)
    assert places["nodes.check.when"] == (8, 28)
    assert places["edges.1"] == (13, 5)


@pytest.mark.alone
@pytest.mark.parametrize("hostile", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_is_no_document_is_refused_with_line_and_column(hostile: Hostile) -> None:
    started = time.process_time()
    with pytest.raises(InvalidInputError) as caught:
        from_yaml(hostile.text)
    assert time.process_time() - started < 1
    error = caught.value
    assert (error.error_code, error.status) == ("workflow_unreadable", 422)
    assert hostile.says in error.message
    assert error.details["line"] >= 1
    assert error.details["column"] >= 1
    assert len(error.message) < 500


@pytest.mark.alone
@pytest.mark.parametrize("hostile", INVALID.values(), ids=INVALID.keys())
def test_what_is_no_flow_is_refused_by_field(hostile: Hostile) -> None:
    started = time.process_time()
    with pytest.raises(InvalidInputError) as caught:
        check(from_yaml(hostile.text), installed_kinds().get)
    assert time.process_time() - started < 1
    error = caught.value
    assert (error.error_code, error.status) == ("workflow_invalid", 422)
    said = [f"{each['field']}: {each['message']}" for each in error.details["problems"]]
    assert any(hostile.says in each for each in said), said
    json.dumps(error.to_json()).encode()
    assert len(error.message) < 1000


def test_a_wrong_shape_is_told_with_its_line() -> None:
    with pytest.raises(InvalidInputError) as caught:
        from_yaml("liteagent: 1\nid: x\nnodes:\n  a: {type: end}\n  b:\n    type: 5\n    retry: {tries: 1}\n")
    problems = caught.value.details["problems"]
    assert [(each["field"], each["line"]) for each in problems] == [
        ("nodes.b.type", 6),
        ("nodes.b.retry.tries", 7),
    ]
    assert caught.value.message.startswith("line 6: nodes.b.type: ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1, column 1: this is no JSON"),
        ("{", "line 1, column 2"),
        ('{"id": "a", "id": "b"}', "The key 'id' is there twice"),
        ('{"id": NaN}', "NaN is no JSON number"),
        ('{"id": -Infinity}', "-Infinity is no JSON number"),
        ('{"id": 99999999999999999999}', "more than 64 bits"),
        ('{"id": ' + "9" * 100_000 + "}", "more than 64 bits"),
        ("[" * 100_000, "nests too deep"),
        (" " * 1_000_001, "longer than 1,000,000 characters"),
    ],
)
def test_json_that_is_none(text: str, says: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        from_json(text)
    assert caught.value.error_code == "workflow_unreadable"
    assert says in caught.value.message


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**63, {1: "a"}, {1}, b"x", "\ud800", "\0", object()],
    ids=lambda value: type(value).__name__,
)
def test_data_that_is_no_json(value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        from_document({"liteagent": 1, "id": "x", "nodes": {"n": {"type": "transform", "value": value}}})
    (problem,) = caught.value.details["problems"]
    assert (problem["node"], problem["field"], problem["code"]) == ("n", "nodes.n.value", "not_json")


def test_data_that_holds_itself() -> None:
    endless: dict[str, object] = {"liteagent": 1, "id": "x"}
    endless["nodes"] = endless
    with pytest.raises(InvalidInputError, match="nests deeper than 50 levels"):
        from_document(endless)
