"""Providers as the API takes and shows them. Keys go in and never come out."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from liteagent.infra.http.schemas import Body, Name, View

__all__ = [
    "ModelList",
    "ModelView",
    "ProviderBody",
    "ProviderList",
    "ProviderPatch",
    "ProviderTest",
    "ProviderView",
]


def _is_http(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme.lower() not in ("http", "https") or not separator or not rest or any(c.isspace() for c in url):
        raise ValueError("base_url starts with http:// or https:// and has a host")
    if "@" in rest.partition("/")[0]:
        raise ValueError("base_url is shown to everybody, so it holds no password; use api_key")
    return url.rstrip("/")


_ProviderType = Annotated[str, Field(min_length=1, max_length=32)]
_ApiKey = Annotated[str, Field(min_length=1, max_length=4000)]
_BaseUrl = Annotated[str, Field(max_length=2000), AfterValidator(_is_http)]


class ProviderBody(Body):
    """A provider to create; GET /api/meta/provider-types lists the types."""

    name: Name
    provider_type: _ProviderType
    model_name: Name
    api_key: _ApiKey | None = None
    base_url: _BaseUrl | None = None
    is_active: bool = True


class ProviderPatch(Body):
    """What to change of a provider; what is left out stays."""

    name: Name | None = None
    model_name: Name | None = None
    api_key: _ApiKey | None = None
    base_url: _BaseUrl | None = None
    is_active: bool | None = None


class ProviderView(View):
    """A provider; `api_key` is masked."""

    id: str
    name: str
    provider_type: str
    model_name: str
    api_key: str | None = Field(default=None, description="Masked: the last four characters at most.")
    base_url: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ProviderList(View):
    """A page of providers, newest first."""

    items: list[ProviderView]
    next_cursor: str | None = None


class ModelView(View):
    """A model that a provider offers."""

    id: str


class ModelList(View):
    """What a provider offers now."""

    items: list[ModelView]
    next_cursor: None = None


class ProviderTest(View):
    """How a short question to the provider went."""

    ok: bool
    model: str
    latency_ms: int
    answer: str | None = None
    error: dict[str, object] | None = None
