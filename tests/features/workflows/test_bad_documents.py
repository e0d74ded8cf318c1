"""Documents of no use: each is a 422 that names node and field, and changes nothing."""

import json
from typing import Any

import httpx2
import pytest

from tests.features.harness.api import Api
from tests.features.workflows.flows import document, greeting

_YAML = {"Content-Type": "text/yaml"}
_S: dict[str, Any] = {"start": {"type": "start"}}
_E: dict[str, Any] = {"end": {"type": "end"}}
_PLAIN = {**_S, **_E}
_LOOP = {
    **_S,
    "a": {"type": "transform", "expression": "1"},
    "b": {"type": "transform", "expression": "2"},
    **_E,
}

_BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "cyclic": (document(_LOOP, ["start -> a -> b -> a", "b -> end"]), "a", "edges"),
    "dangling": (document(_PLAIN, ["start -> end", "end -> nowhere"]), "end", "edges"),
    "no start": (document(_E, []), "", "nodes"),
    "unknown type": (
        document({**_S, "x": {"type": "magic"}}, ["start -> x"]),
        "x",
        "nodes.x.type",
    ),
    "unknown field": (
        document({**_S, "x": {"type": "wait", "secs": 1}}, ["start -> x"]),
        "x",
        "nodes.x.secs",
    ),
    "wrong type of a field": (
        document({**_S, "x": {"type": "llm", "prompt": 1}}, ["start -> x"]),
        "x",
        "nodes.x.prompt",
    ),
    "no expression": (
        document({**_S, "x": {"type": "condition", "when": "1 +"}}, ["start -> x"]),
        "x",
        "nodes.x.when",
    ),
    "a call of a method": (
        document({**_S, "x": {"type": "condition", "when": "inputs.__class__.mro()"}}, ["start -> x"]),
        "x",
        "nodes.x.when",
    ),
    "in a body": (
        document(
            {**_S, "e": {"type": "iterate", "items": "[1]", "nodes": {"x": {"type": "magic"}}}},
            ["start -> e"],
        ),
        "e/x",
        "nodes.e.nodes.x.type",
    ),
    "a child that is not there": (
        document({**_S, "x": {"type": "workflow", "workflow": "nobody"}}, ["start -> x"]),
        "x",
        "nodes.x.workflow",
    ),
    "no version": ({"id": "flow", "nodes": _PLAIN, "edges": ["start -> end"]}, "", "liteagent"),
    "another version": ({**document(_PLAIN, ["start -> end"]), "liteagent": 2}, "", "liteagent"),
    "no id": ({"liteagent": 1, "nodes": _PLAIN, "edges": ["start -> end"]}, "", "id"),
    "no fit id": (document(_PLAIN, ["start -> end"], "../etc"), "", "id"),
    "an unknown section": (document(_PLAIN, ["start -> end"], exec="x"), "", "exec"),
    "a name of a thousand letters": (document(_PLAIN, ["start -> end"], name="x" * 1000), "", "name"),
    "too many nodes": (
        document({**_S, **{f"n{i}": {"type": "end"} for i in range(1100)}}, ["start -> n1"]),
        "",
        "nodes",
    ),
}


@pytest.mark.parametrize("name", _BAD)
async def test_a_document_with_errors_is_refused_where_they_are(
    api: Api, client: httpx2.AsyncClient, name: str
) -> None:
    sent, node, field = _BAD[name]
    kept = await api.made("/api/workflows", **greeting("Hello"))
    path = f"/api/workflows/{kept['id']}"
    for method, url in (("POST", "/api/workflows"), ("PUT", path)):
        error = await api.error(await client.request(method, url, json=sent), 422)
        assert error["code"] == "workflow_invalid"
        problems = error["details"]["problems"]
        assert any(each["node"] == node and each["field"].startswith(field) for each in problems), problems
        assert all(each["message"] and each["code"] for each in problems)
    said = await client.post("/api/workflows/validate", json=sent)
    assert said.json()["valid"] is False
    assert any(each["field"].startswith(field) for each in said.json()["problems"])
    assert (await api.got("/api/workflows"))["items"] == [
        {key: value for key, value in kept.items() if key != "document"}
    ]
    assert await api.got(path) == kept


_HEAD = "liteagent: 1\nid: x\nnodes:\n  start: {type: start}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "[1, 2]",
        "a: b: c",
        _HEAD + "edges: &a []\nlayout: *a\n",
        _HEAD + "edges: !!python/object/apply:os.system ['true']\n",
        _HEAD + "edges: !tag []\n",
        _HEAD + "nodes: {}\n",
        _HEAD + "---\n" + _HEAD,
        "x: " + "[" * 500,
        "\x00",
        _HEAD + "name: .inf\n",
    ],
)
async def test_yaml_that_is_none_of_ours_is_refused(api: Api, client: httpx2.AsyncClient, text: str) -> None:
    refused = await client.post("/api/workflows", content=text, headers=_YAML)
    error = await api.error(refused, 422)
    assert error["code"] in ("workflow_unreadable", "workflow_invalid")
    said = await client.post("/api/workflows/validate", content=text, headers=_YAML)
    assert said.status_code == 422 or said.json()["valid"] is False
    assert (await api.got("/api/workflows"))["items"] == []


async def test_a_problem_in_yaml_has_its_line(api: Api, client: httpx2.AsyncClient) -> None:
    text = _HEAD + "  x:\n    type: condition\n    when: 'nobody.output == 1'\nedges:\n  - start -> x\n"
    error = await api.error(await client.post("/api/workflows", content=text, headers=_YAML), 422)
    (problem,) = error["details"]["problems"]
    assert (problem["node"], problem["field"], problem["line"]) == ("x", "nodes.x.when", 7)


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"", {}, 422, "workflow_unreadable"),
        (b"{bad", {"Content-Type": "application/json"}, 422, "invalid_json"),
        (b'{"a": NaN}', {"Content-Type": "application/json"}, 422, "invalid_json"),
        (b"[]", {"Content-Type": "application/json"}, 422, "workflow_invalid"),
        (b'{"id": "x", "id": "y"}', {"Content-Type": "application/json"}, 422, "workflow_unreadable"),
        (b"liteagent: 1", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"\xff\xfe", _YAML, 422, "workflow_unreadable"),
        (b"# " + b"x" * (4 * 1024 * 1024), _YAML, 413, "payload_too_large"),
        (b"# " + b"x" * 1_000_001, _YAML, 422, "workflow_unreadable"),
    ],
)
async def test_bodies_that_are_no_documents(
    api: Api, client: httpx2.AsyncClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    refused = await client.post("/api/workflows", content=content, headers=headers)
    assert (await api.error(refused, status))["code"] == code


@pytest.mark.parametrize("changes", ["[]", "1", '{"nodes": 1}', '{"id": null}', '{"edges": ["x -> y"]}'])
async def test_a_change_that_leaves_no_flow_is_refused(
    api: Api, client: httpx2.AsyncClient, changes: str
) -> None:
    kept = await api.made("/api/workflows", **greeting("Hello"))
    path = f"/api/workflows/{kept['id']}"
    refused = await client.patch(path, content=changes, headers={"Content-Type": "application/json"})
    await api.error(refused, 422)
    assert await api.got(path) == kept


async def test_a_flow_that_calls_itself_is_refused_at_its_start(api: Api, client: httpx2.AsyncClient) -> None:
    made = await api.made("/api/workflows", **document(_PLAIN, ["start -> end"], "one"))
    calling = {**_S, "x": {"type": "workflow", "workflow": "one"}}
    other = await api.made("/api/workflows", **document(calling, ["start -> x"], "two"))
    round_trip = {**_S, "x": {"type": "workflow", "workflow": "two"}}
    put = await client.put(f"/api/workflows/{made['id']}", json=document(round_trip, ["start -> x"], "one"))
    problems = (await api.error(put, 422))["details"]["problems"]
    assert {(each["node"], each["field"]) for each in problems} == {("x", "nodes.x.workflow")}
    assert (await api.got(f"/api/workflows/{other['id']}"))["version"] == 1


async def test_warnings_do_not_keep_a_flow_from_being_saved(api: Api, client: httpx2.AsyncClient) -> None:
    flow = greeting("Hello")
    said = (await client.post("/api/workflows/validate", content=json.dumps(flow))).json()
    assert said == {"valid": True, "problems": []}
    assert (await api.got("/api/workflows"))["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"input": {}}',
        b'{"inputs": []}',
        b'{"version": "1"}',
        b'{"version": 0}',
        b'{"stream": 1}',
    ],
)
async def test_a_start_with_a_bad_body_is_refused(api: Api, client: httpx2.AsyncClient, body: bytes) -> None:
    made = await api.made("/api/workflows", **document(_PLAIN, ["start -> end"]))
    refused = await client.post(f"/api/workflows/{made['id']}/runs", content=body)
    await api.error(refused, 422)
    assert (await api.got("/api/runs"))["items"] == []
