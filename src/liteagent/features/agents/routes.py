"""`/api/agents`."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from liteagent.features.agents.schemas import AgentBody, AgentList, AgentPatch, AgentView
from liteagent.features.agents.service import AgentService
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute

__all__ = ["router"]

router = APIRouter(prefix="/api/agents", tags=["agents"], route_class=ApiRoute)

_Service = Annotated[AgentService, Depends(provide(AgentService))]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_agent(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, body: AgentBody
) -> AgentView:
    """Create an agent. It uses the default provider unless it names one."""
    return await service.create(principal, body, token)


@router.get("")
async def list_agents(service: _Service, principal: CurrentPrincipal, paging: Paging) -> AgentList:
    """The workspace's agents, newest first."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@router.get("/{agent_id}")
async def get_agent(service: _Service, principal: CurrentPrincipal, agent_id: ResourceId) -> AgentView:
    """One agent."""
    return await service.get(principal, agent_id)


@router.patch("/{agent_id}")
@router.put("/{agent_id}", name="put_agent")
async def update_agent(
    service: _Service, principal: CurrentPrincipal, agent_id: ResourceId, body: AgentPatch
) -> AgentView:
    """Change an agent: what the body leaves out stays. Turns under way keep the agent as it was."""
    return await service.update(principal, agent_id, body)


@router.delete("/{agent_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_agent(service: _Service, principal: CurrentPrincipal, agent_id: ResourceId) -> None:
    """Delete an agent; its conversations stay readable."""
    await service.delete(principal, agent_id)
