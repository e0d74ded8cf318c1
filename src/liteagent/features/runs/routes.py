"""`/api/runs`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from liteagent.contracts.runs import RunStatus
from liteagent.features.runs.following import Cursor
from liteagent.features.runs.schemas import AnswerBody, EventList, RunList, RunView
from liteagent.features.runs.service import RunService
from liteagent.infra.http.dependencies import CurrentPrincipal, Paging, ResourceId, Streamer, provide
from liteagent.infra.http.route import ApiRoute

__all__ = ["router"]

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=ApiRoute)

_Service = Annotated[RunService, Depends(provide(RunService))]
_LastEventId = Annotated[str | None, Header(description="The id of the last event seen: go on after it.")]


@router.get("")
async def list_runs(
    service: _Service,
    principal: CurrentPrincipal,
    paging: Paging,
    kind: Annotated[str | None, Query(max_length=32)] = None,
    status: RunStatus | None = None,
) -> RunList:
    """The workspace's runs, newest first."""
    return await service.list(principal, kind=kind, status=status, limit=paging.limit, cursor=paging.cursor)


@router.get("/{run_id}")
async def get_run(service: _Service, principal: CurrentPrincipal, run_id: ResourceId) -> RunView:
    """One run."""
    return await service.get(principal, run_id)


@router.get("/{run_id}/events", response_model=EventList)
async def get_events(
    request: Request,
    service: _Service,
    principal: CurrentPrincipal,
    stream: Streamer,
    run_id: ResourceId,
    last_event_id: _LastEventId = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[int, Query(ge=0, le=2**31 - 1, description="Events after this seq (JSON only).")] = 0,
) -> Response | EventList:
    """A run's events: a page of JSON; or live, for `Accept: text/event-stream` or with a `Last-Event-ID`."""
    if last_event_id is not None or "text/event-stream" in request.headers.get("accept", ""):
        frames = await service.follow(principal, run_id, Cursor.parse(last_event_id))
        return await stream(frames)
    return await service.events(principal, run_id, after=cursor, limit=limit)


@router.post("/{run_id}/cancel")
async def cancel_run(service: _Service, principal: CurrentPrincipal, run_id: ResourceId) -> RunView:
    """End a run and stop what it is doing."""
    return await service.cancel(principal, run_id)


@router.post("/{run_id}/answers")
async def answer_run(
    service: _Service, principal: CurrentPrincipal, run_id: ResourceId, body: AnswerBody
) -> RunView:
    """Answer what a waiting run asks."""
    return await service.answer(principal, run_id, body.answer, body.request_id)
