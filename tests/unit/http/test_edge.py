"""Request ids, headers for browsers, HEAD, CORS, health, and what the application tells about itself."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx2
import pytest
import structlog
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.responses import Response, StreamingResponse

from liteagent.app.http.meta import Meta
from liteagent.app.http.server import create_app
from liteagent.infra.http.dependencies import provide
from liteagent.infra.http.route import ApiRoute, PublicRoute

Serve = Callable[..., httpx2.AsyncClient]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


async def test_a_request_gets_an_id(serve: Serve) -> None:
    client = serve()
    first, second = await client.get("/health/live"), await client.get("/health/live")
    assert re.fullmatch(UUID, first.headers["x-request-id"])
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_a_good_id_is_taken_over_and_a_bad_one_replaced(serve: Serve) -> None:
    client = serve()
    response = await client.get("/health/live", headers={"X-Request-Id": "trace-1.2_3"})
    assert response.headers["x-request-id"] == "trace-1.2_3"
    for bad in ("", "a b", "x" * 129, "a\tb", "<script>"):
        response = await client.get("/health/live", headers={"X-Request-Id": bad})
        assert re.fullmatch(UUID, response.headers["x-request-id"])


async def test_a_request_is_one_line_in_the_log_without_its_query(serve: Serve) -> None:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as log:
        response = await serve().get("/health/live?q=private")
    (entry,) = [each for each in log if each["event"] == "request"]
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/health/live", 200)
    assert entry["request_id"] == response.headers["x-request-id"]
    assert "private" not in repr(log)


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/nothing", "/", "/api/meta/tools"])
async def test_every_answer_tells_browsers_what_not_to_do(serve: Serve, path: str) -> None:
    response = await serve(signed_in=False).get(path)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_answers_of_the_api_are_not_kept(serve: Serve) -> None:
    assert (await serve().get("/api/meta")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/api/meta", "/", "/nothing"])
async def test_head_is_get_without_a_body(serve: Serve, path: str) -> None:
    client = serve()
    got, head = await client.get(path), await client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_head_of_a_stream_ends(serve: Serve) -> None:
    router = APIRouter(prefix="/api/endless", route_class=ApiRoute)

    @router.get("")
    async def endless() -> Response:
        async def forever() -> AsyncIterator[bytes]:
            while True:
                yield b"x"

        return StreamingResponse(forever())

    assert (await serve(router).head("/api/endless")).content == b""


async def test_other_origins_may_not_call_unless_they_are_named(serve: Serve) -> None:
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    closed = await serve().options("/api/meta", headers=asks)
    assert "access-control-allow-origin" not in closed.headers
    client = serve(cors_origins=["https://app.example"])
    opened = await client.options("/api/meta", headers=asks)
    assert opened.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in opened.headers
    evil = await client.options("/api/meta", headers={**asks, "Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in evil.headers
    answer = await client.get("/api/meta", headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "https://app.example"


async def _well() -> None:
    return None


async def _broken() -> None:
    raise RuntimeError("disk of the house")


async def test_health_says_which_part_fails_and_not_why(serve: Serve) -> None:
    client = serve(checks={"database": _well, "journal": _broken}, signed_in=False)
    for path in ("/health", "/health/ready"):
        response = await client.get(path)
        assert response.status_code == 503
        assert response.json() == {
            "status": "unavailable",
            "checks": {"database": "ok", "journal": "failed"},
        }
    live = await client.get("/health/live")
    assert (live.status_code, live.json()["status"]) == (200, "ok")


async def test_health_is_good_when_all_parts_are(serve: Serve) -> None:
    response = await serve(checks={"database": _well}, signed_in=False).get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "checks": {"database": "ok"}})


async def test_meta_tells_what_it_is_to_anybody_and_the_rest_to_the_signed_in(serve: Serve) -> None:
    async def nobody() -> bool:
        return False

    anonymous = serve(meta_facts=Meta("1.2.3", {"mode": "embedded"}, has_users=nobody), signed_in=False)
    assert (await anonymous.get("/api/meta")).json() == {
        "name": "LiteAgent",
        "version": "1.2.3",
        "edition": {"mode": "embedded"},
        "setup_needed": True,
    }
    assert (await anonymous.get("/api/meta/provider-types")).status_code == 401
    assert (await anonymous.get("/api/meta/tools")).status_code == 401
    client = serve()
    assert (await client.get("/api/meta")).json()["setup_needed"] is False
    (part,) = (await client.get("/api/meta/provider-types")).json()["items"]
    assert part == {"name": "builtin", "description": "", "config_schema": {"type": "object"}}
    assert (await client.get("/api/meta/tools")).json() == {"items": []}


class Greeter:
    def greet(self) -> str:
        return "hello"


async def test_routes_find_their_services(serve: Serve) -> None:
    router = APIRouter(prefix="/api/greet", route_class=ApiRoute)

    @router.get("")
    async def greet(service: Any = Depends(provide(Greeter))) -> str:  # noqa: B008
        return service.greet()

    services: dict[type[Any], Any] = {}
    client = serve(router, services=services)
    services[Greeter] = Greeter()
    assert (await client.get("/api/greet")).json() == "hello"


@pytest.fixture
def app() -> FastAPI:
    router = APIRouter(prefix="/api/things", tags=["things"], route_class=ApiRoute)

    @router.post("/{thing_id}")
    async def change(thing_id: str, body: dict[str, int]) -> dict[str, int]:
        """Change a `thing` <now>."""
        return body

    return create_app(services={}, authenticator=_Nobody(), routers=[router], meta_facts=Meta("1.2.3"))


class _Nobody:
    async def authenticate(self, authorization: str | None) -> Any:
        raise AssertionError


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for operation in item.values():
            yield path, operation


def test_every_route_is_one_of_ours(app: FastAPI) -> None:
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    assert len(routes) >= 10
    assert all(isinstance(route, ApiRoute) for route in routes)


def test_the_document_describes_failures_and_credentials(app: FastAPI) -> None:
    document = app.openapi()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    error = document["components"]["schemas"]["ErrorResponse"]["properties"]["error"]
    assert error["required"] == ["code", "message", "details", "request_id"]
    change = document["paths"]["/api/things/{thing_id}"]["post"]
    assert change["security"] == [{"bearer": []}]
    assert change["operationId"] == "change"
    assert {"401", "403", "404", "409", "413", "415", "422", "default"} < change["responses"].keys()
    for path, operation in _operations(document):
        public = operation["security"] == []
        assert public == path.startswith(("/health", "/api/meta")) or path.startswith("/api/meta/")
        assert ("401" in operation["responses"]) is not public
        for status, answer in operation["responses"].items():
            if status not in ("200", "503"):
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorResponse"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_the_document_and_the_reference_are_served(app: FastAPI) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/openapi.json")).json() == app.openapi()
        home = await client.get("/")
        assert (home.status_code, home.headers["location"]) == (307, "/docs")
        page = await client.get("/docs")
        style = await client.get("/docs/style.css")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    text = page.text
    for path, _operation in _operations(app.openapi()):
        assert f"<code>{path}</code>" in text
    assert "Change a <code>thing</code> &lt;now&gt;." in text
    assert "://" not in text.replace("http://www.w3.org", "")
    assert "<script" not in text
    assert "style=" not in text
    assert re.findall(r'href="#schema-([^"]+)"', text)
    for anchor in re.findall(r'href="#([^"]+)"', text):
        assert f'id="{anchor}"' in text


def test_a_public_route_has_to_say_so() -> None:
    assert not ApiRoute.public
    assert PublicRoute.public
