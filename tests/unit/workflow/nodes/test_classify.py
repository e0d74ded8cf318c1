"""`classify` nodes."""

from typing import Any

import pytest

from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.nodes.classify import CLASSIFY
from liteagent.engine.workflow.services import Services
from liteagent.testing import ScriptedLLM
from liteagent.testing.scripted_llm import Reply
from tests.unit.workflow.nodes.making import check_form, labels, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenModels

CLASSES = {"urgent": "Something is broken.", "Small talk": ""}


def _node(*replies: Reply, **config: Any) -> tuple[Node, ScriptedLLM]:
    llm = ScriptedLLM(replies)
    return Node(CLASSIFY, {"classes": CLASSES, **config}, Services(model=WrittenModels(llm))), llm


def test_its_form() -> None:
    own = {"input", "classes", "instructions", "otherwise"}
    check_form(CLASSIFY, own | {"provider", "model", "temperature", "max_output_tokens"}, {"classes"})


@pytest.mark.parametrize("answer", ["urgent", " Urgent.\n", "**URGENT**", '"urgent"'])
async def test_the_class_is_output_and_label(answer: str) -> None:
    node, llm = _node(answer, instructions="Prefer {{ vars.best }}.")
    outcome = await node.perform(output="It burns", vars={"best": "urgent"})
    assert (outcome.output, outcome.label) == ("urgent", "urgent")
    system, user = llm.requests[0].messages
    assert "- urgent: Something is broken.\n- Small talk\n" in system.content
    assert "Prefer urgent." in system.content
    assert user.content == "It burns"
    assert outcome.usage is not None
    assert node.heard == []
    assert node.safety is Safety.SAFE
    assert node.handler.names == {("output",), ("vars", "best")}


async def test_another_answer_is_asked_for_once_more() -> None:
    node, llm = _node("It is urgent, I think", "small talk")
    outcome = await node.perform(output="Hi")
    assert outcome.label == "Small talk"
    assert "none of the classes urgent, Small talk" in llm.requests[1].messages[-1].content


async def test_without_a_class_the_node_fails_or_takes_another() -> None:
    node, _ = _node("no idea", "no idea")
    assert (await node.failure(output="Hi")).error_code == "output_invalid"
    node, _ = _node("no idea", "no idea", otherwise="Small talk")
    outcome = await node.perform(output="Hi")
    assert (outcome.output, outcome.label) == ("Small talk", "Small talk")
    assert outcome.usage is not None
    assert outcome.detail is not None
    assert "none of the classes" in str(outcome.detail["problem"])


def test_its_ways_out_and_output() -> None:
    assert labels(CLASSIFY, {"classes": ["a", "b"]}) == ("a", "b")
    assert labels(CLASSIFY, {"classes": CLASSES}) == ("urgent", "Small talk")
    assert output_schema(CLASSIFY, {"classes": ["a", "b"]}) == {"type": "string", "enum": ["a", "b"]}


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"classes": ["a"]}, "classes"),
        ({"classes": ["a", "a"]}, "classes"),
        ({"classes": {"a": "", "A.": ""}}, "classes"),
        ({"classes": ["a", " "]}, "classes"),
        ({"classes": ["a", "error"]}, "classes"),
        ({"classes": ["a", "b"], "otherwise": "c"}, "otherwise"),
        ({"classes": ["a", "b"], "input": "{{ 1 + }}"}, "input"),
        ({"classes": ["a", "b"], "instructions": "{{ 1 + }}"}, "instructions"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(CLASSIFY, config).details["field"] == field


def test_what_its_model_does_not_accept() -> None:
    assert "classes" in misfit(CLASSIFY, {})
    assert "classes" in misfit(CLASSIFY, {"classes": "a, b"})


async def test_without_models_it_says_what_to_do() -> None:
    error = await Node(CLASSIFY, {"classes": ["a", "b"]}).failure(output="")
    assert error.error_code == "not_configured"
