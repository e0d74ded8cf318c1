"""The sandbox over HTTP, in the words that clients of dify-sandbox know."""

import asyncio
import contextlib
import hmac
import importlib.metadata
import ipaddress
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import dataclass, field, fields

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from liteagent_sandbox.metrics import Metrics
from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import RunResult
from liteagent_sandbox.requests import BadRequestError, read
from liteagent_sandbox.settings import Settings, SettingsError

__all__ = ["create_app"]

_STATUS = {"busy": 503, "unavailable": 503, "bad_request": 400}
_CLIENT_GONE = 499
_BUSY = "Too many requests"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def create_app(settings: Settings, pool: Pool | None = None) -> Starlette:
    """The ASGI application; without a pool it opens one for as long as it lives.

    Raises:
        SettingsError: It would be open to the network without a key.
    """
    if not settings.api_key and not _is_loopback(settings.host):
        raise SettingsError(
            f"the sandbox would serve {settings.host} to anybody: set SANDBOX_API_KEY, or listen on 127.0.0.1"
        )
    service = _Service(settings, pool or Pool(settings), is_owner=pool is None)
    routes = [
        Route("/v1/sandbox/run", service.run, methods=["POST"]),
        Route("/v1/sandbox/dependencies", service.dependencies, methods=["GET"]),
        Route("/v1/sandbox/dependencies/refresh", service.dependencies, methods=["GET"]),
        Route("/v1/sandbox/dependencies/update", service.update, methods=["POST"]),
        Route("/health", service.health, methods=["GET"]),
        Route("/metrics", service.show_metrics, methods=["GET"]),
    ]
    return Starlette(routes=routes, lifespan=service.lifespan)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Json(Response):
    """Results in it are spliced in as they are."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return orjson.dumps(content)


@dataclass(slots=True)
class _Service:
    settings: Settings
    pool: Pool
    is_owner: bool
    metrics: Metrics = field(default_factory=Metrics)

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        async with self.pool if self.is_owner else contextlib.nullcontext():
            yield

    async def run(self, request: Request) -> Response:
        if not self._knows(request):
            return Response(status_code=401)
        try:
            asked = await read(request, self.settings)
        except BadRequestError as error:
            return _said(error.status, -error.status, str(error))
        done = await self._unless_gone(request, self.pool.run(asked))
        if done is None:
            self.metrics.gone += 1
            return Response(status_code=_CLIENT_GONE)
        self.metrics.count(asked.language, done)
        return _answer(done)

    async def _unless_gone(
        self, request: Request, running: Coroutine[None, None, RunResult]
    ) -> RunResult | None:
        """What it comes to; a client that hangs up ends its run, or gives up its place in the queue."""
        run = asyncio.ensure_future(running)
        gone = asyncio.ensure_future(request.receive())
        try:
            await asyncio.wait((run, gone), return_when=asyncio.FIRST_COMPLETED)
            return run.result() if run.done() else None
        finally:
            for each in (run, gone):
                each.cancel()
            await asyncio.wait((run, gone))

    async def health(self, _: Request) -> Response:
        ground = self.pool.ground
        return _Json(
            {
                "status": "ok",
                "level": ground.level,
                "layers": sorted(ground.layers),
                "weaknesses": ground.weaknesses,
                "missing": ground.missing,
            }
        )

    async def show_metrics(self, request: Request) -> Response:
        if not self._knows(request) and not (request.client and _is_loopback(request.client.host)):
            return Response(status_code=401)
        return PlainTextResponse(self.metrics.text(self.pool), media_type=_PROMETHEUS)

    async def dependencies(self, request: Request) -> Response:
        """The packages that the operator has put there."""
        if not self._knows(request):
            return Response(status_code=401)
        found = importlib.metadata.distributions(
            path=[self.settings.packages] if self.settings.packages else []
        )
        rows = sorted({(each.name, each.version) for each in found})
        listed = [{"name": name, "version": version} for name, version in rows]
        return _said(200, 0, "success", {"dependencies": listed})

    async def update(self, request: Request) -> Response:
        if not self._knows(request):
            return Response(status_code=401)
        return _said(
            400, -400, "packages are the operator's: install them into the folder SANDBOX_PACKAGES names"
        )

    def _knows(self, request: Request) -> bool:
        given = request.headers.get("x-api-key", "")
        return (
            hmac.compare_digest(given.encode(), self.settings.api_key.encode()) or not self.settings.api_key
        )


def _answer(done: RunResult) -> Response:
    status = _STATUS.get(done.error_kind or "", 200)
    if status == 200:
        return _said(200, 0, "success", _shown(done))
    message = _BUSY if done.error_kind == "busy" else done.error
    response = _said(status, -status, message, _shown(done))
    if done.error_kind == "busy":
        response.headers["Retry-After"] = "1"
    return response


def _shown(done: RunResult) -> dict[str, object]:
    shown = {each.name: getattr(done, each.name) for each in fields(done)}
    result = orjson.Fragment(shown.pop("result_json"))
    return {**shown, "result": result}


def _said(status: int, code: int, message: str, data: object = None) -> Response:
    return _Json({"code": code, "message": message, "data": data}, status_code=status)
