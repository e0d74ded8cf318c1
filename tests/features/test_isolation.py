"""What one workspace has does not exist for another: on no route, in no body."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from liteagent.app.wiring import Platform
from liteagent.infra.system import new_id
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_FLOW: dict[str, Any] = {
    "liteagent": 1,
    "id": "flow",
    "nodes": {"start": {"type": "start"}, "end": {"type": "end"}},
    "edges": ["start -> end"],
}
_BODIES: dict[str, dict[str, Any]] = {
    "patch /api/providers/{provider_id}": {"name": "x"},
    "put /api/providers/{provider_id}": {"name": "x"},
    "patch /api/agents/{agent_id}": {"name": "x"},
    "put /api/agents/{agent_id}": {"name": "x"},
    "patch /api/datasources/{datasource_id}": {"name": "x"},
    "put /api/datasources/{datasource_id}": {"name": "x"},
    "post /api/datasources/{datasource_id}/search": {"query": "text"},
    "patch /api/conversations/{conversation_id}": {"title": "x"},
    "put /api/conversations/{conversation_id}": {"title": "x"},
    "post /api/runs/{run_id}/answers": {"answer": "x"},
    "post /api/runs/{run_id}/fork": {"at": 1, "patch": {}},
    "post /api/runs/{run_id}/replay": {},
    "put /api/workflows/{workflow_id}": _FLOW,
    "patch /api/workflows/{workflow_id}": {"name": "x"},
    "post /api/workflows/{workflow_id}/publish": {},
    "post /api/workflows/{workflow_id}/runs": {"inputs": {}},
    "patch /api/budgets/{budget_id}": {"name": "x"},
    "put /api/budgets/{budget_id}": {"name": "x"},
    "patch /api/prices/{price_id}": {"input": 1},
    "put /api/prices/{price_id}": {"input": 1},
    "patch /api/tools/{source_id}": {"name": "x"},
    "put /api/tools/{source_id}": {"name": "x"},
    "patch /api/tools/{source_id}/tools": {"tool": "x"},
    "post /api/tools/{source_id}/call": {"tool": "x"},
    "patch /api/triggers/{trigger_id}": {"name": "x"},
    "put /api/triggers/{trigger_id}": {"name": "x"},
}


def _sent(method: str, path: str) -> dict[str, Any]:
    if path.endswith("/files"):
        return {"files": [("files", ("a.txt", b"Some text."))]}
    return {"json": _BODIES.get(f"{method} {path}")}


_UNKNOWN = (
    "not-a-uuid",
    "x" * 5000,
    "\u00fcn\u00efcode \U0001f600",
    "1' OR '1'='1",
    "..",
    "%2e%2e%2fetc",
    "null",
)


@pytest.fixture
async def ids(api: Api, llm_server: ModelServer) -> dict[str, str]:
    """One of everything, of the first user; the run waits for an answer."""
    source = await api.text_source("Some text.")
    (document,) = (await api.got(f"/api/datasources/{source['id']}/documents"))["items"]
    agent = await api.agent_on(
        llm_server.url, datasource_ids=[source["id"]], tools=["request_human_input"], slug="guide"
    )
    llm_server.call("request_human_input", question="Who?")
    waiting = await api.say(agent["id"], "Hi")
    key = await api.made("/api/auth/api-keys", name="key")
    workflow = await api.made("/api/workflows", **_FLOW)
    response = await api.http.post("/v1/responses", json={"model": agent["slug"], "input": "Hi"})
    tools = await api.made("/api/tools", name="Tools", source_type="mcp", url="http://tools.example/mcp")
    budget = await api.made("/api/budgets", name="Many", scope="user", period="day", steps=10**6)
    price = await api.made("/api/prices", provider_type="openai", model="m", input=1, output=1)
    trigger = await api.made(
        "/api/triggers", name="Hook", kind="webhook", target={"workflow_id": workflow["id"]}
    )
    fired = await api.http.post(f"/api/triggers/{trigger['id']}/test", json={})
    assert fired.status_code == 202, fired.text
    (delivery,) = (await api.got(f"/api/triggers/{trigger['id']}/deliveries"))["items"]
    return {
        "trigger_id": trigger["id"],
        "delivery_id": delivery["id"],
        "budget_id": budget["id"],
        "price_id": price["id"],
        "source_id": tools["id"],
        "provider_id": agent["provider_id"],
        "datasource_id": source["id"],
        "document_id": document["id"],
        "agent_id": agent["id"],
        "conversation_id": waiting["conversation_id"],
        "message_id": (await api.messages(waiting["conversation_id"]))[0]["id"],
        "run_id": waiting["run_id"],
        "key_id": key["id"],
        "workflow_id": workflow["id"],
        "model": agent["slug"],
        "response_id": response.json()["id"],
        "number": "1",
    }


def _operations_with_ids(app: FastAPI) -> list[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    ours = [(path, item) for path, item in paths.items() if "{" in path and not path.startswith("/hooks/")]
    return [(method, path) for path, item in ours for method in item]


async def _everything(api: Api, ids: dict[str, str]) -> list[dict[str, Any]]:
    paths = [
        "providers",
        "agents",
        "datasources",
        "conversations",
        "runs",
        "inbox",
        "workflows",
        "tools",
        "budgets",
        "prices",
        "triggers",
        "auth/api-keys",
    ]
    shown = [await api.got(f"/api/{path}") for path in paths]
    shown.append(await api.got(f"/api/datasources/{ids['datasource_id']}/documents"))
    return [*shown, await api.got(f"/api/conversations/{ids['conversation_id']}")]


async def test_on_every_route_another_workspaces_things_are_not_there(
    api: Api, app: FastAPI, second_client: httpx2.AsyncClient, ids: dict[str, str]
) -> None:
    before = await _everything(api, ids)
    tried = 0
    for method, path in _operations_with_ids(app):
        url = path.format(**ids)
        sent = _sent(method, path)
        foreign = await second_client.request(method, url, **sent)
        assert foreign.status_code == 404, (method, path, foreign.text)
        error = foreign.json()["error"]
        unknown = await second_client.request(method, path.format(**dict.fromkeys(ids, new_id())), **sent)
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, error["code"])
        tried += 1
    assert tried >= 36
    stream = await second_client.get(
        f"/api/runs/{ids['run_id']}/events", headers={"Accept": "text/event-stream"}
    )
    assert stream.status_code == 404
    assert await _everything(api, ids) == before


async def test_every_list_of_a_new_workspace_is_empty(
    second_client: httpx2.AsyncClient, ids: dict[str, str]
) -> None:
    assert ids
    lists = ("providers", "agents", "datasources", "conversations", "runs", "inbox", "workflows", "tools")
    for path in (*lists, "auth/api-keys"):
        assert (await second_client.get(f"/api/{path}")).json() == {"items": [], "next_cursor": None}


async def test_a_body_cannot_name_another_workspaces_things(
    api: Api, second_client: httpx2.AsyncClient, ids: dict[str, str]
) -> None:
    before = await _everything(api, ids)
    own = (await second_client.post("/api/agents", json={"name": "Spy"})).json()
    tries: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", "/api/agents", {"name": "x", "datasource_ids": [ids["datasource_id"]]}, "datasource"),
        ("POST", "/api/agents", {"name": "x", "provider_id": ids["provider_id"]}, "provider"),
        ("PATCH", f"/api/agents/{own['id']}", {"datasource_ids": [ids["datasource_id"]]}, "datasource"),
        ("PUT", f"/api/agents/{own['id']}", {"provider_id": ids["provider_id"]}, "provider"),
        ("POST", "/api/chat", {"agent_id": ids["agent_id"], "message": "x"}, "agent"),
        ("POST", "/api/chat", {"agent_id": "guide", "message": "x"}, "agent"),
        (
            "POST",
            "/api/chat",
            {"agent_id": own["id"], "message": "x", "conversation_id": ids["conversation_id"]},
            "conversation",
        ),
        (
            "POST",
            "/api/chat",
            {"agent_id": own["id"], "message": "x", "conversation_id": new_id(), "stream": True},
            "conversation",
        ),
    ]
    for method, path, body, noun in tries:
        refused = await second_client.request(method, path, json=body)
        assert refused.status_code == 404, (path, body, refused.text)
        assert refused.json()["error"]["code"] == f"{noun}_not_found"
    for type_, field, named in (
        ("agent", "agent", "guide"),
        ("agent", "agent", ids["agent_id"]),
        ("llm", "provider", ids["provider_id"]),
        ("llm", "provider", "Fake"),
        ("retrieve", "datasources", [ids["datasource_id"]]),
    ):
        node = {"type": type_, field: named, **({"prompt": "x"} if type_ == "llm" else {})}
        nodes = {"start": {"type": "start"}, "x": node}
        flow = {**_FLOW, "id": new_id(), "nodes": nodes, "edges": ["start -> x"]}
        made = (await second_client.post("/api/workflows", json=flow)).json()
        refused = await second_client.post(f"/api/workflows/{made['id']}/runs", json={})
        assert refused.status_code == 422, (field, named, refused.text)
        (problem,) = refused.json()["error"]["details"]["problems"]
        assert (problem["node"], problem["field"]) == ("x", f"nodes.x.{field}")
    calling = {"start": {"type": "start"}, "x": {"type": "workflow", "workflow": "flow"}}
    refused = await second_client.post("/api/workflows", json={**_FLOW, "id": "y", "nodes": calling})
    assert refused.status_code == 422
    assert (await second_client.get("/api/agents")).json()["items"] == [own]
    assert (await second_client.get("/api/runs")).json()["items"] == []
    assert await _everything(api, ids) == before


async def test_the_same_slug_key_and_name_are_free_in_each_workspace(
    api: Api, second_client: httpx2.AsyncClient
) -> None:
    key = {"Idempotency-Key": "same"}
    body = {"name": "Guide", "slug": "guide"}
    first = await api.http.post("/api/agents", json=body, headers=key)
    second = await second_client.post("/api/agents", json=body, headers=key)
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]
    for each in (api.http, second_client):
        assert (await each.post("/api/workflows", json=_FLOW, headers=key)).status_code == 201


async def test_an_agent_finds_nothing_of_another_workspace(
    api: Api, second_client: httpx2.AsyncClient, ids: dict[str, str]
) -> None:
    assert ids
    made = {"name": "x", "source_type": "text", "content": "Other words entirely."}
    source = (await second_client.post("/api/datasources", json=made)).json()
    started = (await second_client.post(f"/api/datasources/{source['id']}/index")).json()
    events = f"/api/runs/{started['run_id']}/events"
    await second_client.get(events, headers={"Accept": "text/event-stream"})
    found = await second_client.post(f"/api/datasources/{source['id']}/search", json={"query": "Some text"})
    assert found.json()["items"] == []
    assert found.json()["trace"]["datasources"] == [source["id"]]


async def test_a_colleague_shares_agents_but_not_conversations(
    platform: Platform, api: Api, anonymous: httpx2.AsyncClient, ids: dict[str, str]
) -> None:
    await platform.accounts.create_user("colleague@example.com", "battery staple")
    credentials = {"email": "colleague@example.com", "password": "battery staple"}
    token = (await anonymous.post("/api/auth/login", json=credentials)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    agents = (await anonymous.get("/api/agents", headers=headers)).json()["items"]
    assert [agent["id"] for agent in agents] == [ids["agent_id"]]
    path = f"/api/conversations/{ids['conversation_id']}"
    assert (await anonymous.get("/api/conversations", headers=headers)).json()["items"] == []
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"title": "x"})):
        refused = await anonymous.request(method, path, json=body, headers=headers)
        assert refused.status_code == 404, method
    assert len(await api.messages(ids["conversation_id"])) == 1


@pytest.mark.parametrize("unknown", _UNKNOWN)
async def test_text_that_is_no_id_is_not_found_on_any_route(
    api: Api, app: FastAPI, ids: dict[str, str], unknown: str
) -> None:
    for method, path in _operations_with_ids(app):
        quoted = httpx2.URL(f"http://x/{unknown}").raw_path.decode().lstrip("/") or "%2e%2e"
        for name in ids:
            if f"{{{name}}}" in path:
                url = path.format(**{**ids, name: quoted})
                response = await api.http.request(method, url, **_sent(method, path))
                assert response.status_code == 404, (method, url, response.text)


async def test_text_that_is_no_id_is_not_found_in_any_body(api: Api, ids: dict[str, str]) -> None:
    for unknown in (new_id(), "not-a-uuid", "\U0001f600", "' --", "x" * 64):
        bodies: list[tuple[str, dict[str, Any]]] = [
            ("/api/agents", {"name": "x", "provider_id": unknown}),
            ("/api/agents", {"name": "x", "datasource_ids": [ids["datasource_id"], unknown]}),
            ("/api/chat", {"agent_id": unknown, "message": "x"}),
            ("/api/chat", {"agent_id": ids["agent_id"], "message": "x", "conversation_id": unknown}),
        ]
        for path, body in bodies:
            await api.error(await api.http.post(path, json=body), 404)
    assert len((await api.got("/api/agents"))["items"]) == 1
