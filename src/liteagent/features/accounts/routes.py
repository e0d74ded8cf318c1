"""`/api/auth`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header

from liteagent.features.accounts.schemas import (
    ApiKeyBody,
    ApiKeyCreated,
    ApiKeyList,
    LoginBody,
    MeView,
    RefreshBody,
    SetupBody,
    TokenView,
)
from liteagent.features.accounts.service import AccountService
from liteagent.infra.http.dependencies import CurrentPrincipal, Idempotency, Paging, ResourceId, provide
from liteagent.infra.http.route import ApiRoute, PublicRoute

__all__ = ["router"]

_public = APIRouter(prefix="/api/auth", tags=["auth"], route_class=PublicRoute)
_known = APIRouter(prefix="/api/auth", tags=["auth"], route_class=ApiRoute)

_Service = Annotated[AccountService, Depends(provide(AccountService))]


@_public.post("/setup")
async def set_up(service: _Service, body: SetupBody) -> TokenView:
    """Make the first user of an empty installation and sign them in. Works once."""
    token = body.token.get_secret_value() if body.token else None
    return await service.set_up(body.email, body.password.get_secret_value(), token)


@_public.post("/login")
async def login(service: _Service, body: LoginBody) -> TokenView:
    """Sign in with an e-mail address and a password."""
    return await service.login(body.email, body.password.get_secret_value())


@_public.post("/refresh")
async def refresh(service: _Service, body: RefreshBody) -> TokenView:
    """A new pair of tokens for a refresh token, which works once; using it again ends the sign-in."""
    return await service.refresh(body.refresh_token.get_secret_value())


@_known.post("/logout", status_code=204)
async def logout(service: _Service, authorization: Annotated[str, Header(include_in_schema=False)]) -> None:
    """End the sign-in that the access token comes from, with all its tokens."""
    await service.logout(authorization)


@_known.get("/me")
async def me(service: _Service, principal: CurrentPrincipal) -> MeView:
    """Who asks, and in which workspace."""
    return await service.me(principal)


@_known.post("/api-keys", status_code=201)
async def create_api_key(
    service: _Service, principal: CurrentPrincipal, token: Idempotency, body: ApiKeyBody
) -> ApiKeyCreated:
    """Make an API key. The key itself is in this answer and never again."""
    return await service.add_key(principal, body, token)


@_known.get("/api-keys")
async def list_api_keys(service: _Service, principal: CurrentPrincipal, paging: Paging) -> ApiKeyList:
    """Your API keys and the operator's, newest first, without the keys themselves."""
    return await service.list_keys(principal, limit=paging.limit, cursor=paging.cursor)


@_known.delete("/api-keys/{key_id}", status_code=204)
async def delete_api_key(service: _Service, principal: CurrentPrincipal, key_id: ResourceId) -> None:
    """Delete an API key; it stops working at once."""
    await service.delete_key(principal, key_id)


router = APIRouter()
router.include_router(_public)
router.include_router(_known)
