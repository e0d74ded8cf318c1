"""`/api/triggers` and `/hooks/{token}`."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Path, Query, Request, status

from liteagent.features.triggers.hooks import HookRequest, HookService
from liteagent.features.triggers.incoming import LARGEST_BODY
from liteagent.features.triggers.schemas import (
    DeliveryList,
    DeliveryView,
    HookAccepted,
    MomentsView,
    NewTriggerView,
    RotateBody,
    TrialBody,
    TriggerBody,
    TriggerList,
    TriggerPatch,
    TriggerView,
)
from liteagent.features.triggers.service import TriggerService
from liteagent.infra.http.body import media_type
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute, PublicRoute

__all__ = ["hooks", "router"]

router = APIRouter(prefix="/api/triggers", tags=["triggers"], route_class=ApiRoute)

_Service = Annotated[TriggerService, Depends(provide(TriggerService))]
_Hooks = Annotated[HookService, Depends(provide(HookService))]
_Token = Annotated[str, Path(description="The secret part of the address.")]
_HOOK_BODY: dict[str, Any] = {
    "requestBody": {
        "description": "JSON, a form, or text, up to 1 MB.",
        "content": {"*/*": {"schema": {}}},
    }
}


class _HookRoute(PublicRoute):
    """A route that anybody may use who knows its address."""

    max_body_bytes: ClassVar[int] = LARGEST_BODY


hooks = APIRouter(prefix="/hooks", tags=["triggers"], route_class=_HookRoute)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_trigger(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, body: TriggerBody
) -> NewTriggerView:
    """Add a schedule, a webhook or an outgoing webhook. Its address and its secret are shown this once."""
    return await service.create(principal, body, token)


@router.get("")
async def list_triggers(service: _Service, principal: CurrentPrincipal, paging: Paging) -> TriggerList:
    """The workspace's triggers, newest first, each with the newest thing that it did."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@router.get("/moments")
async def preview_moments(
    service: _Service,
    _principal: CurrentPrincipal,
    cron: Annotated[str, Query(min_length=1, max_length=200, description="Five fields of cron.")],
    timezone: Annotated[str, Query(min_length=1, max_length=64, description="An IANA name.")] = "UTC",
) -> MomentsView:
    """The next five moments of a schedule, without keeping it."""
    return await service.moments(cron, timezone)


@router.get("/{trigger_id}")
async def get_trigger(service: _Service, principal: CurrentPrincipal, trigger_id: ResourceId) -> TriggerView:
    """One trigger with its next five moments."""
    return await service.get(principal, trigger_id)


@router.patch("/{trigger_id}")
@router.put("/{trigger_id}", name="put_trigger")
async def update_trigger(
    service: _Service, principal: CurrentPrincipal, trigger_id: ResourceId, body: TriggerPatch
) -> NewTriggerView:
    """Change a trigger; `enabled` pauses it and lets it go on from then."""
    return await service.update(principal, trigger_id, body)


@router.delete("/{trigger_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_trigger(service: _Service, principal: CurrentPrincipal, trigger_id: ResourceId) -> None:
    """Delete a trigger with the log of what it did. Its runs stay, and go on."""
    await service.delete(principal, trigger_id)


@router.post("/{trigger_id}/rotate")
async def rotate_trigger(
    service: _Service, principal: CurrentPrincipal, trigger_id: ResourceId, body: RotateBody | None = None
) -> NewTriggerView:
    """Give it another address and another secret, shown this once; the old ones may hold for a while."""
    return await service.rotate(principal, trigger_id, body.keep_seconds if body else 0)


@router.post("/{trigger_id}/test", status_code=status.HTTP_202_ACCEPTED)
async def fire_trigger(
    service: _Service,
    principal: CurrentPrincipal,
    token: Idempotency,
    trigger_id: ResourceId,
    body: TrialBody | None = None,
) -> DeliveryView:
    """Fire now, also while paused: start the run, or send the receiver a `trigger.test`."""
    return await service.test(principal, trigger_id, body.body if body else None, token)


@router.get("/{trigger_id}/deliveries")
async def list_deliveries(
    service: _Service, principal: CurrentPrincipal, trigger_id: ResourceId, paging: Paging
) -> DeliveryList:
    """What a trigger did, newest first; kept for 30 days."""
    return await service.deliveries(principal, trigger_id, limit=paging.limit, cursor=paging.cursor)


@router.post("/{trigger_id}/deliveries/{delivery_id}/redeliver", status_code=status.HTTP_202_ACCEPTED)
async def redeliver(
    service: _Service, principal: CurrentPrincipal, trigger_id: ResourceId, delivery_id: ResourceId
) -> DeliveryView:
    """Try a delivery again, under its old id."""
    return await service.redeliver(principal, trigger_id, delivery_id)


@hooks.post("/{token}", status_code=status.HTTP_202_ACCEPTED, openapi_extra=_HOOK_BODY)
async def receive_hook(request: Request, service: _Hooks, token: _Token) -> HookAccepted:
    """Start the run that a webhook is for. The run is durable before this is answered."""
    heard = HookRequest(
        media_type(request.headers), dict(request.headers), dict(request.query_params), await request.body()
    )
    return await service.receive(token, heard)
