"""`/docs`: the API's reference as one plain page made from the OpenAPI document; it loads nothing else."""

from collections.abc import Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any, cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from liteagent.infra.http.route import PublicRoute

__all__ = ["render", "router"]

_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_METHODS = ("get", "post", "put", "patch", "delete")

router = APIRouter(route_class=PublicRoute, include_in_schema=False)


@router.get("/")
async def home() -> Response:
    """The reference is the front page."""
    return RedirectResponse("/docs")


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The reference."""
    page = render(request.app.openapi())
    return Response(page, media_type="text/html", headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/style.css")
async def style() -> Response:
    """How the reference looks."""
    sheet = files("liteagent.app.http").joinpath("reference.css").read_text("utf-8")
    return Response(sheet, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


def render(document: Mapping[str, Any]) -> str:
    """The page of an OpenAPI document."""
    groups: dict[str, list[str]] = {}
    for path, method, operation in _operations(document):
        tag = str((operation.get("tags") or ["other"])[0])
        groups.setdefault(tag, []).append(_operation(path, method, operation))
    schemas: Mapping[str, Any] = document.get("components", {}).get("schemas", {})
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in groups)
    sections = "".join(_section(tag, "".join(parts)) for tag, parts in groups.items())
    shapes = "".join(_schema(name, schema) for name, schema in sorted(schemas.items()))
    info = document["info"]
    title = escape(f"{info['title']} {info['version']}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{title} API</title><link rel="stylesheet" href="/docs/style.css"></head><body>'
        f"<header><h1>{title}</h1><p>{_prose(info.get('description', ''))}</p>"
        '<p>The same for programs: <a href="/openapi.json">openapi.json</a></p></header>'
        f'<nav aria-label="Sections">{links}<a href="#schemas">schemas</a></nav>'
        f"<main>{sections}{_section('schemas', shapes)}</main></body></html>"
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _section(name: str, content: str) -> str:
    return f'<section id="{escape(name)}"><h2>{escape(name)}</h2>{content}</section>'


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    lock = "" if operation.get("security") else '<span class="public">public</span>'
    return (
        f'<details class="operation"><summary><b class="{method}">{method.upper()}</b> '
        f"<code>{escape(path)}</code> {escape(str(operation.get('summary', '')))} {lock}</summary>"
        f"<p>{_prose(operation.get('description', ''))}</p>{_parameters(operation)}{_body(operation)}"
        f"{_responses(operation)}</details>"
    )


def _parameters(operation: Mapping[str, Any]) -> str:
    rows = [
        (f"{each['name']} ({each['in']})", _type(each.get("schema", {})), _about(each))
        for each in operation.get("parameters", [])
    ]
    return _table("Parameters", rows)


def _body(operation: Mapping[str, Any]) -> str:
    body = cast("Mapping[str, Any]", operation.get("requestBody", {}))
    rows = [(kind, _type(media.get("schema", {})), "") for kind, media in body.get("content", {}).items()]
    return _table("Body", rows)


def _responses(operation: Mapping[str, Any]) -> str:
    rows = [
        (
            status,
            " or ".join(_type(media.get("schema", {})) for media in answer.get("content", {}).values()),
            _about(answer),
        )
        for status, answer in operation.get("responses", {}).items()
    ]
    return _table("Answers", rows)


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", []))
    rows = [
        (f"{field}{'' if field in required else '?'}", _type(each), _about(each))
        for field, each in schema.get("properties", {}).items()
    ]
    fields = _table("Fields", rows) or f"<p>{_type(schema)}</p>"
    label = escape(name)
    return (
        f'<details id="schema-{label}"><summary><code>{label}</code></summary>'
        f"<p>{_about(schema)}</p>{fields}</details>"
    )


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr><th><code>{escape(str(name))}</code></th><td>{kind}</td><td>{about}</td></tr>"
        for name, kind, about in rows
    )
    return f"<h3>{title}</h3><table>{lines}</table>"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words, as HTML."""
    if "$ref" in schema:
        name = escape(str(schema["$ref"]).rsplit("/", 1)[-1])
        return f'<a href="#schema-{name}">{name}</a>'
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(_type(each) for each in schema[key])
    if "enum" in schema:
        return " · ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "any")))


def _about(part: Mapping[str, Any]) -> str:
    default = part.get("default", part.get("schema", {}).get("default"))
    note = "" if default is None else f" Default: <code>{escape(str(default))}</code>."
    return _prose(part.get("description", "")) + note


def _prose(text: object) -> str:
    """Escaped text whose `code` is code."""
    pieces = escape(str(text)).split("`")
    if len(pieces) % 2 == 0:
        return "`".join(pieces)
    return "".join(f"<code>{piece}</code>" if odd % 2 else piece for odd, piece in enumerate(pieces))
