"""`http`: a request to another service.

What is shown of a request is its method and `scheme://host:port/path`: headers, query and body may hold a
secret, and so may what a service says of them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

import orjson
from pydantic import BeforeValidator, Field

from liteagent.contracts.errors import InvalidInputError, ToolError
from liteagent.contracts.fetch import FetchRequest, FetchResponse
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.functions import text_of
from liteagent.engine.workflow.handler import Compiling, EffectHandler, NodeContext, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.calling import shortened
from liteagent.engine.workflow.nodes.fields import names_in, template_of
from liteagent.engine.workflow.operators import OperationError, bounded
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.templates import Template, render_value

__all__ = ["HTTP", "HttpConfig"]

_SAFETY: Mapping[str, Safety] = {
    "GET": Safety.SAFE,
    "HEAD": Safety.SAFE,
    "OPTIONS": Safety.SAFE,
    "PUT": Safety.IDEMPOTENT,
    "DELETE": Safety.IDEMPOTENT,
}
_TIMEOUT = 30.0
_MAX_SIZE = 10_000_000
_TOLD = 500
_SECRET_FROM = 4


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


_Method: TypeAlias = Annotated[
    Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"], BeforeValidator(_upper)
]


class HttpConfig(Config):
    """A request."""

    method: _Method = Field(default="GET", description="GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE.")
    url: str = Field(
        min_length=1, description="Where to, with http:// or https://. May contain {{ expressions }}."
    )
    headers: dict[str, str] = Field(
        default={}, description="Headers by name. Texts may contain {{ expressions }}."
    )
    query: JsonObject = Field(
        default={},
        description=(
            "Parameters added to the URL; a list is sent as several, null as none. "
            "Texts may contain {{ expressions }}."
        ),
    )
    body: JsonValue = Field(
        default=None,
        description=(
            "Text is sent as it is, anything else as JSON, null not at all. "
            "Texts may contain {{ expressions }}."
        ),
    )
    effect: Literal["safe", "idempotent", "unsafe"] | None = Field(
        default=None,
        description=(
            "What may be done when a crash leaves it unknown whether the request was served: safe and "
            "idempotent repeat it (the latter with the same Idempotency-Key), unsafe asks a person. Left "
            "out, GET, HEAD and OPTIONS are safe, PUT and DELETE idempotent, others unsafe."
        ),
    )
    fail_on_status: bool = Field(default=True, description="Whether a status of 400 or more fails the node.")
    follow_redirects: bool = Field(default=True, description="Whether a redirect is followed.")

    @property
    def safety(self) -> Safety:
        """What may be done about a request that has no answer after a crash."""
        return Safety(self.effect) if self.effect else _SAFETY.get(self.method, Safety.UNSAFE)


class _HttpHandler(EffectHandler):
    def __init__(self, config: HttpConfig, compiling: Compiling) -> None:
        self._config = config
        self._fetch = compiling.services.fetch
        self._timeout = compiling.node.timeout or _TIMEOUT
        self._url = template_of("url", config.url)
        self._headers = {
            name: template_of(f"headers.{name}", value) for name, value in config.headers.items()
        }
        self.safety = config.safety
        self.names = self._url.names.union(
            *(each.names for each in self._headers.values()),
            names_in("query", config.query),
            names_in("body", config.body),
        )

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """Send the request.

        Raises:
            FetchError: It could not be sent, or its answer not be read.
            ToolError: `http_status`: the service refused it.
        """
        fetch = Services.required(
            self._fetch, "fetch", "Give `Services(fetch=...)`, or run the flow on a server."
        )
        request = self._request(scope, context)
        response = await fetch(request)
        shown = {"method": request.method, "url": _place(request.url), "status": response.status}
        if self._config.fail_on_status and response.status >= 400:
            raise _refused(request, response)
        return Outcome(_answer(response), detail=shown)

    def _request(self, scope: Scope, context: NodeContext) -> FetchRequest:
        config = self._config
        headers = {name: _line(value, scope) for name, value in self._headers.items()}
        body, media_type = _body(render_value(config.body, scope))
        if media_type and not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = media_type
        return FetchRequest(
            method=config.method,
            url=_with_query(self._url.render(scope).strip(), render_value(config.query, scope)),
            headers=headers,
            body=body,
            timeout=self._timeout,
            follow_redirects=config.follow_redirects,
            idempotency_key=context.key if context.key and self.safety is not Safety.SAFE else None,
        )


def _line(template: Template, scope: Scope) -> str:
    return template.render(scope).strip()


def _body(value: JsonValue) -> tuple[bytes | None, str]:
    """The body as it is sent, with its media type."""
    if value is None:
        return None, ""
    if isinstance(value, str):
        return value.encode(), "text/plain; charset=utf-8"
    return orjson.dumps(value), "application/json"


def _with_query(url: str, query: JsonValue) -> str:
    pairs = list(_pairs(query)) if isinstance(query, Mapping) else []
    if not pairs:
        return url
    parts = _split(url)
    added = "&".join(filter(None, (parts.query, urlencode(pairs))))
    return urlunsplit(parts._replace(query=added))


def _pairs(query: JsonObject) -> Iterator[tuple[str, str]]:
    for name, value in query.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, _text(name, each)


def _text(name: str, value: JsonValue) -> str:
    try:
        return text_of(value)
    except OperationError as error:
        raise InvalidInputError(
            f"The query parameter {name!r} cannot be sent: {error.reason}.",
            details={"field": f"query.{name}"},
        ) from None


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise InvalidInputError(
            "The URL is malformed. Give one like https://example.com/path.", details={"field": "url"}
        ) from None


def _place(url: str) -> str:
    """A URL as far as it may be shown."""
    parts = _split(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _answer(response: FetchResponse) -> JsonObject:
    return {
        "status": response.status,
        "headers": dict(response.headers),
        "body": _content(response),
        "url": response.url,
    }


def _content(response: FetchResponse) -> JsonValue:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        try:
            return bounded(orjson.loads(response.body), _MAX_SIZE, _MAX_SIZE)
        except (orjson.JSONDecodeError, OperationError):
            pass  # what is not JSON after all, or too deep to be kept, is text
    return _storable(response.text())


def _storable(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def _refused(request: FetchRequest, response: FetchResponse) -> ToolError:
    place = f"{request.method} {_place(request.url)}"
    return ToolError(
        f"{place} was answered with status {response.status}. Mend the request, or set fail_on_status to "
        "false and look at the status in the flow.",
        code="http_status",
        details={"status": response.status, "body": _told(request, response)},
    )


def _told(request: FetchRequest, response: FetchResponse) -> str:
    """The beginning of the answer, without what it repeats of the request's headers and query."""
    text = _storable(response.text())
    for secret in sorted(_secrets(request), key=len, reverse=True):
        text = text.replace(secret, "[redacted]")
    return shortened(text, _TOLD)


def _secrets(request: FetchRequest) -> set[str]:
    found = {word for value in request.headers.values() for word in (value, *value.split())}
    found.update(_values(urlsplit(request.url).query.split("&")))
    return {each for each in found if len(each) >= _SECRET_FROM}


def _values(pairs: Iterable[str]) -> Iterator[str]:
    for pair in pairs:
        yield pair.partition("=")[2]


def _output(_config: Any) -> JsonObject:
    return {
        "type": "object",
        "properties": {
            "status": {"type": "integer"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {},
            "url": {"type": "string"},
        },
        "required": ["status", "headers", "body", "url"],
    }


HTTP = NodeKind(
    type="http",
    summary="Sends a request to another service.",
    config=HttpConfig,
    make=_HttpHandler,
    output=_output,
    group="outside",
)
