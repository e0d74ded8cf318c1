"""The tools of an API that describes itself by an OpenAPI document.

Where calls go is the business of whoever configures the source: a document's own `servers` count only where
they lead to the origin that the document was read from. What is configured as headers is told to that server
and to nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin

from anyio import to_thread

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.fetch import Fetch, FetchRequest
from liteagent.contracts.json import JsonObject
from liteagent.contracts.tools import Tool, ToolContext, ToolDefinition, ToolSourceConfig
from liteagent.providers.tools.answers import ask, content, json_bytes, refusal
from liteagent.providers.tools.foreign import foreign_tool
from liteagent.providers.tools.openapi.document import MOST_BYTES, read_document, unusable
from liteagent.providers.tools.openapi.operations import Operation, operations
from liteagent.providers.tools.openapi.schemas import as_mapping
from liteagent.providers.tools.openapi.sending import Server, origin

__all__ = ["OpenApiSource", "create"]

_KNOWN = frozenset({"document", "server"})
_MOST_CHARACTERS = 50_000


class OpenApiSource:
    """A `ToolSource`: the document is read when its tools are asked for."""

    def __init__(self, config: ToolSourceConfig, fetch: Fetch) -> None:
        self._config = config
        self._fetch = fetch

    async def tools(self) -> tuple[Tool, ...]:
        """See `ToolSource`."""
        document = await self._document()
        server = Server(self._server(document), self._config.headers)
        private = bool(self._config.headers)  # whoever shows credentials is shown what is not everybody's
        found = await to_thread.run_sync(operations, document)
        return tuple(_OperationTool(each, server, self._fetch, private) for each in found)

    async def aclose(self) -> None:
        """The fetch keeps the connections."""

    async def _document(self) -> Mapping[str, Any]:
        inline = self._config.options.get("document")
        if inline is not None:
            text = inline.encode(errors="replace") if isinstance(inline, str) else json_bytes(inline)
            return await read_document(text)
        url = cast("str", self._config.url)
        server = self._config.options.get("server")
        ours = not isinstance(server, str) or origin(server) == origin(url)
        headers = self._config.headers if ours else {}
        request = FetchRequest("GET", url, headers=headers, max_bytes=MOST_BYTES)
        response = await ask(self._fetch, request)
        if response.status >= 400:
            raise refusal(request, response, self._config.headers.values())
        return await read_document(response.body)

    def _server(self, document: Mapping[str, Any]) -> str:
        if isinstance(given := self._config.options.get("server"), str):
            origin(given)
            return given
        servers = document.get("servers")
        listed = cast("list[object]", servers) if isinstance(servers, list) else []
        first = as_mapping(listed[0] if listed else None)
        url = cast("str", self._config.url)
        named = urljoin(url, _filled(str(first.get("url") or "/"), as_mapping(first.get("variables"))))
        if origin(named) != origin(url):
            raise unusable(
                "its server is on another host than the document. If that is meant, name it as the option "
                "`server`"
            )
        return named


@dataclass(frozen=True, slots=True)
class _OperationTool:
    operation: Operation
    server: Server
    fetch: Fetch
    private: bool

    @property
    def definition(self) -> ToolDefinition:
        operation = self.operation
        return foreign_tool(
            operation.name,
            operation.description,
            operation.schema,
            operation.effect,
            private=self.private,
        )

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """Call the operation; what it answers is its body.

        Raises:
            ToolError: The arguments do not fit, there is no answer, or its status is 300 or more.
        """
        request = self.server.request(self.operation, arguments, context.key)
        response = await ask(self.fetch, request)
        if response.status >= 300:
            raise refusal(request, response, self.server.headers.values())
        return content(response, _MOST_CHARACTERS) if response.body else {"status": response.status}


def create(config: ToolSourceConfig, fetch: Fetch) -> OpenApiSource:
    """A source, as the entry point `liteagent.toolsource` makes it.

    Raises:
        InvalidInputError: There is neither a URL nor a document, or an option is unknown.
    """
    options = config.options
    if unknown := sorted(options.keys() - _KNOWN):
        raise _refused(f"There is no option {unknown[0]!r}. Known: {', '.join(sorted(_KNOWN))}.")
    if "server" in options and not isinstance(options["server"], str):
        raise _refused("The option `server` is a URL: where the API is.")
    if options.get("document") is None:
        if not config.url:
            raise _refused("Give the document's `url`, or the document itself as the option `document`.")
    elif config.url:
        raise _refused("Give either `url` or the option `document`, not both.")
    elif not isinstance(options.get("server"), str):
        raise _refused("A document without a URL needs the option `server`: where the API is.")
    elif not isinstance(options["document"], str | Mapping):
        raise _refused("The option `document` is an OpenAPI document: an object, or its text.")
    return OpenApiSource(config, fetch)


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message)


def _filled(url: str, variables: Mapping[str, Any]) -> str:
    for name, said in variables.items():
        url = url.replace(f"{{{name}}}", str(as_mapping(said).get("default", "")))
    return url
