"""OpenAPI documents as tools: what is made of them, what is sent, and what a hostile one cannot do."""

import json
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, LiteAgentError, ToolError
from liteagent.contracts.fetch import FetchRefusedError, FetchRequest, FetchResponse
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import Tool, ToolContext, ToolSourceConfig
from liteagent.infra.fetch.client import SafeFetch
from liteagent.providers.tools.openapi.document import MOST_BYTES
from liteagent.providers.tools.openapi.source import create
from liteagent.testing.fetch import ScriptedFetch

_CONTEXT = ToolContext("run", "workspace", "run:7", "call")
_URL = "https://api.example/v1/openapi.json"
_SECRET = {"Authorization": "Bearer sk-0123456789"}


def _document(paths: dict[str, Any], schemas: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"openapi": "3.0.3", "paths": paths, "components": {"schemas": schemas or {}}, **more}


def _json(value: Any, status: int = 200) -> FetchResponse:
    return FetchResponse(status, {"content-type": "application/json"}, json.dumps(value).encode(), _URL)


async def _tools(
    document: dict[str, Any] | str, fetch: ScriptedFetch | None = None, headers: dict[str, str] | None = None
) -> dict[str, Tool]:
    options: dict[str, Any] = {"document": document, "server": "https://api.example/v1"}
    source = create(ToolSourceConfig(None, headers or {}, options), fetch or ScriptedFetch([]))
    return {each.definition.name: each for each in await source.tools()}


async def _sent(
    operation: dict[str, Any], arguments: dict[str, Any], method: str = "get", path: str = "/things"
) -> FetchRequest:
    """What a call of one operation sends."""
    fetch = ScriptedFetch([_json("ok")])
    (tool,) = (await _tools(_document({path: {method: operation}}), fetch, _SECRET)).values()
    assert await tool.run(arguments, _CONTEXT) == "ok"
    return fetch.requests[0]


def _parameter(name: str, where: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": {"type": "string"}, **more}


async def test_methods_say_what_may_be_done_about_a_call() -> None:
    item = {method: {"operationId": method} for method in ("get", "put", "post", "delete", "patch", "head")}
    found = await _tools(_document({"/x": {**item, "trace": {"operationId": "trace"}}}))
    told = {name: (each.definition.effect, each.definition.approval) for name, each in found.items()}
    assert told == {
        "get": (Safety.SAFE, False),
        "head": (Safety.SAFE, False),
        "put": (Safety.IDEMPOTENT, True),
        "delete": (Safety.IDEMPOTENT, True),
        "post": (Safety.UNSAFE, True),
        "patch": (Safety.UNSAFE, True),
    }


async def test_parameters_and_body_are_one_schema_with_references_resolved() -> None:
    body = {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pet"}}},
        "required": True,
    }
    schemas = {
        "Pet": {
            "type": "object",
            "required": ["name", "id"],
            "properties": {
                "id": {"type": "integer", "readOnly": True},
                "name": {"type": "string", "nullable": True, "example": "Rex", "xml": {"name": "n"}},
                "age": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                "owner": {"$ref": "#/components/schemas/Owner"},
            },
        },
        "Owner": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
    }
    shared = {"parameters": [{**_parameter("shop", "path"), "description": "Which shop."}]}
    operation = {"operationId": "add pet!", "summary": "Add.", "requestBody": body}
    tools = await _tools(_document({"/shops/{shop}/pets": {**shared, "post": operation}}, schemas))
    definition = tools["add_pet"].definition
    assert definition.description == "Add.\n(POST /shops/{shop}/pets)"
    assert definition.parameters == {
        "type": "object",
        "properties": {
            "shop": {"type": "string", "description": "Which shop."},
            "name": {"type": ["string", "null"]},
            "age": {"type": "integer", "exclusiveMinimum": 0},
            "owner": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
        },
        "required": ["shop", "name"],
        "additionalProperties": False,
    }


async def test_a_body_that_is_no_plain_object_or_has_a_name_twice_stays_whole() -> None:
    def posting(schema: dict[str, Any]) -> dict[str, Any]:
        return {"requestBody": {"content": {"application/json": {"schema": schema}}}}

    plain = {"type": "object", "properties": {"id": {"type": "string"}}}
    paths = {
        "/a": {"post": posting({"type": "array", "items": {"type": "string"}})},
        "/b/{id}": {"post": {**posting(plain), "parameters": [_parameter("id", "path", required=True)]}},
        "/c": {"post": posting({"oneOf": [plain, {"type": "string"}]})},
    }
    for tool in (await _tools(_document(paths))).values():
        assert "body" in tool.definition.parameters["properties"]  # type: ignore[operator]


async def test_values_stand_where_and_how_the_document_says() -> None:
    parameters = [
        _parameter("id", "path"),
        _parameter("tags"),
        _parameter("ids", explode=False),
        _parameter("filter", style="deepObject"),
        _parameter("raw", schema=None, content={"application/json": {"schema": {}}}),
        _parameter("X-Trace", "header"),
        _parameter("Authorization", "header"),
    ]
    arguments = {
        "id": "a/b ?#%{id}",
        "tags": ["x", "y&z"],
        "ids": [1, 2],
        "filter": {"age": 3},
        "raw": {"k": True},
        "X-Trace": "t1",
    }
    sent = await _sent({"parameters": parameters}, arguments, path="/things/{id}")
    assert sent.url == (
        "https://api.example/v1/things/a%2Fb%20%3F%23%25%7Bid%7D"
        "?tags=x&tags=y%26z&ids=1%2C2&filter%5Bage%5D=3&raw=%7B%22k%22%3Atrue%7D"
    )
    assert {**sent.headers} == {"Accept": "application/json, */*;q=0.5", "X-Trace": "t1", **_SECRET}
    assert (sent.method, sent.body, sent.follow_redirects, sent.idempotency_key) == ("GET", None, True, None)


async def test_what_writes_carries_its_key_and_follows_no_redirect() -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}
    for media_type, body in (
        ("application/json", b'{"name":"Rex","n":2}'),
        ("application/x-www-form-urlencoded", b"name=Rex&n=2"),
        ("application/vnd.pets+json", b'{"name":"Rex","n":2}'),
    ):
        operation = {"requestBody": {"content": {media_type: {"schema": schema}}}}
        sent = await _sent(operation, {"name": "Rex", "n": 2}, "post")
        assert (sent.body, sent.headers["Content-Type"]) == (body, media_type)
        assert (sent.idempotency_key, sent.follow_redirects) == ("run:7", False)


async def test_an_argument_takes_no_credentials_place_and_no_other_path() -> None:
    fetch = ScriptedFetch([_json(1)] * 2)
    named = [_parameter("x-api-key", "header"), _parameter("id", "path")]
    (tool,) = (
        await _tools(_document({"/a/{id}": {"get": {"parameters": named}}}), fetch, {"X-Api-Key": "ours"})
    ).values()
    await tool.run({"id": "1", "x-api-key": "theirs"}, _CONTEXT)
    sent = {name.lower(): value for name, value in fetch.requests[0].headers.items()}
    assert sent["x-api-key"] == "ours"
    for bad in ("", ".", ".."):
        with pytest.raises(ToolError, match="part of the path"):
            await tool.run({"id": bad}, _CONTEXT)
    await tool.run({"id": "@evil.example/"}, _CONTEXT)
    assert fetch.requests[1].url == "https://api.example/v1/a/%40evil.example%2F"


async def test_a_failure_says_what_the_service_said_without_the_secret() -> None:
    fetch = ScriptedFetch([_json({"echo": "Bearer sk-0123456789"}, 403)])
    (tool,) = (await _tools(_document({"/a": {"get": {}}}), fetch, _SECRET)).values()
    with pytest.raises(ToolError, match="status 403") as raised:
        await tool.run({}, _CONTEXT)
    assert raised.value.error_code == "http_status"
    assert "0123456789" not in raised.value.message


async def test_long_and_binary_answers_are_cut_and_named() -> None:
    replies = [
        FetchResponse(200, {"content-type": "text/plain"}, b"x" * 60_000, _URL),
        FetchResponse(200, {"content-type": "image/png"}, b"\x89PNG" * 10, _URL),
        FetchResponse(204, {}, b"", _URL),
        FetchResponse(200, {"content-type": "application/json"}, b"[" * 5000 + b"]" * 5000, _URL),
    ]
    (tool,) = (await _tools(_document({"/a": {"get": {}}}), ScriptedFetch(replies))).values()
    text = str(await tool.run({}, _CONTEXT))
    assert text.endswith("[Cut: the first 50,000 of 60,000 characters. Ask for less at a time.]")
    assert await tool.run({}, _CONTEXT) == "[image/png, 40 bytes]"
    assert await tool.run({}, _CONTEXT) == {"status": 204}
    assert isinstance(await tool.run({}, _CONTEXT), str)


@pytest.mark.parametrize(
    "reference", ["https://evil.example/x.json#/A", "other.yaml", "/etc/passwd", "#/nope", "", 7]
)
async def test_references_to_elsewhere_are_refused(reference: object) -> None:
    operation = {"requestBody": {"content": {"application/json": {"schema": {"$ref": reference}}}}}
    with pytest.raises(ToolError, match="cannot be used") as raised:
        await _tools(_document({"/a": {"post": operation}}))
    assert raised.value.error_code == "openapi_document"


async def test_schemas_that_contain_themselves_come_to_an_end() -> None:
    schemas: dict[str, Any] = {
        "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}},
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "Wide": {
            "type": "object",
            "properties": {f"p{n}": {"$ref": "#/components/schemas/Wider"} for n in range(60)},
        },
        "Wider": {
            "type": "object",
            "properties": {f"q{n}": {"$ref": "#/components/schemas/Wide"} for n in range(60)},
        },
    }

    def taking(name: str) -> dict[str, Any]:
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}}

    for name in ("Node", "Wide"):
        (tool,) = (await _tools(_document(taking(name), schemas))).values()
        assert len(json.dumps(tool.definition.parameters)) < 120_000
    with pytest.raises(ToolError, match="circle"):
        await _tools(_document(taking("A"), schemas))


async def test_documents_that_are_none_too_large_or_endless_are_refused() -> None:
    bad: list[tuple[str, str]] = [
        ("x" * (MOST_BYTES + 1), "longer than"),
        ("a: " + "b" * 2_000_000, "as YAML"),
        ("just a text", "no object"),
        ("{unclosed", "neither JSON nor YAML"),
        ('{"swagger": "2.0"}', "openapi: 3"),
        ("a: &a [*a]", "openapi: 3"),
    ]
    for text, told in bad:
        with pytest.raises(ToolError, match=told):
            await _tools(text)
    many: dict[str, Any] = {f"/p{n}": {"get": {}} for n in range(1001)}
    with pytest.raises(ToolError, match="more than 1,000 operations"):
        await _tools(_document(many))


async def test_a_document_in_yaml_that_contains_itself_comes_to_an_end() -> None:
    schema = "&s {type: object, properties: {again: *s}}"
    text = (
        "openapi: 3.0.0\npaths:\n  /a:\n    post:\n      requestBody:\n        content:\n"
        f"          application/json:\n            schema: {schema}\n"
    )
    (tool,) = (await _tools(text)).values()
    assert list(tool.definition.parameters["properties"]) == ["again"]  # type: ignore[call-overload]


async def test_nonsense_in_a_document_is_no_crash() -> None:
    nonsense: list[Any] = [None, 7, "x", [], {}, {"get": 1}, {"get": {"parameters": 3}}]
    nonsense += [{"get": {"parameters": [1, {"name": 2, "in": "query"}, {"name": "a", "in": "cookie"}]}}]
    nonsense += [{"post": {"requestBody": {"content": {"application/json": 5}}}}]
    nonsense += [{"post": {"requestBody": {"content": {"multipart/form-data": {}}, "required": True}}}]
    nonsense += [
        {"get": {"operationId": "\x00\ud800 " * 50, "summary": 3, "parameters": [_parameter("a", schema=[])]}}
    ]
    paths: dict[str, Any] = {f"/p{at}": item for at, item in enumerate(nonsense)} | {
        "/{undeclared}": {"get": {}}
    }
    tools = await _tools(_document(paths))
    assert len(tools) == 4
    others: list[Any] = [None, [], "x"]
    for value in others:
        assert await _tools({"openapi": "3.1.0", "paths": value}) == {}


async def test_the_server_is_the_configured_one_or_on_the_documents_host() -> None:
    paths: dict[str, Any] = {"/a": {"get": {}}}

    async def called(servers: Any, **options: Any) -> str:
        fetch = ScriptedFetch([_json(_document(paths, servers=servers)), _json(1)])
        (tool,) = await create(ToolSourceConfig(_URL, _SECRET, options), fetch).tools()
        await tool.run({}, _CONTEXT)
        return fetch.requests[1].url

    assert await called([{"url": "/v2"}]) == "https://api.example/v2/a"
    assert await called([]) == "https://api.example/a"
    assert await called([{"url": "https://api.example/{v}", "variables": {"v": {"default": "v3"}}}]) == (
        "https://api.example/v3/a"
    )
    assert await called([{"url": "https://evil.example"}], server="https://api.example/x") == (
        "https://api.example/x/a"
    )
    hosts = ("https://evil.example", "http://api.example", "//169.254.169.254/", "https://api.example:444")
    for elsewhere in (*hosts, "https://api.example@evil.example/", "file:///etc"):
        with pytest.raises(ToolError):
            await called([{"url": elsewhere}])


async def test_a_server_inside_is_refused_by_the_fetch() -> None:
    for server in (
        "http://169.254.169.254/latest",
        "http://127.0.0.1/x",
        "http://[::1]/",
        "http://10.0.0.1/",
    ):
        options: dict[str, Any] = {"document": _document({"/a": {"get": {}}}), "server": server}
        (tool,) = await create(ToolSourceConfig(None, {}, options), SafeFetch()).tools()
        with pytest.raises(ToolError) as raised:
            await tool.run({}, _CONTEXT)
        assert raised.value.error_code == "fetch_refused"


async def test_the_documents_host_is_told_headers_only_where_it_is_the_server() -> None:
    for server, told in ((None, True), ("https://api.example/x", True), ("https://other.example/x", False)):
        options = {} if server is None else {"server": server}
        fetch = ScriptedFetch([_json(_document({}))])
        await create(ToolSourceConfig(_URL, _SECRET, options), fetch).tools()
        assert ("Authorization" in fetch.requests[0].headers) is told


async def test_a_document_that_cannot_be_fetched_is_a_tool_error() -> None:
    for reply in (FetchRefusedError("no"), _json({"detail": "Bearer sk-0123456789"}, 500)):
        with pytest.raises(ToolError) as raised:
            await create(ToolSourceConfig(_URL, _SECRET), ScriptedFetch([reply])).tools()
        assert "0123456789" not in raised.value.message


@pytest.mark.parametrize(
    "config",
    [
        ToolSourceConfig(),
        ToolSourceConfig(options={"document": {}}),
        ToolSourceConfig(_URL, options={"document": {}}),
        ToolSourceConfig(_URL, options={"server": 5}),
        ToolSourceConfig(_URL, options={"unknown": 5}),
        ToolSourceConfig(options={"document": 5, "server": "https://api.example"}),
    ],
)
def test_a_source_that_says_too_little_is_refused(config: ToolSourceConfig) -> None:
    with pytest.raises(InvalidInputError):
        create(config, ScriptedFetch([]))


async def test_every_failure_is_one_of_ours() -> None:
    (tool,) = (
        await _tools(_document({"/a": {"get": {"parameters": [_parameter("q", required=True)]}}}))
    ).values()
    for arguments in ({}, {"q": "x", "other": 1}):
        with pytest.raises(LiteAgentError) as raised:
            await tool.run(arguments, _CONTEXT)
        assert raised.value.error_code == "invalid_arguments"
