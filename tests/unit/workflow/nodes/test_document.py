"""`document` nodes."""

from typing import Any

import pytest

from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.nodes.document import DOCUMENT
from liteagent.engine.workflow.services import Services
from tests.unit.workflow.nodes.making import check_form, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenDocuments

TEXTS = {("ds", "a"): "Alpha", ("ds", "b"): "Beta", ("7", "a"): "Pinned"}


def _node(**config: Any) -> tuple[Node, WrittenDocuments]:
    documents = WrittenDocuments(TEXTS)
    services = Services(document=documents)
    return Node(DOCUMENT, {"datasource": "ds", "documents": "a", **config}, services), documents


def test_its_form() -> None:
    check_form(DOCUMENT, {"datasource", "documents", "max_chars"}, {"datasource", "documents"})


@pytest.mark.parametrize(
    ("documents", "text"),
    [
        ("a", "Alpha"),
        ("{{ output.id }}", "Beta"),
        ("{{ output.ids }}", "Beta\n\nAlpha"),
        (["a", "{{ output.id }}"], "Alpha\n\nBeta"),
    ],
)
async def test_the_text_of_documents(documents: Any, text: str) -> None:
    node, _ = _node(documents=documents)
    outcome = await node.perform(output={"id": "b", "ids": ["b", "a"]})
    assert outcome.output == text
    assert node.safety is Safety.SAFE


@pytest.mark.parametrize(
    ("limit", "text", "read"),
    [
        (3, "Alp", ["a"]),
        (5, "Alpha", ["a"]),
        (8, "Alpha\n\nB", ["a", "b"]),
        (11, "Alpha\n\nBeta", ["a", "b"]),
    ],
)
async def test_text_is_cut_and_no_more_is_read(limit: int, text: str, read: list[str]) -> None:
    node, documents = _node(documents=["a", "b"], max_chars=limit)
    outcome = await node.perform()
    assert outcome.output == text
    assert documents.read == read
    assert outcome.detail == {"documents": ["a", "b"], "cut": limit < 11}


async def test_a_pinned_data_source_comes_first() -> None:
    node, _ = _node()
    node.pin = {"datasource_id": "7"}
    assert (await node.perform()).output == "Pinned"


async def test_failures() -> None:
    node, _ = _node(documents="c")
    assert (await node.failure()).error_code == "document_not_found"
    node, _ = _node(documents="{{ output }}")
    assert (await node.failure(output=[1])).details["field"] == "documents"
    error = await Node(DOCUMENT, {"datasource": "ds", "documents": "a"}).failure()
    assert error.error_code == "not_configured"


def test_configs_that_will_not_do() -> None:
    config = {"datasource": "ds", "documents": "{{"}
    assert refusal(DOCUMENT, config).details["field"] == "documents"
    assert "documents" in misfit(DOCUMENT, {"datasource": "ds", "documents": []})


def test_its_output_is_known() -> None:
    assert output_schema(DOCUMENT, {"datasource": "ds", "documents": "a"}) == {"type": "string"}
