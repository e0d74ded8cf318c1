"""A call of an operation as the request that makes it, to the one server that was configured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, cast
from urllib.parse import quote, urlencode

import httpx2

from liteagent.contracts.errors import ToolError
from liteagent.contracts.fetch import FetchRequest
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.providers.tools.answers import json_bytes
from liteagent.providers.tools.openapi.operations import FORM, Body, Operation, Parameter, plain

__all__ = ["Server", "origin"]

_Origin: TypeAlias = tuple[str, str, int | None]

_SECONDS = 30.0
_MOST_BYTES = 2_000_000
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Server:
    """Where calls go, and what is sent with each of them."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def request(self, operation: Operation, arguments: JsonObject, key: str) -> FetchRequest:
        """The request of a call.

        Args:
            operation: What is called.
            arguments: As the model wrote them.
            key: The call's idempotency key; not sent with one that only reads.

        Raises:
            ToolError: `invalid_arguments`: one is missing, unknown, or cannot stand where it belongs.
        """
        _check(operation, arguments)
        body, media_type = _body(operation.body, arguments)
        typed = {"Content-Type": media_type} if media_type else {}
        reads = operation.effect is Safety.SAFE
        return FetchRequest(
            method=operation.method,
            url=self._url(operation, arguments),
            headers={
                "Accept": "application/json, */*;q=0.5",
                **_headers(operation, arguments, self),
                **typed,
            },
            body=body,
            timeout=_SECONDS,
            max_bytes=_MOST_BYTES,
            follow_redirects=reads,
            idempotency_key=None if reads or not key else key,
        )

    def _url(self, operation: Operation, arguments: JsonObject) -> str:
        path = operation.path if operation.path.startswith("/") else f"/{operation.path}"
        pairs: list[tuple[str, str]] = []
        for each in operation.parameters:
            value = arguments.get(each.argument)
            if each.where == "path":
                path = path.replace(f"{{{each.name}}}", _in_path(each, value))
            elif each.where == "query" and value is not None:
                pairs.extend(_in_query(each, value))
        query = f"?{urlencode(pairs)}" if pairs else ""
        url = f"{self.url.rstrip('/')}{quote(path, safe='/%:@!$&()*+,;=~-._')}{query}"
        if origin(url) != origin(self.url):
            raise _invalid("they would lead to another server")
        return url


def origin(url: str) -> _Origin:
    """Scheme, host and port, as the fetch reads them.

    Raises:
        ToolError: It is no URL with http or https.
    """
    try:
        read = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        raise _no_url() from None
    if read.scheme not in _PORTS or not read.host or read.userinfo:
        raise _no_url()
    return read.scheme, read.host, read.port or _PORTS[read.scheme]


def _no_url() -> ToolError:
    return ToolError(
        "The server of this API is no URL. Write it as https://host/path, without a user name.",
        code="openapi_server",
    )


def _check(operation: Operation, arguments: JsonObject) -> None:
    known = cast("Mapping[str, object]", operation.schema["properties"])
    if unknown := sorted(arguments.keys() - known.keys()):
        told = ", ".join(known) or "none"
        raise _invalid(f"there is no {unknown[0]!r}; known: {told}")
    required = cast("Sequence[str]", operation.schema["required"])
    if missing := [name for name in required if name not in arguments]:
        raise _invalid(f"{missing[0]!r} is missing")


def _in_path(parameter: Parameter, value: JsonValue) -> str:
    text = ",".join(map(_text, value)) if isinstance(value, list) else _text(value)
    if text in ("", ".", ".."):
        raise _invalid(f"{parameter.argument!r} is a part of the path and cannot be {text!r}")
    return quote(text, safe="", errors="replace")


def _in_query(parameter: Parameter, value: JsonValue) -> Iterator[tuple[str, str]]:
    name = parameter.name
    if parameter.as_json:
        yield name, json_bytes(value).decode()
    elif isinstance(value, list):
        texts = list(map(_text, value))
        yield from ((name, each) for each in (texts if parameter.explode else [",".join(texts)]))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield (f"{name}[{key}]" if parameter.deep else key), _text(each)
    else:
        yield name, _text(value)


def _headers(operation: Operation, arguments: JsonObject, server: Server) -> dict[str, str]:
    """What is configured comes last: no argument can take the place of a credential."""
    ours = {name.lower() for name in server.headers}
    given = {
        each.name: _text(arguments[each.argument])
        for each in operation.parameters
        if each.where == "header"
        and arguments.get(each.argument) is not None
        and each.name.lower() not in ours
    }
    return {**given, **server.headers}


def _body(body: Body | None, arguments: JsonObject) -> tuple[bytes | None, str]:
    if body is None:
        return None, ""
    value = _body_value(body, arguments)
    if value is None:
        return None, ""
    kind = plain(body.media_type)
    if kind == "text/plain":
        return _text(value).encode(errors="replace"), "text/plain; charset=utf-8"
    if kind == FORM:
        return urlencode(list(_form(value))).encode(), FORM
    return json_bytes(value), body.media_type


def _body_value(body: Body, arguments: JsonObject) -> JsonValue:
    if body.arguments is None:
        return arguments.get("body")
    return {name: arguments[name] for name in body.arguments if name in arguments} or None


def _form(value: JsonValue) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping):
        raise _invalid("the body is a form: an object of names and values")
    for name, each in value.items():
        for one in each if isinstance(each, list) else [each]:
            if one is not None:
                yield name, _text(one)


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return json_bytes(value).decode()


def _invalid(why: str) -> ToolError:
    return ToolError(f"The arguments do not fit: {why}.", code="invalid_arguments")
