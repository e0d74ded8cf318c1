"""`/api/runs` and `/api/inbox`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from liteagent.contracts.runs import RunStatus
from liteagent.features.runs.following import Cursor
from liteagent.features.runs.schemas import (
    AnswerBody,
    EventList,
    ForkBody,
    InboxList,
    ReplayBody,
    ReplayView,
    RunList,
    RunView,
)
from liteagent.features.runs.service import RunService
from liteagent.infra.http.dependencies import (
    CurrentPrincipal,
    Idempotency,
    Paging,
    ResourceId,
    Streamer,
    provide,
)
from liteagent.infra.http.route import ApiRoute

__all__ = ["inbox", "router"]

router = APIRouter(prefix="/api/runs", tags=["runs"], route_class=ApiRoute)
inbox = APIRouter(prefix="/api/inbox", tags=["runs"], route_class=ApiRoute)

_Service = Annotated[RunService, Depends(provide(RunService))]
_AS_PINNED = ReplayBody()
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
    """Answer what a run asks.

    The answer is one of the question's options, or an object that fits its form, where it has them.
    """
    return await service.answer(principal, run_id, body.answer, body.request_id)


@router.post("/{run_id}/pause")
async def pause_run(service: _Service, principal: CurrentPrincipal, run_id: ResourceId) -> RunView:
    """Let a run begin nothing new; when what is under way is done, it is PAUSED."""
    return await service.pause(principal, run_id)


@router.post("/{run_id}/resume")
async def resume_run(service: _Service, principal: CurrentPrincipal, run_id: ResourceId) -> RunView:
    """Let a paused run go on."""
    return await service.resume(principal, run_id)


@router.post("/{run_id}/fork", status_code=201)
async def fork_run(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, run_id: ResourceId, body: ForkBody
) -> RunView:
    """Start another run that shares this one's events up to `at`, with a patched state if you like."""
    return await service.fork(principal, run_id, body.at, body.patch, token)


@router.post("/{run_id}/replay")
async def replay_run(
    service: _Service, principal: CurrentPrincipal, run_id: ResourceId, body: ReplayBody = _AS_PINNED
) -> ReplayView:
    """Fold a run anew, calling nothing, and name the first decision that would be another one now."""
    return await service.replay(principal, run_id, body.workflow)


@inbox.get("")
async def list_inbox(service: _Service, principal: CurrentPrincipal, paging: Paging) -> InboxList:
    """What the workspace's runs ask people and wait for, newest first."""
    return await service.inbox(principal, limit=paging.limit, cursor=paging.cursor)
