"""`tool` nodes of workflows that call the tools of the catalogue."""

from typing import Any

import httpx2

from tests.features.harness.api import Api
from tests.features.tools.servers import PetsApi
from tests.features.workflows.flows import Flows, document


def _calling(tool: str, flow_id: str = "flow", **arguments: Any) -> dict[str, Any]:
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "call": {"type": "tool", "tool": tool, "arguments": arguments},
        "end": {"type": "end", "outputs": {"result": "{{ call.output }}"}},
    }
    return document(nodes, ["start -> call -> end"], flow_id)


async def _source(api: Api, **fields: Any) -> dict[str, Any]:
    source = await api.made("/api/tools", **{"name": "Pets", "slug": "pets", **fields})
    assert (await api.http.post(f"/api/tools/{source['id']}/refresh")).status_code == 200
    return source


async def _result(api: Api, flow: dict[str, Any]) -> Any:
    made = await api.made("/api/workflows", **flow)
    run = await Flows(api).run(made["id"])
    assert run["status"] == "COMPLETED", run["error"]
    return run["outputs"]["result"]


async def test_nodes_call_every_kind_of_tool(api: Api, pets: PetsApi, pets_url: str, mcp_url: str) -> None:
    await _source(api, source_type="openapi", url=f"{pets_url}/openapi.json")
    await _source(api, source_type="mcp", url=mcp_url, slug="remote")
    assert (await _result(api, _calling("current_time", "time")))["time_zone"] == "UTC"
    assert await _result(api, _calling("pets__putPet", "put", id=3, name="Max")) == {
        "path": "/pets/3",
        "body": {"name": "Max"},
    }
    assert pets.heard[-1][2]["idempotency-key"]
    assert await _result(api, _calling("remote__list_pets", "mcp")) == {"pets": ["Rex"]}
    asked = _calling("http_request", "http", method="GET", url=f"{pets_url}/pets/9")
    assert (await _result(api, asked))["body"]["path"] == "/pets/9"


async def test_what_is_not_there_or_has_changed_is_told_when_a_run_starts(
    api: Api, second_client: httpx2.AsyncClient, pets: PetsApi, pets_url: str
) -> None:
    source = await _source(api, source_type="openapi", url=f"{pets_url}/openapi.json")
    pets.document["paths"]["/pets/{id}"]["get"]["summary"] = "Another one."
    pets.document["paths"]["/new"] = {"get": {"operationId": "newOne"}}
    await api.http.post(f"/api/tools/{source['id']}/refresh")

    async def problem(client: httpx2.AsyncClient, tool: str) -> tuple[str, str]:
        made = await client.post("/api/workflows", json=_calling(tool, tool.replace("__", "-").lower(), id=1))
        assert made.status_code == 201, made.text
        refused = await client.post(f"/api/workflows/{made.json()['id']}/runs", json={})
        assert refused.status_code == 422, refused.text
        (found,) = refused.json()["error"]["details"]["problems"]
        return found["field"], found["code"]

    assert await problem(api.http, "pets__getPet") == ("nodes.call.tool", "tool_changed")
    assert await problem(api.http, "pets__newOne") == ("nodes.call.tool", "tool_not_offered")
    assert await problem(api.http, "pets__nope") == ("nodes.call.tool", "unknown_tool")
    assert await problem(second_client, "pets__putPet") == ("nodes.call.tool", "unknown_tool")


async def test_a_run_keeps_the_tool_that_it_began_with(api: Api, pets: PetsApi, pets_url: str) -> None:
    source = await _source(api, source_type="openapi", url=f"{pets_url}/openapi.json")
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "ask": {"type": "human", "question": "Go on?", "options": ["yes"]},
        "call": {"type": "tool", "tool": "pets__addPet", "arguments": {"name": "Max"}},
        "end": {"type": "end", "outputs": {"result": "{{ call.output }}"}},
    }
    flow = await api.made("/api/workflows", **document(nodes, ["start -> ask -> call -> end"]))
    flows = Flows(api)
    waiting = await flows.run(flow["id"])
    assert waiting["status"] == "WAITING_HUMAN"
    pets.document["paths"]["/pets"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {}
    await api.http.post(f"/api/tools/{source['id']}/refresh")
    await api.http.post(f"/api/runs/{waiting['id']}/answers", json={"answer": "yes"})
    run = await flows.settled(waiting["id"])
    assert (run["status"], run["error"]["code"]) == ("FAILED", "tool_changed")
    assert not any(method == "POST" for method, *_ in pets.heard)
