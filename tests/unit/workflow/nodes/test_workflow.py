"""`workflow`: another workflow inside of this one."""

import pytest

from liteagent.contracts.errors import ToolError
from liteagent.engine.workflow.expressions import ExpressionError
from liteagent.engine.workflow.handler import Iteration, IterationResult, Outcome
from liteagent.engine.workflow.nodes.workflow import WORKFLOW, ChildWorkflowHandler
from tests.unit.workflow.nodes.making import BODY, Outside, check_form, labels, make, misfit, refusal

KNOWN = Outside(workflows={"child": BODY, "child@2": BODY})


def test_the_child_is_run_once_with_its_own_inputs() -> None:
    config = {"workflow": "child", "inputs": {"text": "{{ a.output }}", "n": 1}}
    handler = make(WORKFLOW, ChildWorkflowHandler, config, KNOWN)
    entered = handler.enter({"a": {"output": [1]}})
    assert entered == {"inputs": {"text": [1], "n": 1}}
    assert handler.begin(entered).begin == (Iteration(0, {"inputs": {"text": [1], "n": 1}}),)
    assert handler.body() is BODY
    assert handler.isolated is True
    assert handler.names == {("a", "output")}


def test_what_the_child_comes_to_is_what_the_node_comes_to() -> None:
    handler = make(WORKFLOW, ChildWorkflowHandler, {"workflow": "child@2"}, KNOWN)
    assert handler.enter({}) == {"inputs": {}}
    step = handler.ended({}, IterationResult(0, {"result": 1}), {})
    assert (step.outcome, step.begin, step.error) == (Outcome({"result": 1}), (), None)


def test_an_error_of_the_child_is_the_error_of_the_node() -> None:
    handler = make(WORKFLOW, ChildWorkflowHandler, {"workflow": "child"}, KNOWN)
    broken = ToolError("No answer.", code="http_failed", details={"url": "x"}).to_json()
    step = handler.ended({}, IterationResult(0, error=broken), {})
    assert step.error is not None
    assert step.error.to_json() == broken
    assert step.outcome is None


def test_an_input_without_a_value_fails_the_node() -> None:
    handler = make(WORKFLOW, ChildWorkflowHandler, {"workflow": "child", "inputs": {"a": "{{ b }}"}}, KNOWN)
    with pytest.raises(ExpressionError):
        handler.enter({})


def test_what_it_cannot_use_is_refused_by_field() -> None:
    missing = refusal(WORKFLOW, {"workflow": "child@3"}, KNOWN)
    assert missing.details["field"] == "workflow"
    assert "'child@3'" in missing.message
    broken = refusal(WORKFLOW, {"workflow": "child", "inputs": {"a": "{{ 1 + }}"}}, KNOWN)
    assert (broken.details["field"], broken.details["at"]) == ("inputs", "a")


def test_its_form() -> None:
    check_form(WORKFLOW, {"workflow", "inputs"}, {"workflow"})
    assert labels(WORKFLOW, {"workflow": "child"}) == ()
    assert "workflow" in misfit(WORKFLOW, {"workflow": ""})
