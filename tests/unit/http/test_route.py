"""The order of the checks: who asks, the URL, the size, the body."""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, File, Query, UploadFile
from pydantic import Field

from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId
from liteagent.infra.http.route import ApiRoute, PublicRoute
from liteagent.infra.http.schemas import Body, Identifier, Name, Text

MB = 1024 * 1024
Serve = Callable[..., httpx2.AsyncClient]

router = APIRouter(prefix="/api/things", route_class=ApiRoute)
public = APIRouter(prefix="/api/open", route_class=PublicRoute)
seen: list[str] = []


class Inner(Body):
    count: int
    ratio: float = 0.5


class ThingBody(Body):
    name: Name
    text: Text = "something"
    inner: Inner | None = None
    ids: list[Identifier] = Field(default_factory=list[str])
    flag: bool = False


@router.post("", status_code=201)
async def create(principal: CurrentPrincipal, token: Idempotency, body: ThingBody) -> dict[str, Any]:
    seen.append(body.name)
    return {"by": principal.name, "name": body.name, "hash": token.body_hash if token else None}


@router.get("")
async def list_things(paging: Paging, q: Annotated[str, Query()] = "") -> dict[str, Any]:
    return {"limit": paging.limit, "cursor": paging.cursor, "q": q}


@router.get("/{thing_id}")
async def get(thing_id: ResourceId) -> dict[str, str]:
    return {"id": thing_id}


@router.post("/upload")
async def upload(files: Annotated[list[UploadFile], File()], token: Idempotency) -> dict[str, Any]:
    contents = [(await each.read()).decode() for each in files]
    return {"files": contents, "hash": token.body_hash if token else None}


@router.post("/{thing_id}/start")
async def start(thing_id: ResourceId) -> dict[str, str]:
    return {"started": thing_id}


@public.post("")
async def anybody(body: ThingBody) -> dict[str, str]:
    return {"name": body.name}


@pytest.fixture
def client(serve: Serve) -> httpx2.AsyncClient:
    seen.clear()
    return serve(router, public)


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


JSON = {"Content-Type": "application/json"}
HOSTILE_BODIES: list[dict[str, Any]] = [
    {"json": {"name": "x"}},
    {"json": {"unknown": 1}},
    {"content": b"{bad", "headers": JSON},
    {"content": b'{"name": NaN}', "headers": JSON},
    {"content": b'"\\ud800"', "headers": JSON},
    {"content": b"x" * (11 * MB), "headers": JSON},
    {"content": b"x", "headers": {"Content-Type": "text/plain"}},
    {"content": b"", "headers": {"Content-Length": "99999999999"}},
    {"files": {"files": ("a.txt", b"x")}},
]


@pytest.mark.parametrize("body", HOSTILE_BODIES)
@pytest.mark.parametrize("path", ["/api/things", "/api/things/upload", "/api/things/1/start?x=%00"])
async def test_credentials_come_before_everything(serve: Serve, path: str, body: dict[str, Any]) -> None:
    anonymous = serve(router, signed_in=False)
    for headers in ({}, {"Authorization": "Bearer bad"}, {"Authorization": "Basic Z29vZDpnb29k"}):
        arguments: dict[str, Any] = {**body, "headers": {**body.get("headers", {}), **headers}}
        response = await anonymous.post(path, **arguments)
        assert code(response) == (401, "not_authenticated")
        assert response.headers["www-authenticate"] == "Bearer"


async def test_nothing_of_the_body_is_read_without_credentials(serve: Serve) -> None:
    pieces: list[int] = []

    async def endless() -> AsyncIterator[bytes]:
        while len(pieces) < 50:
            pieces.append(1)
            yield b"x" * MB

    response = await serve(router, signed_in=False).post("/api/things", content=endless())
    assert response.status_code == 401
    assert not pieces


async def test_a_public_route_needs_no_credentials_but_is_as_strict(serve: Serve) -> None:
    anonymous = serve(public, signed_in=False)
    assert (await anonymous.post("/api/open", json={"name": "x"})).json() == {"name": "x"}
    assert code(await anonymous.post("/api/open", content=b"[NaN]")) == (422, "invalid_json")
    assert code(await anonymous.post("/api/open", content=b"x" * (11 * MB))) == (413, "payload_too_large")


@pytest.mark.parametrize(
    "body",
    [
        {"name": 1},
        {"name": None},
        {"name": True},
        {"name": ["x"]},
        {"name": ""},
        {"name": " \n\t"},
        {"name": "x" * 201},
        {"name": "x", "more": 1},
        {"name": "x", "workspace_id": "other"},
        {"name": "x", "inner": {"count": "1"}},
        {"name": "x", "inner": {"count": 1.0}},
        {"name": "x", "inner": {"count": True}},
        {"name": "x", "inner": {"count": 1, "deeper": 1}},
        {"name": "x", "inner": []},
        {"name": "x", "ids": "x"},
        {"name": "x", "ids": [1]},
        {"name": "x", "flag": "yes"},
        {"name": "x", "flag": 1},
        {"name": "x", "text": "  "},
        [],
        "x",
        1,
        None,
        {},
    ],
)
async def test_wrong_types_and_unknown_fields_are_refused(client: httpx2.AsyncClient, body: object) -> None:
    assert code(await client.post("/api/things", json=body)) == (422, "invalid_request")
    assert not seen


async def test_a_body_that_is_missing_is_refused(client: httpx2.AsyncClient) -> None:
    assert code(await client.post("/api/things")) == (422, "invalid_request")


async def test_a_good_body_is_read(client: httpx2.AsyncClient) -> None:
    body = {"name": "x", "inner": {"count": 1, "ratio": 2}, "ids": ["a"], "flag": True}
    for kind in ("application/json", "application/json; charset=utf-8", "application/merge-patch+json"):
        response = await client.post("/api/things", content=_dump(body), headers={"Content-Type": kind})
        assert response.status_code == 201
    assert seen == ["x"] * 3


@pytest.mark.parametrize(
    "raw", [b'{"name": NaN}', b'{"name": 1e999}', b'{"name": "\\ud800"}', b'{"name": "\\u0000"}']
)
async def test_what_cannot_be_kept_is_refused(client: httpx2.AsyncClient, raw: bytes) -> None:
    assert code(await client.post("/api/things", content=raw, headers=JSON)) == (422, "invalid_json")
    assert code(await client.post("/api/things", content=raw)) == (422, "invalid_json")


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "text/plain; x=application/json",
        "multipart/form-data",
        "application/xml",
        "json",
        "a/b/c",
    ],
)
async def test_a_body_that_says_it_is_something_else_is_refused(
    client: httpx2.AsyncClient, kind: str
) -> None:
    response = await client.post("/api/things", content=b'{"name": "x"}', headers={"Content-Type": kind})
    assert code(response) == (415, "unsupported_media_type")


async def test_the_limit_counts_bytes_whether_declared_or_not(client: httpx2.AsyncClient) -> None:
    def pieces(total: int) -> AsyncIterator[bytes]:
        async def send() -> AsyncIterator[bytes]:
            yield b'{"name": "x"'
            for _ in range(total // MB):
                yield b" " * MB
            yield b"}"

        return send()

    assert (await client.post("/api/things", content=pieces(9 * MB), headers=JSON)).status_code == 201
    too_large = await client.post("/api/things", content=pieces(10 * MB), headers=JSON)
    assert code(too_large) == (413, "payload_too_large")
    declared = await client.post("/api/things", content=b" " * (10 * MB + 1), headers=JSON)
    assert code(declared) == (413, "payload_too_large")
    assert declared.json()["error"]["details"]["limit_bytes"] == 10 * MB
    exactly = b'{"name": "x"}' + b" " * (10 * MB - 13)
    assert (await client.post("/api/things", content=exactly, headers=JSON)).status_code == 201


async def test_a_route_without_a_body_refuses_a_large_one_too(client: httpx2.AsyncClient) -> None:
    response = await client.post("/api/things/1/start", content=b"x" * (10 * MB + 1))
    assert code(response) == (413, "payload_too_large")


async def test_a_form_is_limited_too(client: httpx2.AsyncClient) -> None:
    response = await client.post("/api/things/upload", files={"files": ("a.txt", b"x" * (11 * MB))})
    assert code(response) == (413, "payload_too_large")

    async def chunked() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(12):
            yield b"x" * MB
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    response = await client.post("/api/things/upload", content=chunked(), headers=headers)
    assert code(response) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"not a form", "multipart/form-data; boundary=b"),
        (b"not a form", "multipart/form-data"),
        (b'{"files": []}', "application/json"),
        (b"files=x", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="files"\r\n\r\ntext\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="files"; filename="a\x00b"\r\n\r\nx\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\na\x00\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
async def test_what_is_no_upload_is_refused(client: httpx2.AsyncClient, content: bytes, kind: str) -> None:
    response = await client.post("/api/things/upload", content=content, headers={"Content-Type": kind})
    assert code(response) == (422, "invalid_request")


async def test_files_arrive_whole(client: httpx2.AsyncClient) -> None:
    files = [("files", ("a.txt", b"one")), ("files", ("b.txt", b"two" * MB))]
    response = await client.post("/api/things/upload", files=files)
    assert response.json()["files"] == ["one", "two" * MB]


@pytest.mark.parametrize(
    "url",
    [
        "/api/things/a%00b",
        "/api/things?q=%00",
        "/api/things?q=a%00b",
        "/api/things?q=%ED%A0%80",
        "/api/things?q=%FF",
        "/api/things?%00=1",
        "/api/things/%FF",
    ],
)
async def test_a_url_that_cannot_be_kept_is_refused(client: httpx2.AsyncClient, url: str) -> None:
    assert code(await client.get(url)) == (422, "invalid_request")


async def test_ids_are_text_that_services_look_up(client: httpx2.AsyncClient) -> None:
    for text in ("1", "not-a-uuid", "%F0%9F%98%80", "a" * 500, "..%00"[:2]):
        assert (await client.get(f"/api/things/{text}x")).status_code == 200


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1e999", "limit=" + "9" * 5000]
)
async def test_pages_have_bounds(client: httpx2.AsyncClient, query: str) -> None:
    assert code(await client.get(f"/api/things?{query}")) == (422, "invalid_request")


async def test_pages_have_defaults(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/api/things")).json() == {"limit": 50, "cursor": None, "q": ""}
    assert (await client.get("/api/things?limit=200&cursor=c")).json() == {
        "limit": 200,
        "cursor": "c",
        "q": "",
    }


@pytest.mark.parametrize(
    ("scope", "read", "write"),
    [
        ("things:read", 200, 403),
        ("things:write", 200, 201),
        ("*:read", 200, 403),
        ("*:write", 200, 201),
        ("other:write", 403, 403),
        ("thing:write", 403, 403),
        ("auth:write", 403, 403),
    ],
)
async def test_a_limited_key_does_what_its_scopes_say(
    serve: Serve, scope: str, read: int, write: int
) -> None:
    client = serve(router, signed_in=False)
    headers = {"Authorization": f"Bearer limited:{scope}"}
    assert (await client.get("/api/things", headers=headers)).status_code == read
    assert (await client.head("/api/things", headers=headers)).status_code == read
    response = await client.post("/api/things", headers=headers, json={"name": "x"})
    assert response.status_code == write
    if write == 403:
        assert code(response) == (403, "scope_missing")


async def test_all_areas_do_not_include_accounts(serve: Serve) -> None:
    accounts = APIRouter(prefix="/api/auth", route_class=ApiRoute)

    @accounts.post("/api-keys")
    async def make() -> None: ...

    client = serve(accounts, signed_in=False)
    for scope, status in (("*:write", 403), ("auth:read", 403), ("auth:write", 200)):
        response = await client.post(
            "/api/auth/api-keys", headers={"Authorization": f"Bearer limited:{scope}"}
        )
        assert response.status_code == status


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "a\tb", "é".encode()])
async def test_an_idempotency_key_is_visible_ascii(client: httpx2.AsyncClient, key: str | bytes) -> None:
    response = await client.post(
        "/api/things", json={"name": "x"}, headers=[(b"Idempotency-Key", _bytes(key))]
    )
    assert code(response) == (422, "invalid_header")


async def test_the_hash_of_a_body_depends_on_what_it_says(client: httpx2.AsyncClient) -> None:
    async def hash_of(raw: bytes) -> str:
        response = await client.post("/api/things", content=raw, headers={**JSON, "Idempotency-Key": "k"})
        return str(response.json()["hash"])

    first = await hash_of(b'{"name": "x", "flag": true}')
    assert first == await hash_of(b'{ "flag":true,"name":"x" }')
    assert first != await hash_of(b'{"name": "x", "flag": false}')
    assert first == hashlib.sha256(b'{"flag":true,"name":"x"}').hexdigest()


async def test_the_hash_of_a_form_depends_on_its_files(client: httpx2.AsyncClient) -> None:
    async def hash_of(name: str, data: bytes) -> str:
        files = {"files": (name, data)}
        response = await client.post("/api/things/upload", files=files, headers={"Idempotency-Key": "k"})
        assert response.json()["files"] == [data.decode()]
        return str(response.json()["hash"])

    first = await hash_of("a.txt", b"one")
    assert first == await hash_of("a.txt", b"one")
    assert len({first, await hash_of("b.txt", b"one"), await hash_of("a.txt", b"two")}) == 3


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _dump(value: object) -> bytes:
    import orjson

    return orjson.dumps(value)
