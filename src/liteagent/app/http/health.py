"""`/health`: whether the process lives, and whether it can work."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, TypeAlias

import anyio
import orjson
import structlog
from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from liteagent.infra.http.route import PublicRoute
from liteagent.infra.http.schemas import View

__all__ = ["Check", "Health", "router"]

Check: TypeAlias = Callable[[], Awaitable[None]]
"""Raises if a part cannot work."""

_CHECK_SECONDS = 5.0

_log = structlog.stdlib.get_logger(__name__)

router = APIRouter(prefix="/health", tags=["health"], route_class=PublicRoute)


class Health(View):
    """`ok`, or `unavailable` with the parts that fail."""

    status: Literal["ok", "unavailable"]
    checks: dict[str, Literal["ok", "failed"]] = Field(default_factory=dict[str, Literal["ok", "failed"]])


@router.get("/live")
async def live() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/ready", responses={503: {"model": Health, "description": "A part cannot work."}})
async def ready(request: Request) -> Response:
    """Every part can work: 200, or 503 with the ones that cannot."""
    return await _answer(request.app.state.checks)


@router.get("", responses={503: {"model": Health, "description": "A part cannot work."}})
async def health(request: Request) -> Response:
    """The same as `/health/ready`."""
    return await _answer(request.app.state.checks)


async def _answer(checks: Mapping[str, Check]) -> Response:
    results: dict[str, Any] = {}

    async def run(name: str, check: Check) -> None:
        results[name] = await _outcome(name, check)

    async with anyio.create_task_group() as group:
        for name, check in checks.items():
            group.start_soon(run, name, check)
    good = all(result == "ok" for result in results.values())
    content = orjson.dumps({"status": "ok" if good else "unavailable", "checks": results})
    return Response(content, 200 if good else 503, media_type="application/json")


async def _outcome(name: str, check: Check) -> Literal["ok", "failed"]:
    try:
        with anyio.fail_after(_CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001  whatever is wrong with a part, the answer is the same
        _log.warning("check_failed", check=name, exc_info=error)
        return "failed"
    return "ok"
