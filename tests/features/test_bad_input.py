"""What cannot be used is refused with its reason, before anything was done."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from liteagent.app.wiring import Platform
from liteagent.infra.http.route import ApiRoute
from tests.features.harness.api import Api

_MB = 1024 * 1024
_JSON = {"Content-Type": "application/json"}
_AGENT: dict[str, Any] = {"name": "Guide"}
_TEXT: dict[str, Any] = {"name": "n", "source_type": "text", "content": "text"}
_PUBLIC = {
    "/",
    "/api/auth/login",
    "/api/auth/refresh",
    "/api/auth/setup",
    "/api/meta",
    "/docs",
    "/health",
    "/health/live",
    "/health/ready",
    "/hooks/{token}",
    "/openapi.json",
}

_NO_JSON = [
    b"",
    b"{",
    b"name=x",
    b'{"name": "x",}',
    b'{"name": NaN}',
    b'{"name": 1e999}',
    b'{"name": "x", "description": "\\ud800"}',
    b'{"name": "x\\u0000"}',
    b'{"name": "x", "memory": {"max_tokens": 99999999999999999999}}',
    b'{"name": "\xff"}',
    b'{"name": "\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"name": "x"}',
    b"[" * 200 + b"]" * 200,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"null",
    b"[]",
    b'"x"',
    b'{"name": "x"}{"name": "y"}',
]
_UNUSABLE: list[tuple[str, dict[str, Any]]] = [
    ("/api/agents", {}),
    ("/api/agents", {**_AGENT, "owner": "me"}),
    ("/api/agents", {**_AGENT, "id": "x", "workspace_id": "y"}),
    ("/api/agents", {"name": ""}),
    ("/api/agents", {"name": " \t\n\u2003"}),
    ("/api/agents", {"name": "x" * 201}),
    ("/api/agents", {"name": 1}),
    ("/api/agents", {"name": None}),
    ("/api/agents", {"name": ["x"]}),
    ("/api/agents", {**_AGENT, "slug": ""}),
    ("/api/agents", {**_AGENT, "slug": "No Slug"}),
    ("/api/agents", {**_AGENT, "slug": "-x"}),
    ("/api/agents", {**_AGENT, "slug": "x\n"}),
    ("/api/agents", {**_AGENT, "slug": "x" * 81}),
    ("/api/agents", {**_AGENT, "description": "x" * 2001}),
    ("/api/agents", {**_AGENT, "system_prompt": "x" * 100_001}),
    ("/api/agents", {**_AGENT, "datasource_ids": "x"}),
    ("/api/agents", {**_AGENT, "datasource_ids": ["x"] * 51}),
    ("/api/agents", {**_AGENT, "tools": ["rm_rf"]}),
    ("/api/agents", {**_AGENT, "memory": {"strategy": "none"}}),
    ("/api/agents", {**_AGENT, "memory": {"max_tokens": 1}}),
    ("/api/agents", {**_AGENT, "memory": {"window_size": 0, "strategy": "sliding_window"}}),
    ("/api/agents", {**_AGENT, "budget": {"max_steps": 0}}),
    ("/api/agents", {**_AGENT, "budget": {"max_steps": "5"}}),
    ("/api/agents", {**_AGENT, "budget": {"max_steps": 1.5}}),
    ("/api/datasources", {**_TEXT, "content": None}),
    ("/api/datasources", {**_TEXT, "content": ""}),
    ("/api/datasources", {**_TEXT, "content": " \n"}),
    ("/api/datasources", {**_TEXT, "content": "x" * 5_000_001}),
    ("/api/datasources", {**_TEXT, "source_type": "url"}),
    ("/api/datasources", {**_TEXT, "source_path": "/tmp"}),
    ("/api/datasources", {**_TEXT, "chunker": {"chunk_size": 99}}),
    ("/api/datasources", {**_TEXT, "chunker": {"chunk_size": 100, "overlap": 51}}),
    ("/api/datasources", {**_TEXT, "chunker": {"strategy": "magic"}}),
    ("/api/datasources", {"name": "n", "source_type": "file"}),
    ("/api/datasources", {"name": "n", "source_type": "file", "source_path": ""}),
    ("/api/chat", {"agent_id": "x"}),
    ("/api/chat", {"agent_id": "x", "message": ""}),
    ("/api/chat", {"agent_id": "x", "message": " \r\n"}),
    ("/api/chat", {"agent_id": "x", "message": "x" * 200_001}),
    ("/api/chat", {"agent_id": "x", "message": {"text": "x"}}),
    ("/api/chat", {"agent_id": "", "message": "x"}),
    ("/api/chat", {"agent_id": "x", "message": "x", "stream": "true"}),
    ("/api/chat", {"agent_id": "x", "message": "x", "stream": None}),
]
_NO_PAGES = (
    *("limit=0", "limit=201", "limit=x", "limit=1.5", "limit=-1", "limit=" + "9" * 5000, "cursor=x"),
    *("cursor=AAAA", "cursor=%F0%9F%98%80", "cursor=" + "A" * 201, "cursor=%00", "cursor=%FF"),
)


async def _pieces(count: int, read: list[int]) -> AsyncIterator[bytes]:
    for number in range(count):
        read.append(number)
        yield b" " * 65536


async def test_only_the_listed_routes_are_public_and_no_other_reads_a_body_from_strangers(
    app: FastAPI, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient
) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    ours = [route for route in routes if isinstance(route, ApiRoute)]
    public = {route.path for route in ours if route.public and not route.path.startswith("/docs/")}
    assert public == _PUBLIC
    token = client.headers["authorization"].removeprefix("Bearer ")
    credentials = ("", "Bearer", "Bearer x", f"Basic {token}", f"Bearer {token[:-3]}", f"Bearer la_{token}")
    credentials += (f"Bearer {token.rpartition('.')[0]}.", "Bearer " + "x" * 20000, f"{token}")
    for route in ours:
        if route.public:
            continue
        for method in route.methods or ():
            for credential in credentials:
                read: list[int] = []
                headers = {"Authorization": credential} if credential else {}
                content = _pieces(3, read) if method in ("POST", "PUT", "PATCH") else None
                refused = await anonymous.request(method, route.path, headers=headers, content=content)
                assert refused.status_code == 401, (method, route.path, credential)
                assert refused.headers["www-authenticate"] == "Bearer"
                assert read == []


async def test_a_sign_in_that_has_ended_opens_nothing(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/api/auth/logout")).status_code == 204
    for path in ("/api/agents", "/api/runs", "/api/auth/me"):
        assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize("path", ["/api/agents", "/api/chat", "/api/datasources", "/api/datasources/upload"])
async def test_a_body_over_10_mb_is_refused_declared_or_counted(
    api: Api, client: httpx2.AsyncClient, path: str
) -> None:
    kind = "multipart/form-data; boundary=x" if path.endswith("upload") else "application/json"
    headers = {"Content-Type": kind}
    declared = await client.post(path, content=b" " * (10 * _MB + 1), headers=headers)
    assert (await api.error(declared, 413))["code"] == "payload_too_large"
    read: list[int] = []
    counted = await client.post(path, content=_pieces(400, read), headers=headers)
    assert counted.status_code in (413, 422)
    if not path.endswith("upload"):
        assert (await api.error(counted, 413))["code"] == "payload_too_large"
        assert len(read) <= 162
    assert (await api.got("/api/datasources"))["items"] == []


async def test_an_upload_over_10_mb_is_refused_declared_or_counted(
    api: Api, client: httpx2.AsyncClient
) -> None:
    start = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'

    async def endless() -> AsyncIterator[bytes]:
        yield start
        for _ in range(200):
            yield b"a" * 65536
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    counted = await client.post("/api/datasources/upload", content=endless(), headers=headers)
    assert (await api.error(counted, 413))["code"] == "payload_too_large"
    big = [("files", ("a.txt", b"a" * (11 * _MB)))]
    assert (await client.post("/api/datasources/upload", files=big)).status_code == 413
    assert (await api.got("/api/datasources"))["items"] == []


async def test_a_body_that_is_no_storable_json_object_is_refused(
    api: Api, client: httpx2.AsyncClient
) -> None:
    for path in ("/api/agents", "/api/chat", "/api/datasources", "/api/providers"):
        for content in _NO_JSON:
            response = await client.post(path, content=content, headers=_JSON)
            assert response.status_code == 422, (path, content[:80])
    assert (await api.got("/api/agents"))["items"] == []


async def test_a_field_that_cannot_be_used_is_named(api: Api) -> None:
    for path, body in _UNUSABLE:
        response = await api.http.post(path, json=body)
        assert response.status_code == 422, (path, str(body)[:200])
        error = response.json()["error"]
        assert error["code"] == "invalid_request"
        assert error["details"]["errors"][0]["at"].startswith("body")
    assert (await api.got("/api/agents"))["items"] == (await api.got("/api/datasources"))["items"] == []


async def test_changes_are_checked_like_new_things_and_change_nothing_when_refused(api: Api) -> None:
    agent = await api.agent(slug="guide")
    source = await api.made("/api/datasources", **_TEXT)
    refused: list[tuple[str, dict[str, Any]]] = [
        (f"/api/agents/{agent['id']}", {"name": " "}),
        (f"/api/agents/{agent['id']}", {"name": "new", "slug": "No"}),
        (f"/api/agents/{agent['id']}", {"name": "new", "budget": {"max_steps": 101}}),
        (f"/api/agents/{agent['id']}", {"name": "new", "created_at": "2020-01-01T00:00:00Z"}),
        (f"/api/datasources/{source['id']}", {"name": ""}),
        (f"/api/datasources/{source['id']}", {"name": "new", "content": ""}),
        (f"/api/datasources/{source['id']}", {"name": "new", "content": "  "}),
        (f"/api/datasources/{source['id']}", {"name": "new", "source_path": "/"}),
        (f"/api/datasources/{source['id']}", {"chunker": {"overlap": -1}}),
    ]
    for path, body in refused:
        for method in ("PATCH", "PUT"):
            await api.error(await api.http.request(method, path, json=body), 422)
    assert await api.got(f"/api/agents/{agent['id']}") == agent
    assert await api.got(f"/api/datasources/{source['id']}") == source


async def test_searches_have_limits(api: Api) -> None:
    source = await api.text_source("Some text.")
    path = f"/api/datasources/{source['id']}/search"
    for top_k in (0, -1, 101, 1.5, "5", None, True):
        await api.error(await api.http.post(path, json={"query": "text", "top_k": top_k}), 422)
    for query in ("", " ", "x" * 2001, 1, None):
        await api.error(await api.http.post(path, json={"query": query}), 422)
    await api.error(await api.http.post(path, json={"query": "text", "retriever": "vector"}), 422)
    for top_k in (1, 100):
        found = await api.http.post(path, json={"query": "text", "top_k": top_k})
        assert len(found.json()["items"]) == 1
    for query in ("?!", "\U0001f680", "\u0301", "a" * 2000, '" OR 1=1 --', "NEAR(x y)"):
        assert (await api.http.post(path, json={"query": query})).status_code == 200


async def test_a_page_that_cannot_be_is_refused(api: Api) -> None:
    for noun in ("agents", "providers", "datasources", "conversations", "runs", "auth/api-keys"):
        for query in _NO_PAGES:
            response = await api.http.get(f"/api/{noun}?{query}")
            assert response.status_code == 422, (noun, query)


async def test_other_methods_and_other_kinds_of_content_are_refused(
    api: Api, client: httpx2.AsyncClient
) -> None:
    wrong = [("DELETE", "/api/agents"), ("PUT", "/api/chat"), ("GET", "/api/chat"), ("POST", "/api/runs")]
    for method, path in [*wrong, ("PATCH", "/health"), ("TRACE", "/api/agents"), ("OPTIONS", "/api/meta")]:
        refused = await client.request(method, path)
        assert (await api.error(refused, 405))["code"] == "method_not_allowed"
        assert refused.headers["allow"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"):
        refused = await client.post("/api/agents", content=b'{"name": "x"}', headers={"Content-Type": kind})
        assert (await api.error(refused, 415))["code"] == "unsupported_media_type"
    for kind in ("application/json; charset=utf-8", "application/vnd.api+json"):
        taken = await client.post("/api/agents", content=b'{"name": "x"}', headers={"Content-Type": kind})
        assert taken.status_code == 201
    for path in ("/api/nothing", "/api/agents/", "/api//agents", "/API/agents", "/etc/passwd"):
        assert (await client.get(path)).status_code == 404, path


async def test_unusual_but_valid_text_is_kept_as_it_is(api: Api, platform: Platform) -> None:
    name = "\u202e\U0001f469\u200d\U0001f4bb e\u0301 <script>'\"\\ \u2028 \x7f"
    agent = await api.agent(name=name, system_prompt="{name} {{ x }} %s {0}")
    assert (await api.got(f"/api/agents/{agent['id']}"))["name"] == name
    reply = await api.say(agent["id"], name)
    assert (await api.messages(reply["conversation_id"]))[0]["content"] == name
    assert (await platform.agents.get(platform.operator, agent["id"])).name == name
