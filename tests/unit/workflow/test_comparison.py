"""Comparison: differences are told of nodes and fields, and nothing is told where there are none."""

from hypothesis import HealthCheck, given, settings

from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.comparison import Change, compare
from liteagent.engine.workflow.state import WorkflowDefinition
from tests.unit.workflow.flows import definitions


def _triage() -> WorkflowBuilder:
    return (
        WorkflowBuilder("triage", "Triage")
        .add_start(inputs={"ticket": "string"})
        .add_agent("classify", purpose="Say if it is urgent", retry=2)
        .add_condition("check", "classify.output == 'urgent'")
        .add_end()
        .connect("start", "classify")
        .connect("classify", "check")
        .connect("check", "end", True)
    )


def _told(before: WorkflowBuilder, after: WorkflowBuilder) -> list[str]:
    changes = compare(before.build(validate=False), after.build(validate=False))
    return [each.text for each in changes]


def test_equal_flows_have_no_changes() -> None:
    assert _told(_triage(), _triage()) == []


def test_nodes_and_edges() -> None:
    after = _triage().add_wait("pause", 5).connect("check", "pause", False).connect_error("classify", "end")
    assert _told(_triage(), after) == [
        "+ node pause (wait)",
        "+ edge check -> pause: false",
        "+ edge classify -> end: error",
    ]
    assert _told(after, _triage()) == [
        "- node pause (wait)",
        "- edge check -> pause: false",
        "- edge classify -> end: error",
    ]


def test_fields() -> None:
    before = WorkflowBuilder("a").add_http(
        "call", "https://a.example", headers={"A": "1", "B": "2"}, timeout=5
    )
    after = (
        WorkflowBuilder("a", "Named")
        .inputs({"x": "string"})
        .limits(steps=5)
        .add_http("call", "https://b.example", headers={"A": "1", "C": "3"}, retry=4)
        .layout({"call": (1, 2)})
    )
    assert _told(before, after) == [
        '+ name: "Named"',
        '+ inputs: {"x": "string"}',
        '+ limits: {"steps": 5}',
        '~ call.url: "https://a.example" -> "https://b.example"',
        '- call.headers.B: "2"',
        '+ call.headers.C: "3"',
        "- call.timeout: 5",
        '+ call.retry: {"attempts": 4}',
        '+ layout: {"call": [1, 2]}',
    ]


def test_a_node_with_another_id_is_renamed_and_its_edges_are_the_same() -> None:
    after = (
        WorkflowBuilder("triage", "Triage")
        .add_start(inputs={"ticket": "string"})
        .add_agent("sort", purpose="Say if it is urgent", retry=2)
        .add_condition("check", "sort.output == 'urgent'")
        .add_end()
        .connect("start", "sort")
        .connect("sort", "check")
        .connect("check", "end", True)
    )
    assert _told(_triage(), after) == [
        "~ node classify is now sort",
        "~ check.when: \"classify.output == 'urgent'\" -> \"sort.output == 'urgent'\"",
    ]


def test_bodies() -> None:
    before = WorkflowBuilder("a").add_loop("again", WorkflowBuilder().add_wait("nap", 1), max=2)
    inner = WorkflowBuilder().add_wait("nap", 2).add_wait("more", 1).connect("nap", "more")
    after = WorkflowBuilder("a").add_loop("again", inner, max=2)
    assert _told(before, after) == [
        "~ again/nap.seconds: 1 -> 2",
        "+ node again/more (wait)",
        "+ edge in again: nap -> more",
    ]


def test_order_is_told() -> None:
    one = WorkflowBuilder("a").add_start().add_wait("b", 1).connect("start", "b").connect("b", "c")
    two = WorkflowBuilder("a").add_wait("b", 1).add_start().connect("b", "c").connect("start", "b")
    assert _told(one, two) == ["~ nodes: in another order", "~ edges: in another order"]


def test_true_is_not_one() -> None:
    one, two = (WorkflowBuilder("a").add_transform("t", value=value) for value in (1, True))
    assert _told(one, two) == ["~ t.value: 1 -> true"]


def test_long_values_are_cut() -> None:
    one, two = (WorkflowBuilder("a").add_answer("t", letter * 500) for letter in "xy")
    (told,) = _told(one, two)
    assert len(told) < 150


def test_changes_as_json() -> None:
    changes = compare(_triage().build(), _triage().limits(steps=5).build())
    assert changes == (Change("added", "", "limits", None, {"steps": 5}),)
    assert changes[0].to_json() == {"kind": "added", "node": "", "field": "limits", "after": {"steps": 5}}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions(), definitions())
def test_only_equal_flows_have_no_changes(one: WorkflowDefinition, two: WorkflowDefinition) -> None:
    assert compare(one, one) == ()
    changes = compare(one, two)
    assert changes or one == two
    assert all("\n" not in each.text for each in changes)
