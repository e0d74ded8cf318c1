"""Every failure as `{"error": {code, message, details, request_id}}`, or OpenAI's shape under `/v1`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liteagent.contracts.errors import (
    ConflictError,
    InvalidInputError,
    LiteAgentError,
    NotAuthenticatedError,
    NotFoundError,
    NotPermittedError,
    PayloadTooLargeError,
)
from liteagent.infra.http.openai_error import is_openai_path, openai_error

__all__ = ["CatchFailures", "handle_errors"]

_MOST_PROBLEMS = 20
_LONGEST_PLACE = 100
_CODES: Mapping[int, str] = {
    400: InvalidInputError.code,
    401: NotAuthenticatedError.code,
    403: NotPermittedError.code,
    404: NotFoundError.code,
    405: "method_not_allowed",
    409: ConflictError.code,
    413: PayloadTooLargeError.code,
    415: "unsupported_media_type",
    422: InvalidInputError.code,
}
_MESSAGES: Mapping[int, str] = {
    400: "The request's body cannot be read. Check that it is what its Content-Type says.",
    404: "There is nothing at this address. /docs lists what there is.",
    405: "This address does not take this method. The Allow header names the ones it does.",
}

_log = structlog.stdlib.get_logger(__name__)


def handle_errors(app: FastAPI) -> None:
    """Answer every failure of a route in the one shape."""
    app.add_exception_handler(LiteAgentError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


class CatchFailures:
    """The innermost middleware: the unexpected is logged with its stack and answered with a plain 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            return
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            _log.error("request_failed", exc_info=error)
            response = _response(Request(scope), 500, _unexpected().to_json())
            await response(scope, receive, send)


def _unexpected() -> LiteAgentError:
    return LiteAgentError("Something went wrong here. Try again; the log has more under this request id.")


async def _on_ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, LiteAgentError):
        raise error
    headers: dict[str, str] = {}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    wait: object = getattr(error, "retry_after", None)
    if isinstance(wait, int | float):
        headers["Retry-After"] = str(max(1, round(wait)))
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("request_refused", code=error.error_code, reason=error.message)
    return _response(request, error.status, error.to_json(), headers)


async def _on_validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [_problem(each) for each in error.errors()[:_MOST_PROBLEMS]]
    message = f"{problems[0]['at']}: {problems[0]['message']}."
    if len(problems) > 1:
        message += f" {len(problems) - 1} more in details."
    refusal = InvalidInputError(message, details={"errors": problems})
    return _response(request, refusal.status, refusal.to_json())


async def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = 422 if error.status_code == HTTPStatus.BAD_REQUEST else error.status_code
    message = _MESSAGES.get(error.status_code) or str(error.detail)
    code = _CODES.get(error.status_code, "http_error")
    data: dict[str, Any] = {"code": code, "message": message, "details": {}}
    return _response(request, status, data, error.headers)


def _problem(error: Mapping[str, Any]) -> dict[str, Any]:
    """A validation problem without the value that caused it, which may be a secret."""
    place: Sequence[Any] = error.get("loc", ())
    at = ".".join(str(part) for part in place)[:_LONGEST_PLACE]
    return {
        "at": at or "body",
        "type": error.get("type", "value_error"),
        "message": str(error.get("msg", "")),
    }


def _response(
    request: Request, status: int, error: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    if is_openai_path(request.url.path):
        told = openai_error(status, error)
        status, body, headers = told.status, told.body, {**(headers or {}), **told.headers}
    else:
        body = {"error": {**error, "request_id": getattr(request.state, "request_id", "")}}
    return Response(orjson.dumps(body, default=str), status, dict(headers or {}), "application/json")
