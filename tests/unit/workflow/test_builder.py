"""The builder: what the specification writes builds, and what cannot be a flow says why."""

from itertools import pairwise
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.document import from_yaml, to_yaml
from liteagent.engine.workflow.kinds import installed_kinds
from liteagent.engine.workflow.types import (
    Default,
    Edge,
    Graph,
    InputDefinition,
    Limits,
    NodeDefinition,
    NodeType,
    RetryPolicy,
)
from liteagent.engine.workflow.validation import validate


def _problems(caught: pytest.ExceptionInfo[InvalidInputError]) -> list[tuple[str, str]]:
    return [(each["field"], each["code"]) for each in caught.value.details["problems"]]


def test_the_example_of_the_specification() -> None:
    workflow = (
        WorkflowBuilder("id", "name")
        .add_start()
        .add_agent("agent1", purpose="Process input")
        .add_condition("check", "output == 'success'")
        .add_end()
        .connect("start", "agent1")
        .connect("agent1", "check")
        .connect("check", "end", "condition_result")
        .build()
    )
    assert [each.id for each in workflow.nodes] == ["start", "agent1", "check", "end"]
    assert workflow.edges[-1] == Edge("check", "end", "true")
    problems = validate(workflow, installed_kinds().get)
    assert [(each.severity, each.code) for each in problems] == [("warning", "branch_missing")]


def _every_type() -> WorkflowBuilder:
    body = WorkflowBuilder().add_transform("double", "item * 2")
    builder = (
        WorkflowBuilder("every", "Every type", "All of them")
        .add_start(inputs={"question": "string", "many": {"type": "array", "default": [1]}})
        .add_llm("think", "Think about {{ inputs.question }}")
        .add_agent("act", purpose="Act")
        .add_condition("sure", when="len(act.output) > 3")
        .add_switch("way", {"left": "len(act.output) == 4"})
        .add_transform("shape", value={"a": ["{{ act.output }}"]})
        .add_code("compute", "def main(): return 1", language="python3")
        .add_template("render", "{{ a }}", inputs={"a": "{{ act.output }}"})
        .add_human("ask", "Go on?", options=["yes", "no"], timeout=60)
        .add_retrieve("search", ["handbook"], query="{{ inputs.question }}")
        .add_http("call", "https://example.com", method="POST", body={"q": 1}, timeout=5, retry=3)
        .add_tool("use", "clock", {"zone": "UTC"})
        .add_classify("sort", ["good", "bad"], input="{{ act.output }}")
        .add_extract("read", {"name": {"type": "string"}}, input="{{ act.output }}")
        .add_assign("keep", set={"seen": True}, append={"all": "{{ act.output }}"})
        .add_aggregate("join", ["act", "think"], mode="list")
        .add_list("top", "inputs.many", limit=3)
        .add_document("load", "handbook", "releases.md")
        .add_iterate("each", "inputs.many", body, parallel=2)
        .add_loop("again", lambda inner: inner.add_wait("nap", 1), while_="index < 3", max=5)
        .add_workflow("child", "every-day", {"question": "{{ inputs.question }}"})
        .add_function("shout", str.upper, effect="pure", inputs={"text": "{{ act.output }}"})
        .add_answer("say", "{{ act.output }}")
        .add_end(outputs={"all": "{{ vars.all }}"})
    )
    names = [each.id for each in builder.graph().nodes]
    for source, target in pairwise(names):
        builder.connect(source, target)
    return builder


def test_every_type_has_a_method_and_is_valid() -> None:
    workflow = _every_type().build()
    inner = [each.type for node in workflow.nodes if node.body for each in node.body.nodes]
    assert {each.type for each in workflow.nodes} | set(inner) == set(NodeType)
    assert validate(workflow, installed_kinds().get) == ()
    assert workflow.functions == {"shout": str.upper}
    assert from_yaml(to_yaml(workflow)) == workflow


def test_what_every_node_takes() -> None:
    policy = RetryPolicy(5, delay=0.1)
    one, two, three = (
        WorkflowBuilder("x")
        .add_node("one", "plugged", retry=2, timeout=3, default=None, while_=1, body={"a": (1, 2)})
        .add_node("two", "plugged", retry=policy)
        .add_human("three", "Why?", timeout=60, default={"answer": "because"})
        .build(validate=False)
        .nodes
    )
    assert one == NodeDefinition(
        "one", "plugged", {"while": 1, "body": {"a": [1, 2]}}, RetryPolicy(2), 3, Default(None)
    )
    assert (two.retry, two.default, two.timeout) == (policy, None, None)
    assert (three.config["timeout"], three.timeout) == (60, None)


def test_bodies_are_builders_graphs_or_functions() -> None:
    inner = WorkflowBuilder().add_function("f", len).layout({"f": (1, 2)})

    def fill(builder: WorkflowBuilder) -> None:
        builder.add_wait("w", 1)

    workflow = (
        WorkflowBuilder("x")
        .add_start()
        .add_loop("a", inner, max=2)
        .add_loop("b", fill)
        .add_iterate("c", [1], Graph((NodeDefinition("n", "wait", {"seconds": 1}),)))
        .add_node("d", "loop", nodes=WorkflowBuilder().add_wait("v", 1))
        .connect("start", "a")
        .connect("a", "b")
        .connect("b", "c")
        .connect_error("c", "d")
        .build()
    )
    bodies = [each.body.nodes[0].id for each in workflow.nodes if each.body]
    assert bodies == ["f", "w", "n", "v"]
    assert workflow.functions == {"f": len}
    assert workflow.layout == {"f": (1.0, 2.0)}
    assert workflow.edges[-1] == Edge("c", "d", "error")


def test_inputs_limits_and_labels() -> None:
    workflow = (
        WorkflowBuilder("x")
        .add_start(
            inputs={"a": "string", "b": {"required": True}, "c": InputDefinition("integer", options=(1, 2))}
        )
        .add_condition("if_", "true")
        .add_end()
        .connect("start", "if_")
        .connect("if_", "end", True)
        .connect("if_", "end", False)
        .limits(steps=7, cost=0.5)
        .build()
    )
    assert workflow.inputs == {
        "a": InputDefinition("string"),
        "b": InputDefinition(required=True),
        "c": InputDefinition("integer", options=(1, 2)),
    }
    assert workflow.limits == Limits(steps=7, cost=0.5)
    assert [each.label for each in workflow.edges] == [None, "true", "false"]


def test_building_twice_gives_equal_flows_of_their_own() -> None:
    builder = WorkflowBuilder("x").add_start()
    first = builder.build()
    assert first == builder.build()
    builder.add_end().connect("start", "end")
    assert len(first.nodes) == 1


def test_a_config_of_the_caller_is_copied() -> None:
    config: dict[str, Any] = {"a": []}
    workflow = WorkflowBuilder("x").add_start().add_node("n", "plugged", data=config).build(validate=False)
    config["a"].append(1)
    assert workflow.nodes[1].config == {"data": {"a": []}}


@pytest.mark.parametrize(
    ("builder", "expected"),
    [
        (WorkflowBuilder("x"), ("nodes", "no_start")),
        (WorkflowBuilder("x y").add_start(), ("id", "bad_id")),
        (WorkflowBuilder("x").add_start().add_start(), ("nodes.start", "many_starts")),
        (WorkflowBuilder("x").add_start("__class__"), ("nodes.__class__", "bad_id")),
        (WorkflowBuilder("x").add_start("output"), ("nodes.output", "reserved_id")),
        (WorkflowBuilder("x").add_start().connect("start", "nowhere"), ("edges", "dangling_edge")),
        (WorkflowBuilder("x").add_start().add_end(), ("nodes.end", "unreachable")),
        (WorkflowBuilder("x").add_start().connect("start", "start"), ("edges", "self_edge")),
        (WorkflowBuilder("x").add_start().limits(depth=0), ("limits.depth", "out_of_range")),
        (
            WorkflowBuilder("x").add_start().layout({"start": (float("nan"), 0)}),
            ("layout.start", "out_of_range"),
        ),
        (
            WorkflowBuilder("x").add_start().add_loop("l", WorkflowBuilder()),
            ("nodes.l.nodes", "body_missing"),
        ),
        (
            WorkflowBuilder("x").add_start().add_loop("l", lambda body: body.add_wait("start", 1)),
            ("nodes.l.nodes.start", "duplicate_id"),
        ),
    ],
)
def test_a_wrong_structure_is_refused(builder: WorkflowBuilder, expected: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        builder.build()
    assert caught.value.error_code == "workflow_invalid"
    assert expected in _problems(caught)
    builder.build(validate=False)


def test_what_is_no_json_is_refused_where_it_is_given() -> None:
    with pytest.raises(InvalidInputError) as caught:
        WorkflowBuilder("x").add_transform("t", value={"fn": len})
    assert _problems(caught) == [("nodes.t.value.fn", "not_json")]


def test_an_input_has_no_other_fields() -> None:
    with pytest.raises(InvalidInputError) as caught:
        WorkflowBuilder("x").add_start(inputs={"a": {"typ": "string"}})
    assert _problems(caught) == [("inputs.a.typ", "unknown_key")]
    assert "Did you mean type?" in caught.value.message
