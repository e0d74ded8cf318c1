"""`/api/tools`."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from liteagent.features.tools.schemas import (
    CallBody,
    CallView,
    SourceBody,
    SourceList,
    SourcePatch,
    SourceView,
    ToolPatch,
)
from liteagent.features.tools.service import ToolService
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute

__all__ = ["router"]

router = APIRouter(prefix="/api/tools", tags=["tools"], route_class=ApiRoute)

_Service = Annotated[ToolService, Depends(provide(ToolService))]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_tool_source(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, body: SourceBody
) -> SourceView:
    """Add an MCP server or an API. Nothing is connected; its headers are encrypted and never shown again."""
    return await service.create(principal, body, token)


@router.get("")
async def list_tool_sources(service: _Service, principal: CurrentPrincipal, paging: Paging) -> SourceList:
    """The workspace's sources of tools, newest first."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@router.get("/{source_id}")
async def get_tool_source(
    service: _Service, principal: CurrentPrincipal, source_id: ResourceId
) -> SourceView:
    """One source with its tools."""
    return await service.get(principal, source_id)


@router.patch("/{source_id}")
@router.put("/{source_id}", name="put_tool_source")
async def update_tool_source(
    service: _Service, principal: CurrentPrincipal, source_id: ResourceId, body: SourcePatch
) -> SourceView:
    """Change a source. To lead it to another server, send `headers`, too."""
    return await service.update(principal, source_id, body)


@router.delete("/{source_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_tool_source(service: _Service, principal: CurrentPrincipal, source_id: ResourceId) -> None:
    """Forget a source; agents that name its tools have to be changed."""
    await service.delete(principal, source_id)


@router.post("/{source_id}/refresh")
async def refresh_tool_source(
    service: _Service, principal: CurrentPrincipal, source_id: ResourceId
) -> SourceView:
    """Ask the source for its tools; what is new or has changed waits until it is accepted."""
    return await service.refresh(principal, source_id)


@router.patch("/{source_id}/tools")
async def update_tool(
    service: _Service, principal: CurrentPrincipal, source_id: ResourceId, body: ToolPatch
) -> SourceView:
    """Allow or forbid one tool, say whether a person approves its calls, or accept it as it is now."""
    return await service.change_tool(principal, source_id, body)


@router.post("/{source_id}/call")
async def call_tool(
    service: _Service, principal: CurrentPrincipal, source_id: ResourceId, body: CallBody
) -> CallView:
    """Try a tool that only reads."""
    return await service.call(principal, source_id, body)
