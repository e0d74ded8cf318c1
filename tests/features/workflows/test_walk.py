"""A flow from its document to the outputs of its run, over HTTP: saved, changed, published, deleted."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.features.harness.api import Api
from tests.features.workflows.flows import Flows, document, greeting

_YAML = {"Content-Type": "text/yaml"}
_TEXT = """\
liteagent: 1
id: greeting
name: A greeting
inputs:
  name: {type: string, required: true}
nodes:
  start: {type: start}
  hello: {type: transform, expression: "'Hello ' + inputs.name"}
  end: {type: end, outputs: {text: "{{ hello.output }}"}}
edges:
  - start -> hello -> end
"""


async def test_a_yaml_file_is_saved_run_and_read_back(flows: Flows, client: httpx2.AsyncClient) -> None:
    posted = await client.post("/api/workflows", content=_TEXT, headers=_YAML)
    assert posted.status_code == 201, posted.text
    made = posted.json()
    shown = {key: made[key] for key in ("slug", "name", "description", "version", "published_version")}
    assert shown == {
        "slug": "greeting",
        "name": "A greeting",
        "description": "",
        "version": 1,
        "published_version": None,
    }
    done = await flows.run(made["id"], {"name": "Ada"})
    assert (done["status"], done["outputs"]) == ("COMPLETED", {"text": "Hello Ada"})
    assert done["inputs"] == {"name": "Ada"}
    yaml = await client.get(f"/api/workflows/{made['id']}", headers={"Accept": "text/yaml"})
    assert yaml.headers["content-type"].startswith("text/yaml")
    for content, headers in ((yaml.text, _YAML), (_TEXT.replace("\n", "\r\n"), _YAML)):
        again = await client.put(f"/api/workflows/{made['id']}", content=content, headers=headers)
        assert again.json() == made
    assert (await client.put(f"/api/workflows/{made['id']}", json=made["document"])).json() == made


@pytest.mark.parametrize("declared", ["application/yaml", "text/x-yaml; charset=utf-8", "TEXT/YAML"])
async def test_yaml_has_many_names(client: httpx2.AsyncClient, declared: str) -> None:
    posted = await client.post("/api/workflows", content=_TEXT, headers={"Content-Type": declared})
    assert posted.status_code == 201, posted.text


async def test_each_change_is_a_version_that_can_be_read(flows: Flows, api: Api) -> None:
    made = await flows.api.made("/api/workflows", **greeting("Hello"))
    path = f"/api/workflows/{made['id']}"
    second = (await api.http.put(path, json=greeting("Hi"))).json()
    third = (await api.http.patch(path, json={"name": "Renamed", "description": "Says hi."})).json()
    same = (await api.http.patch(path, json={"name": "Renamed"})).json()
    assert (second["version"], third["version"], same) == (2, 3, third)
    assert (third["name"], third["description"], third["document"]["nodes"]) == (
        "Renamed",
        "Says hi.",
        second["document"]["nodes"],
    )
    removed = (await api.http.patch(path, json={"description": None})).json()
    assert "description" not in removed["document"]
    listed = await api.got(f"{path}/versions?limit=3")
    assert [each["version"] for each in listed["items"]] == [4, 3, 2]
    rest = await api.got(f"{path}/versions?cursor={listed['next_cursor']}")
    assert ([each["version"] for each in rest["items"]], rest["next_cursor"]) == ([1], None)
    assert "document" not in rest["items"][0]
    first = await api.got(f"{path}/versions/1")
    assert first["document"] == made["document"]
    assert len(first["content_hash"]) == 64
    yaml = await api.http.get(f"{path}/versions/1", headers={"Accept": "text/yaml"})
    assert "Hello" in yaml.text
    summary = (await api.got("/api/workflows"))["items"][0]
    assert summary.items() <= removed.items()
    assert "document" not in summary


@pytest.mark.parametrize("number", ["0", "-1", "2", "one", "99999999999999999999", "1.0"])
async def test_a_version_that_is_not_there(flows: Flows, api: Api, number: str) -> None:
    made = await api.made("/api/workflows", **greeting("Hello"))
    refused = await api.http.get(f"/api/workflows/{made['id']}/versions/{number}")
    assert (await api.error(refused, 404))["code"] == "workflow_version_not_found"


async def test_runs_take_the_published_version_or_the_newest(flows: Flows, api: Api) -> None:
    made = await api.made("/api/workflows", **greeting("One"))
    path, name = f"/api/workflows/{made['id']}", {"name": "Ada"}
    await api.http.put(path, json=greeting("Two"))
    assert (await flows.run(made["id"], name))["outputs"] == {"text": "Two Ada"}
    published = await api.http.post(f"{path}/publish", json={"version": 1})
    assert (published.json()["published_version"], published.json()["version"]) == (1, 2)
    assert (await flows.run(made["id"], name))["outputs"] == {"text": "One Ada"}
    assert (await flows.run(made["id"], name, version=2))["outputs"] == {"text": "Two Ada"}
    assert (await api.http.post(f"{path}/publish")).json()["published_version"] == 2
    assert [each["published"] for each in (await api.got(f"{path}/versions"))["items"]] == [True, False]
    for refused in (
        await api.http.post(f"{path}/publish", json={"version": 9}),
        await api.http.post(f"{path}/runs", json={"version": 9, "inputs": name}),
    ):
        assert (await api.error(refused, 404))["code"] == "workflow_version_not_found"


async def test_a_run_goes_on_with_what_it_began_with(flows: Flows, api: Api) -> None:
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "ask": {"type": "human", "question": "Now?"},
        "end": {"type": "end", "outputs": {"said": "{{ ask.output }}"}},
    }
    made = await flows.made(nodes, ["start -> ask -> end"])
    waiting = await flows.run(made["id"])
    assert waiting["status"] == "WAITING_HUMAN"
    changed = {**nodes, "end": {"type": "end", "outputs": {"said": "something else"}}}
    put = await api.http.put(f"/api/workflows/{made['id']}", json=document(changed, ["start -> ask -> end"]))
    assert put.json()["version"] == 2
    assert (await api.http.delete(f"/api/workflows/{made['id']}")).status_code == 204
    answered = await api.http.post(f"/api/runs/{waiting['id']}/answers", json={"answer": "yes"})
    assert answered.status_code == 200, answered.text
    done = await flows.settled(waiting["id"])
    assert (done["status"], done["outputs"]) == ("COMPLETED", {"said": "yes"})


async def test_a_deleted_flow_is_gone_and_its_id_is_free(flows: Flows, api: Api) -> None:
    made = await api.made("/api/workflows", **greeting("Hello"))
    run = await flows.run(made["id"], {"name": "Ada"})
    assert (await api.http.delete(f"/api/workflows/{made['id']}")).status_code == 204
    for method, below in (("GET", ""), ("DELETE", ""), ("GET", "/versions"), ("POST", "/publish")):
        gone = await api.http.request(method, f"/api/workflows/{made['id']}{below}")
        assert (await api.error(gone, 404))["code"] == "workflow_not_found"
    assert (await api.got("/api/workflows"))["items"] == []
    assert await api.got(f"/api/runs/{run['id']}") == run
    assert (await api.made("/api/workflows", **greeting("Hello")))["id"] != made["id"]


async def test_an_id_is_unique_and_may_change(api: Api) -> None:
    first = await api.made("/api/workflows", **greeting("Hello"))
    taken = await api.http.post("/api/workflows", json=greeting("Other"))
    assert (await api.error(taken, 409))["code"] == "slug_taken"
    second = await api.made("/api/workflows", **greeting("Other", "second"))
    path = f"/api/workflows/{second['id']}"
    moved = await api.http.put(path, json=greeting("Other", "greeting"))
    assert (await api.error(moved, 409))["code"] == "slug_taken"
    renamed = await api.http.put(path, json=greeting("Other", "third"))
    assert (renamed.json()["slug"], renamed.json()["version"]) == ("third", 2)
    assert {each["slug"] for each in (await api.got("/api/workflows"))["items"]} == {"greeting", "third"}
    assert (await api.got(f"/api/workflows/{first['id']}"))["version"] == 1


async def test_repeated_creations_and_starts_happen_once(api: Api, client: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": "once"}
    made = [await client.post("/api/workflows", json=greeting("Hello"), headers=key) for _ in range(2)]
    assert made[0].status_code == made[1].status_code == 201
    assert made[0].json() == made[1].json()
    other = await client.post("/api/workflows", json=greeting("Other"), headers=key)
    assert (await api.error(other, 409))["code"] == "idempotency_key_reused"
    path = f"/api/workflows/{made[0].json()['id']}/runs"
    body = {"inputs": {"name": "Ada"}}
    runs = [await client.post(path, json=body, headers=key) for _ in range(3)]
    assert len({run.json()["id"] for run in runs}) == len((await api.got("/api/runs"))["items"]) == 1
    changed = await client.post(path, json={"inputs": {"name": "Bob"}}, headers=key)
    assert (await api.error(changed, 409))["code"] == "idempotency_key_reused"


async def test_a_run_is_streamed_and_gone_on_with(flows: Flows, api: Api) -> None:
    made = await api.made("/api/workflows", **greeting("Hello"))
    frames = await flows.stream(made["id"], {"name": "Ada"})
    assert frames[0].type == "run.started"
    assert [each.data["node"] for each in frames if each.type == "node.completed"] == [
        "start",
        "hello",
        "end",
    ]
    assert frames[-1].type == "run.completed"
    assert frames[-1].data["outputs"] == {"text": "Hello Ada"}
    again = await api.events(frames[0].data["run_id"], frames[2].id)
    assert [each.id for each in again] == [each.id for each in frames[3:]]


async def test_node_types_describe_themselves(api: Api) -> None:
    types = {each["type"]: each for each in (await api.got("/api/meta/node-types"))["items"]}
    assert {"start", "end", "agent", "llm", "condition", "human", "http", "wait"} <= types.keys()
    assert types["condition"]["labels"] == ["true", "false"]
    assert types["http"]["config_schema"]["required"] == ["url"]
    assert {each["group"] for each in types.values()} <= {"flow", "model", "data", "outside", "people"}
    assert all(each["summary"] for each in types.values())


async def test_changes_at_once_are_versions_one_after_the_other(flows: Flows, api: Api) -> None:
    made = await api.made("/api/workflows", **greeting("Hello"))
    path = f"/api/workflows/{made['id']}"
    puts = [api.http.put(path, json=greeting(f"Word{number}")) for number in range(8)]
    saved = await asyncio.gather(*puts)
    assert [each.status_code for each in saved] == [200] * 8
    assert sorted(each.json()["version"] for each in saved) == list(range(2, 10))
    patches = await asyncio.gather(*(api.http.patch(path, json={"name": f"N{n}"}) for n in range(8)))
    kept = [each for each in patches if each.status_code == 200]
    assert {each.status_code for each in patches} <= {200, 409}
    assert (await api.got(path))["version"] == 9 + len(kept)
