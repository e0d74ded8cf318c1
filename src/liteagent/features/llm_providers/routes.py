"""`/api/providers`."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from liteagent.features.llm_providers.schemas import (
    ModelList,
    ProviderBody,
    ProviderList,
    ProviderPatch,
    ProviderTest,
    ProviderView,
)
from liteagent.features.llm_providers.service import ProviderService
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute

__all__ = ["router"]

router = APIRouter(prefix="/api/providers", tags=["providers"], route_class=ApiRoute)

_Service = Annotated[ProviderService, Depends(provide(ProviderService))]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_provider(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, body: ProviderBody
) -> ProviderView:
    """Add a provider. Its key is encrypted and never shown again."""
    return await service.create(principal, body, token)


@router.get("")
async def list_providers(service: _Service, principal: CurrentPrincipal, paging: Paging) -> ProviderList:
    """The workspace's providers, newest first."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@router.get("/{provider_id}")
async def get_provider(
    service: _Service, principal: CurrentPrincipal, provider_id: ResourceId
) -> ProviderView:
    """One provider."""
    return await service.get(principal, provider_id)


@router.patch("/{provider_id}")
@router.put("/{provider_id}", name="put_provider")
async def update_provider(
    service: _Service, principal: CurrentPrincipal, provider_id: ResourceId, body: ProviderPatch
) -> ProviderView:
    """Change a provider; a new `api_key` replaces the old one."""
    return await service.update(principal, provider_id, body)


@router.delete("/{provider_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_provider(service: _Service, principal: CurrentPrincipal, provider_id: ResourceId) -> None:
    """Forget a provider; its agents use the default from then on."""
    await service.delete(principal, provider_id)


@router.post("/{provider_id}/test")
async def test_provider(
    service: _Service, principal: CurrentPrincipal, provider_id: ResourceId
) -> ProviderTest:
    """Ask the provider a short question and say how it went."""
    return await service.test(principal, provider_id)


@router.get("/{provider_id}/models")
async def list_models(service: _Service, principal: CurrentPrincipal, provider_id: ResourceId) -> ModelList:
    """The models that the provider offers now."""
    return await service.models(principal, provider_id)
