"""`retrieve` nodes."""

from typing import Any

from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.nodes.retrieve import RETRIEVE
from liteagent.engine.workflow.services import Services
from tests.unit.workflow.nodes.making import check_form, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenSearch

CONFIG = {"query": "{{ inputs.question }}", "datasources": ["manual"], "top_k": 2}


def test_its_form() -> None:
    check_form(RETRIEVE, {"query", "datasources", "top_k"}, {"datasources"})


async def test_passages_and_their_text() -> None:
    search = WrittenSearch()
    node = Node(RETRIEVE, CONFIG, Services(retrieve=search))
    outcome = await node.perform(inputs={"question": " How? "})
    assert search.asked == [(("manual",), "How?", 2)]
    output: Any = outcome.output
    assert output["text"] == "[1] 1.md\nText 1.\n\n[2] 2.md > Guide > Setup\nText 2."
    first = output["passages"][0]
    assert first["document"] == {"id": "d1", "name": "1.md"}
    assert (first["text"], first["chunk_id"], first["datasource_id"]) == ("Text 1.", "c1", "ds")
    assert (first["start"], first["end"], first["score"]) == (0, 7, 1.5)
    assert outcome.detail == {"query": "How?", "found": 2}
    assert node.handler.names == {("inputs", "question")}
    assert node.safety is Safety.SAFE


async def test_pinned_data_sources_come_first() -> None:
    search = WrittenSearch()
    pin = {"datasource_ids": ["7", "8"]}
    await Node(RETRIEVE, CONFIG, Services(retrieve=search), pin).perform(inputs={"question": "How?"})
    assert search.asked[0][0] == ("7", "8")


async def test_an_empty_question_finds_nothing() -> None:
    search = WrittenSearch()
    outcome = await Node(RETRIEVE, CONFIG, Services(retrieve=search)).perform(inputs={"question": " "})
    assert outcome.output == {"passages": [], "text": ""}
    assert search.asked == []


async def test_without_retrieval_it_says_what_to_do() -> None:
    error = await Node(RETRIEVE, CONFIG).failure(inputs={"question": "How?"})
    assert (error.error_code, "No retrieval configured" in error.message) == ("not_configured", True)


def test_configs_that_will_not_do() -> None:
    assert refusal(RETRIEVE, {**CONFIG, "query": "{{"}).details["field"] == "query"
    assert "datasources" in misfit(RETRIEVE, {"datasources": []})
    assert "top_k" in misfit(RETRIEVE, {**CONFIG, "top_k": 0})


def test_its_output_is_known() -> None:
    schema = output_schema(RETRIEVE, CONFIG)
    assert set(schema["properties"]) == {"passages", "text"}
