"""`/api/providers` and `/api/prices`."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from liteagent.features.llm_providers.price_list import PriceService
from liteagent.features.llm_providers.schemas import (
    ModelList,
    PriceBody,
    PriceList,
    PricePatch,
    PriceView,
    ProviderBody,
    ProviderList,
    ProviderPatch,
    ProviderTest,
    ProviderView,
)
from liteagent.features.llm_providers.service import ProviderService
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute

__all__ = ["prices", "router"]

router = APIRouter(prefix="/api/providers", tags=["providers"], route_class=ApiRoute)

prices = APIRouter(prefix="/api/prices", tags=["prices"], route_class=ApiRoute)

_Service = Annotated[ProviderService, Depends(provide(ProviderService))]
_Prices = Annotated[PriceService, Depends(provide(PriceService))]


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
    """Connect, sign in, list the models and ask a short question: how each went, and what to do."""
    return await service.test(principal, provider_id)


@router.get("/{provider_id}/models")
async def list_models(service: _Service, principal: CurrentPrincipal, provider_id: ResourceId) -> ModelList:
    """The models that the provider offers now, with how much each can read and write."""
    return await service.models(principal, provider_id)


@prices.post("", status_code=status.HTTP_201_CREATED)
async def create_price(
    service: _Prices, principal: CurrentPrincipal, token: Idempotency, body: PriceBody
) -> PriceView:
    """Enter what a model costs. A price of one provider comes before one of its type."""
    return await service.create(principal, body, token)


@prices.get("")
async def list_prices(service: _Prices, principal: CurrentPrincipal, paging: Paging) -> PriceList:
    """The workspace's prices, newest first, and those that are shipped."""
    return await service.list(principal, limit=paging.limit, cursor=paging.cursor)


@prices.get("/{price_id}")
async def get_price(service: _Prices, principal: CurrentPrincipal, price_id: ResourceId) -> PriceView:
    """One price."""
    return await service.get(principal, price_id)


@prices.patch("/{price_id}")
@prices.put("/{price_id}", name="put_price")
async def update_price(
    service: _Prices, principal: CurrentPrincipal, price_id: ResourceId, body: PricePatch
) -> PriceView:
    """Change a price; what has been counted stays as it is."""
    return await service.update(principal, price_id, body)


@prices.delete("/{price_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_price(service: _Prices, principal: CurrentPrincipal, price_id: ResourceId) -> None:
    """Forget a price."""
    await service.delete(principal, price_id)
