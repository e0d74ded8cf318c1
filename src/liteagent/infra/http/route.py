"""The route class of every slice: who asks comes first, then the URL, then the body.

A route is public only if its router says so:

    router = APIRouter(prefix="/api/agents", route_class=ApiRoute)
    public = APIRouter(prefix="/api/auth", route_class=PublicRoute)
"""

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote_to_bytes

from fastapi import params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.identity import Principal
from liteagent.infra.http.body import StrictRequest, limited
from liteagent.infra.http.described import error_responses
from liteagent.infra.http.scopes import require_scope

__all__ = ["ApiRoute", "Authenticator", "PublicRoute"]


class Authenticator(Protocol):
    """Whoever knows the credentials; the server keeps it as `app.state.authenticator`."""

    async def authenticate(self, authorization: str | None) -> Principal:
        """The principal of an `Authorization` header.

        Raises:
            NotAuthenticatedError: There is none, or it does not hold.
        """
        ...


class ApiRoute(APIRoute):
    """A route for known principals, with strict JSON and a limited body.

    Nothing of the body is read before the credentials hold. Then `request.state.principal` says who asks.

    Attributes:
        public: Whether anybody may ask.
        max_body_bytes: The largest body; a subclass may have another.
    """

    public: ClassVar[bool] = False
    max_body_bytes: ClassVar[int] = 10 * 1024 * 1024

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        methods = frozenset(options.get("methods") or {"GET"})
        described = error_responses(public=self.public, path=path, methods=methods)
        options["responses"] = {**described, **(options.get("responses") or {})}
        security: list[dict[str, list[str]]] = [] if self.public else [{"bearer": []}]
        options["openapi_extra"] = {"security": security, **(options.get("openapi_extra") or {})}
        # A body that does not say what it is may be JSON; one that says something else is refused.
        options["strict_content_type"] = False
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Any]:
        """FastAPI's handler behind the checks."""
        handle = super().get_route_handler()
        read = self._reader()

        async def handle_checked(request: Request) -> Response:
            if not self.public:
                await _authenticate(request)
            _check_url(request.scope)
            receive = limited(request.receive, request.headers, self.max_body_bytes)
            strict = StrictRequest(request.scope, receive)
            await read(strict)
            return await handle(strict)

        return handle_checked

    def _reader(self) -> Callable[[StrictRequest], Awaitable[None]]:
        if self.body_field is None:
            return _read_nothing
        is_form = isinstance(self.body_field.field_info, params.Form)
        return StrictRequest.check_form if is_form else StrictRequest.check_json


class PublicRoute(ApiRoute):
    """A route that anybody may use; everything but the credentials is checked."""

    public: ClassVar[bool] = True


async def _read_nothing(_request: StrictRequest) -> None:
    return None


async def _authenticate(request: Request) -> None:
    authenticator: Authenticator = request.app.state.authenticator
    principal = await authenticator.authenticate(request.headers.get("authorization"))
    require_scope(principal, request.method, request.url.path)
    request.state.principal = principal


def _check_url(scope: Scope) -> None:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    raw = unquote_to_bytes(path) + b"?" + unquote_to_bytes(scope["query_string"])
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInputError("The URL is not UTF-8. Encode its text as UTF-8.") from None
    if "\x00" in text:
        raise InvalidInputError("The URL contains a NUL character. Remove it.")
