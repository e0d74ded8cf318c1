"""The web application: what is handed in, behind one edge."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from liteagent.app.http import health, meta, openapi, reference
from liteagent.app.http.edge import HeadRequests, RequestIds, SecurityHeaders
from liteagent.app.http.errors import CatchFailures, handle_errors
from liteagent.app.http.health import Check
from liteagent.app.http.meta import Meta
from liteagent.app.http.sse import stream_bytes, stream_events
from liteagent.app.http.web import WebInterface
from liteagent.infra.http.route import Authenticator

__all__ = ["Lifespan", "create_app"]

Lifespan: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_CORS_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Request-Id")
_CORS_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Spans and metrics are wired by whoever wants them, never found in the environment.
_NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def create_app(
    *,
    services: Mapping[type[Any], Any],
    authenticator: Authenticator,
    routers: Sequence[APIRouter],
    meta_facts: Meta,
    checks: Mapping[str, Check] | None = None,
    cors_origins: Sequence[str] = (),
    lifespan: Lifespan | None = None,
    interface: Path | None = None,
) -> FastAPI:
    """The ASGI application.

    Args:
        services: What routes get from `provide(cls)`, by class. It is read at each request, so that the
            lifespan may still fill it.
        authenticator: Who knows the credentials.
        routers: The slices', whose routes are all `ApiRoute`s.
        meta_facts: What `/api/meta` tells.
        checks: Parts that `/health/ready` asks, by name.
        cors_origins: Web origins that may call from a browser.
        lifespan: Starts and stops what the services need.
        interface: Folder of the web interface; None serves none.
    """
    app = FastAPI(
        title="LiteAgent",
        version=meta_facts.version,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        generate_unique_id_function=_operation_id,
        lifespan=lifespan,
        middleware=_middleware(cors_origins, interface),
    )
    app.state.services = services
    app.state.authenticator = authenticator
    app.state.streamer, app.state.byte_streamer = stream_events, stream_bytes
    app.state.meta = meta_facts
    app.state.checks = dict(checks or {})
    handle_errors(app)
    openapi.describe(app)
    for router in (*routers, meta.router, health.router, openapi.router, reference.router):
        app.include_router(router)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _middleware(cors_origins: Sequence[str], interface: Path | None) -> list[Middleware]:
    cors = Middleware(
        CORSMiddleware,
        allow_origins=list(cors_origins),
        allow_methods=_CORS_METHODS,
        allow_headers=_CORS_HEADERS,
        expose_headers=("X-Request-Id",),
    )
    return [
        Middleware(RequestIds),
        Middleware(SecurityHeaders),
        *([cors] if cors_origins else []),
        Middleware(HeadRequests),
        *([Middleware(WebInterface, folder=interface)] if interface else []),
        Middleware(CatchFailures),
    ]
