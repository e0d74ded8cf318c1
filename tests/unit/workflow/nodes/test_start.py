"""`start`: hands on the inputs."""

from liteagent.engine.workflow.nodes.start import START, StartHandler
from tests.unit.workflow.nodes.making import check_form, labels, make, misfit, output_schema


def test_its_output_is_the_inputs_of_the_run() -> None:
    handler = make(START, StartHandler, {})
    assert handler.evaluate({"inputs": {"ticket": "down"}}).output == {"ticket": "down"}
    assert handler.names == {("inputs",)}


def test_it_takes_nothing() -> None:
    check_form(START, set())
    assert labels(START, {}) == ()
    assert output_schema(START, {}) == {"type": "object"}
    assert "extra" in misfit(START, {"inputs": {}}).lower()
