"""`/api/budgets`."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from liteagent.features.budgets.schemas import BudgetBody, BudgetList, BudgetPatch, BudgetView
from liteagent.features.budgets.service import BudgetService
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute

__all__ = ["router"]

router = APIRouter(prefix="/api/budgets", tags=["budgets"], route_class=ApiRoute)

_Service = Annotated[BudgetService, Depends(provide(BudgetService))]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_budget(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, body: BudgetBody
) -> BudgetView:
    """Limit what may be spent; it counts from now on."""
    return await service.create(principal, body, token)


@router.get("")
async def list_budgets(service: _Service, principal: CurrentPrincipal, paging: Paging) -> BudgetList:
    """The workspace's budgets with what was spent of them, newest first."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@router.get("/{budget_id}")
async def get_budget(service: _Service, principal: CurrentPrincipal, budget_id: ResourceId) -> BudgetView:
    """One budget with what was spent of it."""
    return await service.get(principal, budget_id)


@router.patch("/{budget_id}")
@router.put("/{budget_id}", name="put_budget")
async def update_budget(
    service: _Service, principal: CurrentPrincipal, budget_id: ResourceId, body: BudgetPatch
) -> BudgetView:
    """Change a budget's limits; what was spent stays spent."""
    return await service.update(principal, budget_id, body)


@router.delete("/{budget_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_budget(service: _Service, principal: CurrentPrincipal, budget_id: ResourceId) -> None:
    """Forget a budget and what was spent of it."""
    await service.delete(principal, budget_id)
