"""Validation: each problem names its node, its field and what to do."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.document import from_yaml
from liteagent.engine.workflow.kinds import installed_kinds
from liteagent.engine.workflow.problems import Problem
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import Graph
from liteagent.engine.workflow.validation import Known, check, validate
from tests.unit.workflow.flows import definitions

kinds = installed_kinds().get


def _flow(nodes: str, edges: str = "", more: str = "") -> WorkflowDefinition:
    inner = "".join(f"  {line}\n" for line in nodes.splitlines())
    ways = "".join(f"  - {line}\n" for line in edges.splitlines())
    start = "" if "type: start" in nodes else "  start: {type: start}\n"
    return from_yaml(f"liteagent: 1\nid: flow\n{more}nodes:\n{start}{inner}edges:\n{ways or '  []'}\n")


def _found(definition: WorkflowDefinition, **known: Any) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in validate(definition, kinds, **known)]


def _only(definition: WorkflowDefinition, **known: Any) -> Problem:
    (problem,) = validate(definition, kinds, **known)
    return problem


def _reads(expression: str, more: str = "", extra: str = "", edges: str = "start -> n") -> WorkflowDefinition:
    """A flow whose node `n` reads something."""
    return _flow(f'n: {{type: transform, expression: "{expression}"}}\n{extra}', edges, more)


def test_all_problems_are_told_at_once_in_the_order_of_the_document() -> None:
    definition = _flow(
        "a: {type: transform, expression: inputs.tiket}\n"
        "b: {type: agnt}\n"
        "each: {type: iterate, items: [1], nodes: {x: {type: wait}, y: {type: loop}}, edges: [x -> z]}\n"
        "c: {type: condition, wen: x}",
        "start -> a -> b -> each -> c\nc -> a\nc -> nope",
        "inputs: {ticket: strin}\nlimits: {steps: 0}\n",
    )
    assert _found(definition) == [
        ("inputs.ticket.type", "unknown_type"),
        ("limits.steps", "out_of_range"),
        ("nodes.a.expression", "unbound_variable"),
        ("nodes.b.type", "unknown_type"),
        ("nodes.each.nodes.x.seconds", "invalid_request"),
        ("nodes.each.nodes.y.nodes", "body_missing"),
        ("nodes.each.edges", "dangling_edge"),
        ("nodes.c.wen", "unknown_field"),
        ("edges", "dangling_edge"),
        ("edges", "cycle"),
    ]


def test_check_refuses_errors_and_lets_warnings_pass() -> None:
    check(_flow("c: {type: condition, when: 'true'}\nd: {type: end}", "start -> c\nc -> d: true"), kinds)
    with pytest.raises(InvalidInputError) as caught:
        check(_flow("n: {type: end}\nm: {type: end}", "start -> n"), kinds)
    assert caught.value.error_code == "workflow_invalid"
    assert caught.value.details["problems"] == [
        {
            "node": "m",
            "field": "nodes.m",
            "code": "unreachable",
            "message": "No way leads here from 'start'. Add an edge to 'm', or remove it.",
            "severity": "error",
        }
    ]


def test_a_problem_inside_a_body_has_its_path() -> None:
    problem = _only(
        _flow(
            "each: {type: iterate, items: [1], nodes: {x: {type: condition, when: '1 +'}}}", "start -> each"
        )
    )
    assert (problem.node, problem.field) == ("each/x", "nodes.each.nodes.x.when")
    assert problem.code == "expression_invalid"
    assert "position" in problem.message


@pytest.mark.parametrize(
    "expression",
    [
        "inputs.ticket",
        "inputs",
        "output",
        "input.a",
        "run.id",
        "run.started_at",
        "start.output.ticket",
        "default(start.error, 1)",
        "1 + 1",
    ],
)
def test_what_may_be_read(expression: str) -> None:
    assert _found(_reads(expression, "inputs: {ticket: string}\n")) == []


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("inputs.tiket", "There is no input 'tiket'. Declare it under `inputs`. Did you mean ticket?"),
        ("strat.output", "There is nothing called 'strat' to read. Did you mean start?"),
        ("later.output", "'later' cannot have run before 'n'"),
        ("other.output", "'other' cannot have run before 'n'"),
        ("n.output", "'n' reads its own output"),
        ("inner.output", "'inner' stands inside 'again' and is not seen from outside. Read again.output."),
        ("start.ticket", "Write start.output.ticket instead of start.ticket"),
        ("item", "'item' is there only in the body of an iterate node"),
        ("last", "'last' is there only in the body of a loop node"),
        ("run.name", "A run has id and started_at, and no 'name'"),
        ("secrets.KEY", "flows have no secrets of their own. Keep the key in a provider or a tool"),
    ],
)
def test_what_cannot_be_there_is_unbound(expression: str, says: str) -> None:
    extra = (
        "later: {type: wait, seconds: 1}\nother: {type: wait, seconds: 1}\n"
        "again: {type: loop, max: 2, nodes: {inner: {type: wait, seconds: 1}}}"
    )
    edges = "start -> n -> later\nstart -> other\nstart -> again -> n"
    problem = _only(_reads(expression, "inputs: {ticket: string}\n", extra, edges))
    assert (problem.node, problem.field, problem.code) == ("n", "nodes.n.expression", "unbound_variable")
    assert says in problem.message
    assert problem.severity == "error"


def test_variables_that_nobody_sets_are_a_warning() -> None:
    extra = "keep: {type: assign, set: {seen: 1}}"
    assert _found(_reads("vars.seen", extra=extra, edges="start -> keep -> n")) == []
    problem = _only(_reads("vars.sen", extra=extra, edges="start -> keep -> n"))
    assert (problem.code, problem.severity) == ("unbound_variable", "warning")
    assert "Did you mean seen?" in problem.message


def test_a_body_sees_what_is_around_it_and_what_it_is_given() -> None:
    definition = _flow(
        "before: {type: transform, value: 1}\n"
        "each:\n"
        "  type: iterate\n"
        "  items: [1]\n"
        "  nodes:\n"
        "    one: {type: transform, expression: 'item + index + before.output'}\n"
        "    two: {type: loop, max: 2, until: 'three.output > last', nodes: {three: {type: transform,"
        " expression: 'one.output + item + index + default(last, 0)'}}}\n"
        "  edges: [one -> two]\n"
        "after: {type: transform, expression: 'each.output'}",
        "start -> before -> each -> after",
    )
    assert _found(definition) == []


def test_aggregate_reads_the_nodes_it_names() -> None:
    definition = _flow("j: {type: aggregate, from: [start, strat]}", "start -> j")
    problem = _only(definition)
    assert (problem.field, problem.code) == ("nodes.j.from.1", "unbound_variable")


_URGENT = "c: {type: classify, classes: [urgent, normal], input: '{{ inputs.ticket }}'}"


@pytest.mark.parametrize(
    ("nodes", "field", "says"),
    [
        (
            "n: {type: transform, expression: inputs.ticket.text}",
            "expression",
            "inputs.ticket is a text and has no 'text'",
        ),
        (
            "n: {type: transform, expression: inputs.many.name}",
            "expression",
            "inputs.many is a list and has no 'name'",
        ),
        (
            "n: {type: iterate, items: inputs.ticket, nodes: {m: {type: wait, seconds: 1}}}",
            "items",
            "is a text",
        ),
        (
            "n: {type: iterate, items: '{{ inputs.count }}', nodes: {m: {type: wait, seconds: 1}}}",
            "items",
            "is a number",
        ),
        (
            "n: {type: list, items: inputs.ticket}",
            "items",
            "inputs.ticket is a text, and a list or an object",
        ),
        (
            "n: {type: condition, when: inputs.ticket == 5}",
            "when",
            "inputs.ticket is a text and never equals 5",
        ),
        (
            "n: {type: condition, when: \"'5' != inputs.count\"}",
            "when",
            "inputs.count is a number and never equals '5'",
        ),
    ],
)
def test_types_that_do_not_fit(nodes: str, field: str, says: str) -> None:
    definition = _flow(nodes, "start -> n", "inputs: {ticket: string, count: integer, many: array}\n")
    errors = [each for each in validate(definition, kinds) if each.severity == "error"]
    (problem,) = errors
    assert (problem.field, problem.code) == (f"nodes.n.{field}", "type_mismatch")
    assert says in problem.message


def test_outputs_have_types_too() -> None:
    more = "inputs: {ticket: string}\n"
    edges = "start -> c -> n"
    word = _only(_reads("c.output.name", more, _URGENT, edges))
    assert word.message.startswith("c.output is a text and has no 'name'")
    before = _only(_reads("output.name", more, _URGENT, edges))
    assert before.message.startswith("output is a text and has no 'name'")
    never = _flow(f"{_URGENT}\nn: {{type: condition, when: c.output == 'urgnt'}}", edges, more)
    problem = next(each for each in validate(never, kinds) if each.severity == "error")
    assert problem.message == "c.output is never 'urgnt'. Did you mean urgent?"


@pytest.mark.parametrize(
    "when", ["inputs.count == 5", "inputs.count != 5.5", "inputs.any == 'x'", "inputs.count > 3"]
)
def test_types_that_fit(when: str) -> None:
    definition = _flow(
        f'n: {{type: condition, when: "{when}"}}\nm: {{type: end}}',
        "start -> n -> m",
        "inputs: {count: integer, any: any}\n",
    )
    assert _found(definition) == []


def test_branches_that_lead_nowhere_are_a_warning() -> None:
    nodes = "s: {type: switch, cases: {a: 'true', b: 'false'}}\nm: {type: end}"
    problem = _only(_flow(nodes, "start -> s\ns -> m: a"))
    assert (problem.code, problem.severity, problem.node) == ("branch_missing", "warning", "s")
    assert "ends with b, default" in problem.message
    assert _found(_flow(nodes, "start -> s\ns -> m: a\ns -> m")) == []


def test_the_error_of_any_node_is_a_label() -> None:
    assert _found(_flow("m: {type: end}", "start -> m\nstart -> m: error")) == []
    problem = _only(_flow("m: {type: end}", "start -> m: eror"))
    assert (problem.code, problem.node, problem.field) == ("unknown_label", "start", "edges")


def test_a_function_needs_its_python() -> None:
    builder = WorkflowBuilder("x").add_start().add_function("f", len, effect="pure").connect("start", "f")
    workflow = builder.build()
    assert _found(workflow) == []
    stored = WorkflowDefinition("x", graph=workflow.graph)
    assert _found(stored) == [("nodes.f.type", "invalid_request")]


def test_what_is_outside_is_looked_up_where_it_is_known() -> None:
    definition = _flow(
        "a: {type: agent, agent: helpdesk}\n"
        "t: {type: tool, tool: clock}\n"
        "r: {type: retrieve, datasources: [handbok], query: x}\n"
        "d: {type: document, datasource: handbook, documents: a.md}",
        "start -> a -> t -> r -> d",
    )
    assert _found(definition) == []
    known = Known(agents={"help-desk"}, tools={"clock"}, datasources={"handbook"})
    assert _found(definition, known=known) == [
        ("nodes.a.agent", "unknown_agent"),
        ("nodes.r.datasources", "unknown_datasource"),
    ]
    assert "Did you mean help-desk?" in validate(definition, kinds, known=known)[0].message


def test_plugged_conditions_are_looked_up_where_services_are_given() -> None:
    definition = _flow("c: {type: condition, condition: open}\nm: {type: end}", "start -> c -> m")
    assert _found(definition) == []
    assert _found(definition, services=Services()) == [("nodes.c.condition", "invalid_request")]


def _calls(child: str) -> Graph:
    return _flow(f"c: {{type: workflow, workflow: {child}}}", "start -> c").graph


@pytest.mark.parametrize(
    ("workflows", "expected"),
    [
        (None, []),
        ({"child": Graph()}, []),
        ({}, [("nodes.c.workflow", "unknown_workflow")]),
        ({"child": _calls("child")}, [("nodes.c.workflow", "too_deep")]),
        ({"child": _calls("flow")}, [("nodes.c.workflow", "too_deep")]),
        ({"child": _calls("other"), "other": Graph()}, []),
        (
            {"child": _calls("other"), "other": _calls("third"), "third": Graph()},
            [("nodes.c.workflow", "too_deep")],
        ),
    ],
)
def test_child_workflows(workflows: Mapping[str, Graph] | None, expected: list[tuple[str, str]]) -> None:
    definition = _flow("c: {type: workflow, workflow: child}", "start -> c", "limits: {depth: 3}\n")
    assert _found(definition, workflows=workflows) == expected


@pytest.mark.alone
def test_a_workflow_that_calls_others_many_times_is_checked_quickly() -> None:
    nodes = "\n".join(f"c{each}: {{type: workflow, workflow: w0}}" for each in range(20))
    both = "\n".join(f"n{each}: {{type: workflow, workflow: NEXT}}" for each in range(5))
    workflows = {f"w{each}": _flow(both.replace("NEXT", f"w{each + 1}")).graph for each in range(25)}
    definition = _flow(nodes, more="limits: {depth: 30}\n")
    started = time.process_time()
    validate(definition, kinds, workflows={**workflows, "w25": Graph()})
    assert time.process_time() - started < 1


@pytest.mark.alone
def test_a_large_flow_is_checked_quickly() -> None:
    builder = WorkflowBuilder("large").add_start()
    for each in range(999):
        before = f"n{each - 1}.output" if each else "inputs"
        builder.add_transform(f"n{each}", f"[{before}, {each}]").connect("start", f"n{each}")
        for back in range(1, 5):
            if each >= back:
                builder.connect(f"n{each - back}", f"n{each}")
    definition = builder.build()
    started = time.process_time()
    assert validate(definition, kinds) == ()
    assert time.process_time() - started < 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions())
def test_any_flow_is_told_its_problems(definition: WorkflowDefinition) -> None:
    for each in validate(definition, kinds):
        assert each.code
        assert each.message.endswith((".", "?")), each
        assert each.severity in {"error", "warning"}
