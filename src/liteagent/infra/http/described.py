"""How a route's failures stand in the OpenAPI document."""

from collections.abc import Mapping
from typing import Any

from liteagent.infra.http.openai_error import is_openai_path

__all__ = ["ERROR_SCHEMA", "error_responses"]

ERROR_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "title": "ErrorResponse",
    "description": "Every failure has this shape.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "Stable, for programs.", "examples": ["not_found"]},
                "message": {"type": "string", "description": "For a person: what to do next."},
                "details": {"type": "object", "additionalProperties": True},
                "request_id": {
                    "type": "string",
                    "description": "Also in the X-Request-Id header and the log.",
                },
            },
        }
    },
}
"""The schema `ErrorResponse` of the document's components."""

_DESCRIPTIONS = {
    400: "The request cannot be used as it is; `param` says where.",
    401: "No credentials, or ones that do not hold.",
    403: "The credentials do not allow this.",
    404: "There is no such thing in this workspace.",
    409: "The thing is in a state that does not allow this.",
    413: "The body is too large.",
    415: "The body is not of the declared media type.",
    422: "The request cannot be used as it is; `details` says where.",
}
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def error_responses(*, public: bool, path: str, methods: frozenset[str]) -> dict[int | str, dict[str, Any]]:
    """The failures a route can answer with, by status."""
    theirs = is_openai_path(path)
    refused = 400 if theirs else 422
    statuses = [refused] if public else [401, 403, refused]
    if "{" in path:
        statuses.append(404)
    if methods & _WRITING:
        statuses += [409, 413, 415]
    described: dict[int | str, dict[str, Any]] = {
        status: _response(_DESCRIPTIONS[status], theirs) for status in sorted(statuses)
    }
    described["default"] = _response("Any other failure; the code says which.", theirs)
    return described


def _response(description: str, theirs: bool) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{'OpenAIErrorResponse' if theirs else 'ErrorResponse'}"}
    return {"description": description, "content": {"application/json": {"schema": schema}}}
