"""Failures under `/v1`, in the one shape that OpenAI's clients read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

__all__ = ["OPENAI_ERROR_SCHEMA", "OpenAIError", "is_openai_path", "openai_error"]

OPENAI_ERROR_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "OpenAIErrorResponse",
    "description": "Every failure under /v1 has this shape, which is OpenAI's.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string", "description": "For a person: what to do next."},
                "type": {"type": "string", "examples": ["invalid_request_error"]},
                "param": {"type": ["string", "null"], "description": "The field that is to blame."},
                "code": {"type": ["string", "null"], "examples": ["model_not_found"]},
            },
        }
    },
}
"""The schema `OpenAIErrorResponse` of the document's components."""

_STATUSES: Mapping[str, int] = {"provider_rate_limited": 429}
_BY_STATUS: Mapping[int, int] = {422: 400}
_CODES: Mapping[int, str] = {401: "invalid_api_key"}
_RENAMED: Mapping[str, str] = {
    "budget_exceeded": "insufficient_quota",
    "provider_rate_limited": "rate_limit_exceeded",
    "rate_limited": "rate_limit_exceeded",
}
_TYPES: Mapping[int, str] = {403: "permission_error", 429: "rate_limit_error"}
_PLAIN = frozenset({"invalid_request"})
"""Codes that say no more than the type does."""


@dataclass(frozen=True, slots=True)
class OpenAIError:
    """A failure as it goes out.

    Attributes:
        status: The HTTP status, which may differ from the one elsewhere.
        body: `{"error": {message, type, param, code}}`.
        headers: `x-should-retry: false` where a client's own retry would only do everything again.
    """

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def openai_error(status: int, error: Mapping[str, Any]) -> OpenAIError:
    """The form of `LiteAgentError.to_json` that OpenAI's clients read."""
    code, details = str(error.get("code", "")), _object(error.get("details"))
    status = _STATUSES.get(code, _BY_STATUS.get(status, status))
    told = None if code in _PLAIN else _RENAMED.get(code, code)
    body = {
        "message": str(error.get("message", "")),
        "type": _type(status),
        "param": _param(details),
        "code": _CODES.get(status, told),
    }
    once = status == 409 or "run_id" in details
    return OpenAIError(status, {"error": body}, {"x-should-retry": "false"} if once else {})


def is_openai_path(path: str) -> bool:
    """Whether failures at this address are OpenAI's."""
    return path.startswith("/v1/")


def _type(status: int) -> str:
    return _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")


def _param(details: Mapping[str, Any]) -> str | None:
    """The field that is named in the details, in the words of the body."""
    named = details.get("param")
    if isinstance(named, str):
        return named
    problems = cast("Sequence[Mapping[str, Any]]", details.get("errors") or ())
    at = str(problems[0].get("at") or "") if problems else ""
    return at.removeprefix("body.") if at not in ("", "body") else None


def _object(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
