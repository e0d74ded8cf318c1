"""A document's faces over HTTP: each says the same flow."""

from typing import Any

import httpx2
import pytest

from tests.features.workflows.flows import document, greeting

_PATH = "/api/workflows/convert"


async def _text(client: httpx2.AsyncClient, sent: object, to: str) -> str:
    answer = await client.post(_PATH, json={"document": sent, "to": to})
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"to", "text"}
    assert answer.json()["to"] == to
    return answer.json()["text"]


async def test_yaml_and_json_lead_to_one_another(client: httpx2.AsyncClient) -> None:
    yaml = await _text(client, greeting("Hello"), "yaml")
    assert yaml.startswith("liteagent: 1\nid: greeting\n")
    assert await _text(client, yaml, "yaml") == yaml
    assert await _text(client, yaml, "json") == await _text(client, greeting("Hello"), "json")


async def test_python_builds_the_same_flow(client: httpx2.AsyncClient) -> None:
    source = await _text(client, greeting("Hello"), "python")
    names: dict[str, Any] = {}
    exec(source, names)
    from liteagent.engine.workflow.document import to_yaml

    assert to_yaml(names["workflow"]) == await _text(client, greeting("Hello"), "yaml")


async def test_a_flow_with_mistakes_is_shown_all_the_same(client: httpx2.AsyncClient) -> None:
    wrong = document({"check": {"type": "condition", "when": "1 +"}}, ["check -> gone"])
    assert "check -> gone" in await _text(client, wrong, "yaml")
    assert 'add_condition("check", when="1 +")' in await _text(client, wrong, "python")


async def test_nothing_is_kept(client: httpx2.AsyncClient) -> None:
    await _text(client, greeting("Hello"), "python")
    assert (await client.get("/api/workflows")).json()["items"] == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("nodes: [", "workflow_unreadable"),
        ("liteagent: 1\nid: x\nnodes: 3\n", "workflow_invalid"),
        ({"liteagent": 1, "id": "x", "nodes": {"f": {"type": 1}}}, "workflow_invalid"),
    ],
)
async def test_what_is_no_flow_is_refused(client: httpx2.AsyncClient, sent: object, code: str) -> None:
    answer = await client.post(_PATH, json={"document": sent, "to": "python"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


async def test_other_faces_are_refused(client: httpx2.AsyncClient) -> None:
    answer = await client.post(_PATH, json={"document": greeting("Hello"), "to": "xml"})
    assert answer.status_code == 422
    assert "to" in answer.text
