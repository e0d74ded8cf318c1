"""The OpenAPI document, with every failure described."""

from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response

from liteagent.infra.http.described import ERROR_SCHEMA
from liteagent.infra.http.openai_error import OPENAI_ERROR_SCHEMA
from liteagent.infra.http.route import PublicRoute

__all__ = ["describe", "router"]

_DESCRIPTION = (
    "JSON in UTF-8, names in snake_case, ids are UUIDs, times RFC 3339 in UTC. Lists answer "
    "`{items, next_cursor}` and take `limit` and `cursor`. Unknown fields and other types are refused."
)
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An access token from /api/auth/login, or an API key (`la_…`).",
}

router = APIRouter(route_class=PublicRoute)


@router.get("/openapi.json", include_in_schema=False)
async def openapi_json(request: Request) -> Response:
    """The OpenAPI document."""
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json")


def describe(app: FastAPI) -> None:
    """Have `app.openapi()` give the described document; it is made once, when first asked for."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = openapi


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="LiteAgent",
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["ErrorResponse"], schemas["OpenAIErrorResponse"] = dict(ERROR_SCHEMA), dict(OPENAI_ERROR_SCHEMA)
    components["securitySchemes"] = {"bearer": _BEARER}
    return document
