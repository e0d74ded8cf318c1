"""The interface over HTTP: from a bundle of three files, as the web build writes them."""

import gzip
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from liteagent.app.http.web import WebInterface

PAGE = b"<!DOCTYPE html><title>Home</title>" + b"x" * 500
SCRIPT = b"console.log(1)"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    files = {
        "index.html": PAGE,
        "agents.html": b"agents",
        "404.html": b"missing",
        "_next/static/chunks/a.js": SCRIPT,
    }
    for name, body in files.items():
        path = tmp_path / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(body))
        path.with_suffix(".br").write_bytes(b"br:" + body)  # no decoder is asked: only who gets it
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    return tmp_path


def _client(folder: Path) -> httpx2.AsyncClient:
    async def own(request: Request) -> JSONResponse:
        return JSONResponse({"path": request.url.path})

    app = Starlette(
        routes=[Route("/api/{rest:path}", own), Route("/health", own)],
        middleware=[Middleware(WebInterface, folder=folder)],
    )
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test")


@pytest.mark.parametrize(("path", "body"), [("/", PAGE), ("/agents", b"agents"), ("/agents.html", b"agents")])
async def test_a_page_is_found_by_its_name(bundle: Path, path: str, body: bytes) -> None:
    async with _client(bundle) as client:
        found = await client.get(path, headers={"accept-encoding": "gzip"})
    assert found.status_code == 200
    assert found.content == body
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.headers["cache-control"] == "no-cache"


async def test_scripts_are_kept_for_ever_and_pages_are_asked_for_again(bundle: Path) -> None:
    async with _client(bundle) as client:
        script = await client.get("/_next/static/chunks/a.js", headers={"accept-encoding": "gzip"})
        page = await client.get("/", headers={"accept-encoding": "gzip"})
        again = await client.get("/", headers={"if-none-match": page.headers["etag"]})
    assert script.content == SCRIPT
    assert "immutable" in script.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")


async def test_the_best_encoding_that_the_client_takes_is_sent_as_it_lies_there(bundle: Path) -> None:
    async with _client(bundle) as client:
        sent: dict[str, tuple[str | None, bytes]] = {}
        for accepted in ("gzip, deflate, br", "gzip", "identity"):
            async with client.stream("GET", "/", headers={"accept-encoding": accepted}) as answer:
                raw = b"".join([piece async for piece in answer.aiter_raw()])
                sent[accepted] = (answer.headers.get("content-encoding"), raw)
    assert sent["gzip, deflate, br"] == ("br", b"br:" + PAGE)
    assert sent["gzip"][0] == "gzip"
    assert gzip.decompress(sent["gzip"][1]) == PAGE
    assert sent["identity"] == (None, PAGE)


async def test_what_no_page_is_called_is_told_to_browsers_with_a_page(bundle: Path) -> None:
    browser = {"accept-encoding": "gzip", "accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with _client(bundle) as client:
        for path in ("/nowhere", "/..%2f..%2fetc/passwd", "/_next/../../../etc/passwd", "/agents.html.gz"):
            missing = await client.get(path, headers=browser)
            assert (missing.status_code, missing.content) == (404, b"missing"), path
            assert (await client.get(path)).text == "Not Found", path


async def test_the_servers_own_paths_are_never_the_interfaces(bundle: Path) -> None:
    async with _client(bundle) as client:
        assert (await client.get("/api/anything")).json() == {"path": "/api/anything"}
        assert (await client.get("/health")).json() == {"path": "/health"}
        assert (await client.get("/v1/nothing")).text == "Not Found"
        assert (await client.post("/agents")).status_code == 404


async def test_no_script_may_stand_in_a_page_or_come_from_elsewhere(bundle: Path) -> None:
    async with _client(bundle) as client:
        policy = (await client.get("/")).headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["script-src"] == "'self'"
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert rules["frame-ancestors"] == "'none'"


async def test_without_a_bundle_the_server_answers_for_itself(tmp_path: Path) -> None:
    async with _client(tmp_path / "nothing") as client:
        assert (await client.get("/", headers={"accept": "text/html"})).text == "Not Found"
        assert (await client.get("/health")).json() == {"path": "/health"}
