"""Every failure in one shape, and nothing in it that should not be."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import structlog
from fastapi import APIRouter
from pydantic import SecretStr

from liteagent.app.http.meta import Meta
from liteagent.app.http.server import create_app
from liteagent.contracts.errors import (
    ConflictError,
    LiteAgentError,
    NotFoundError,
    ProviderRateLimitedError,
)
from liteagent.infra.http.route import ApiRoute, PublicRoute
from liteagent.infra.http.schemas import Body

Serve = Callable[..., httpx2.AsyncClient]


def tree(root: type[LiteAgentError]) -> Iterator[type[LiteAgentError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


class Nobody:
    async def authenticate(self, authorization: str | None) -> Any:
        raise AssertionError(authorization)


def failing(error: Exception) -> APIRouter:
    router = APIRouter(prefix="/api/fail", route_class=ApiRoute)

    @router.get("")
    async def fail() -> None:
        raise error

    return router


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.mark.parametrize("cls", list(dict.fromkeys(tree(LiteAgentError))))
async def test_every_error_of_the_tree_has_its_status_and_the_shape(
    serve: Serve, cls: type[LiteAgentError]
) -> None:
    response = await serve(failing(cls("Do this next.", details={"at": "x"}))).get("/api/fail")
    assert response.status_code == cls.status
    assert response.json() == {
        "error": {
            "code": cls.code,
            "message": "Do this next.",
            "details": {"at": "x"},
            "request_id": response.headers["x-request-id"],
        }
    }
    assert 400 <= cls.status < 600
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", cls.code)


async def test_an_error_may_have_a_code_of_its_own(serve: Serve) -> None:
    response = await serve(failing(NotFoundError("None.", code="agent_not_found"))).get("/api/fail")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "agent_not_found")


async def test_details_that_are_no_json_do_not_break_the_answer(serve: Serve) -> None:
    error = ConflictError("Taken.", details={"when": object(), "what": {1, 2}})
    response = await serve(failing(error)).get("/api/fail")
    assert response.status_code == 409


async def test_a_provider_that_is_busy_says_when_to_come_back(serve: Serve) -> None:
    response = await serve(failing(ProviderRateLimitedError("Busy.", retry_after=2.4))).get("/api/fail")
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")


async def test_the_unexpected_is_logged_and_not_told(serve: Serve, log: list[Any]) -> None:
    response = await serve(failing(RuntimeError("secret of the house"))).get("/api/fail")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (500, "internal_error")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert error["request_id"] == response.headers["x-request-id"]
    assert response.headers["x-content-type-options"] == "nosniff"
    (entry,) = [each for each in log if each["event"] == "request_failed"]
    assert str(entry["exc_info"]) == "secret of the house"


async def test_an_answer_that_does_not_fit_its_model_is_a_500_without_the_value(
    serve: Serve, log: list[Any]
) -> None:
    router = APIRouter(prefix="/api/fail", route_class=ApiRoute)

    @router.get("", response_model=int)
    async def fail() -> str:
        return "not-a-number"

    response = await serve(router).get("/api/fail")
    assert response.status_code == 500
    assert "not-a-number" not in response.text
    assert any(entry["event"] == "request_failed" for entry in log)


class Credentials(Body):
    name: str
    api_key: SecretStr
    size: int = 0


async def test_a_refused_value_is_neither_told_nor_logged(serve: Serve, log: list[Any]) -> None:
    router = APIRouter(prefix="/api/fail", route_class=ApiRoute)

    @router.post("")
    async def take(body: Credentials) -> None: ...

    client = serve(router)
    for body in (
        {"name": 1, "api_key": "sk-hunter2"},
        {"name": "x", "api_key": ["sk-hunter2"]},
        {"name": "x", "api_key": {"sk": "sk-hunter2"}},
        {"name": "x", "api_key": "sk-hunter2", "size": "sk-hunter2"},
        "sk-hunter2",
        ["sk-hunter2"],
    ):
        response = await client.post("/api/fail", json=body)
        assert response.status_code == 422
        assert "hunter2" not in response.text
    assert "hunter2" not in repr(log)


async def test_a_validation_failure_says_where_and_is_bounded(serve: Serve) -> None:
    router = APIRouter(prefix="/api/fail", route_class=ApiRoute)

    @router.post("")
    async def take(body: Credentials) -> None: ...

    response = await serve(router).post("/api/fail", json={f"x{n}" * 200: n for n in range(100)})
    problems = response.json()["error"]["details"]["errors"]
    assert problems[0] == {"at": "body.name", "type": "missing", "message": "Field required"}
    assert len(problems) == 20
    assert all(len(each["at"]) <= 100 for each in problems)
    assert len(response.content) < 10_000


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("POST", "/api/nothing", 404, "not_found"),
        ("GET", "/api/fail/", 404, "not_found"),
        ("GET", "/api/../etc/passwd", 404, "not_found"),
        ("DELETE", "/api/fail", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
        ("PROPFIND", "/health", 405, "method_not_allowed"),
    ],
)
async def test_no_such_place_and_no_such_method(
    serve: Serve, method: str, path: str, status: int, code: str
) -> None:
    response = await serve(failing(RuntimeError())).request(method, path)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert error["request_id"] == response.headers["x-request-id"]
    assert error["details"] == {}
    if status == 405:
        assert "GET" in response.headers["allow"]


async def test_a_client_that_leaves_while_sending_is_no_failure(log: list[Any]) -> None:
    router = APIRouter(prefix="/api/fail", route_class=PublicRoute)

    @router.post("")
    async def take(body: Credentials) -> None: ...

    services: dict[type[Any], Any] = {}
    app = create_app(services=services, authenticator=Nobody(), routers=[router], meta_facts=Meta("1"))
    messages: list[Any] = [
        {"type": "http.request", "body": b'{"name"', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "POST",
        "path": "/api/fail",
        "query_string": b"",
        "headers": [],
    }
    await app(scope, receive, send)
    assert sent == []
    assert [entry["event"] for entry in log] == ["request"]
