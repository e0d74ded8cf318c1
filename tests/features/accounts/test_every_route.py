"""What holds for every route of the whole product, read from its own OpenAPI document."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from liteagent.app.serving import web_app
from liteagent.app.settings import load_settings
from liteagent.app.wiring import open_platform
from liteagent.infra.http.route import ApiRoute
from liteagent.infra.security.passwords import Passwords
from liteagent.infra.system import new_id

PUBLIC = ("/health", "/hooks", "/api/auth/setup", "/api/auth/login", "/api/auth/refresh")
METHODS = ("get", "post", "put", "patch", "delete")
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[FastAPI]:
    """The whole product on an empty data folder."""
    passwords = Passwords(rounds=1, memory_kib=64, lanes=1)
    async with open_platform(load_settings(tmp_path, env_file=None), passwords=passwords) as platform:
        yield web_app(platform)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that has not signed in."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def owner(client: httpx2.AsyncClient) -> dict[str, str]:
    """The header of the first user."""
    body = {"email": "me@example.org", "password": "correct horse"}
    pair = (await client.post("/api/auth/setup", json=body)).json()
    return {"Authorization": f"Bearer {pair['access_token']}"}


def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    paths: dict[str, dict[str, Any]] = app.openapi()["paths"]
    return [
        (method, path, item[method]) for path, item in paths.items() for method in METHODS if method in item
    ]


def known_only(app: FastAPI) -> list[tuple[str, str]]:
    return [
        (method, path)
        for method, path, _ in operations(app)
        if path != "/api/meta" and not path.startswith(PUBLIC)
    ]


def filled(path: str, value: str) -> str:
    return re.sub(r"\{[^}]+\}", value, path)


async def test_every_http_route_is_one_of_ours_and_has_a_name_of_its_own(app: FastAPI) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    assert all(isinstance(route, ApiRoute) for route in routes if isinstance(route, APIRoute))
    names = [operation["operationId"] for _, _, operation in operations(app)]
    assert len(names) == len(set(names)) >= 30


async def test_the_public_routes_are_these_and_no_others(app: FastAPI) -> None:
    public = {path for _, path, operation in operations(app) if operation["security"] == []}
    assert public == {
        "/health",
        "/health/live",
        "/health/ready",
        "/api/meta",
        "/api/auth/setup",
        "/api/auth/login",
        "/api/auth/refresh",
        "/hooks/{token}",
    }


async def test_without_credentials_every_other_route_says_so_first(
    app: FastAPI, client: httpx2.AsyncClient
) -> None:
    hostile: list[dict[str, Any]] = [
        {},
        {"content": b"{bad", "headers": JSON},
        {"content": b'{"a": NaN}', "headers": JSON},
        {"content": b"x" * (10 * 1024 * 1024 + 1), "headers": JSON},
        {"content": b"x", "headers": {"Content-Type": "text/plain"}},
        {"params": {"limit": "x", "cursor": "\x00"}},
        {"headers": {"Idempotency-Key": "", "Authorization": "Bearer la_nonsense"}},
    ]
    for method, path in known_only(app):
        for arguments in hostile:
            response = await client.request(method.upper(), filled(path, "1"), **arguments)
            assert response.status_code == 401, (method, path, arguments.keys())
            error = response.json()["error"]
            if path.startswith("/v1/"):
                assert (error["code"], error["type"]) == ("invalid_api_key", "invalid_request_error")
            else:
                assert error["request_id"] == response.headers["x-request-id"]


async def test_ids_that_lead_nowhere_are_not_found(
    app: FastAPI, client: httpx2.AsyncClient, owner: dict[str, str]
) -> None:
    for method, path in known_only(app):
        if "{" not in path:
            continue
        for value in (new_id(), "1", "not-a-uuid", "%F0%9F%98%80", "x" * 300):
            response = await client.request(method.upper(), filled(path, value), headers=owner)
            # A route that wants a body misses it before it looks for the thing.
            assert response.status_code in ({404, 422} if method != "get" else {404}), (method, path, value)
            assert response.json()["error"]["code"] != "internal_error"


async def test_no_input_is_a_failure_of_ours(
    app: FastAPI, client: httpx2.AsyncClient, owner: dict[str, str]
) -> None:
    bodies = [
        b"",
        b"{bad",
        b'{"a": NaN}',
        b'{"a": "\\ud800"}',
        b'"\\u0000"',
        b"[]",
        b"null",
        b"1e999",
        b"[" * 10_000,
    ]
    bodies += [b'{"unknown": 1}', b'{"name": 1}', b'{"name": 9223372036854775808}']
    queries = ["", "?limit=0", "?limit=1e9", "?limit=99999999999999999999", "?cursor=%00", "?cursor=x"]
    queries += ["?cursor=99999999999999999999999", "?status=x", "?kind=%ED%A0%80"]
    for method, path in known_only(app):
        if path == "/api/auth/logout":
            continue
        url = filled(path, new_id())
        for body in bodies if method != "get" else []:
            response = await client.request(method.upper(), url, content=body, headers={**owner, **JSON})
            assert response.status_code < 500, (method, path, body[:20], response.text)
        for query in queries if method == "get" else []:
            response = await client.request(method.upper(), url + query, headers=owner)
            assert response.status_code < 500, (method, path, query, response.text)
