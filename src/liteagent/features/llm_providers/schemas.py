"""Providers and prices as the API takes and shows them. Keys go in and never come out."""

import re
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, StringConstraints, model_validator

from liteagent.infra.http.schemas import Body, Identifier, Name, View

__all__ = [
    "ModelList",
    "ModelView",
    "PriceBody",
    "PriceDefault",
    "PriceList",
    "PricePatch",
    "PriceView",
    "ProviderBody",
    "ProviderList",
    "ProviderPatch",
    "ProviderTest",
    "ProviderView",
    "Resilience",
    "TestStep",
]

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_MOST_PAIRS = 50


def _is_http(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme.lower() not in ("http", "https") or not separator or not rest or any(c.isspace() for c in url):
        raise ValueError("base_url starts with http:// or https:// and has a host")
    if "@" in rest.partition("/")[0]:
        raise ValueError("base_url is shown to everybody, so it holds no password; use api_key")
    return url.rstrip("/")


def _are_headers(headers: dict[str, str]) -> dict[str, str]:
    for name in headers:
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError("a header's name holds letters, digits and hyphens only")
    return headers


_ProviderType = Annotated[str, Field(min_length=1, max_length=32)]
_ApiKey = Annotated[str, Field(min_length=1, max_length=4000)]
_BaseUrl = Annotated[str, Field(max_length=2000), AfterValidator(_is_http)]
_HeaderValue = Annotated[str, StringConstraints(max_length=4000)]
_Headers = Annotated[dict[str, _HeaderValue], Field(max_length=_MOST_PAIRS), AfterValidator(_are_headers)]
_Query = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=100)], Annotated[str, Field(max_length=1000)]],
    Field(max_length=_MOST_PAIRS),
]
_Options = Annotated[dict[str, JsonValue], Field(max_length=_MOST_PAIRS)]
_Seconds = Annotated[float, Field(gt=0, le=7200, allow_inf_nan=False)]
_Priority = Annotated[int, Field(ge=-1000, le=1000)]
_Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class Resilience(Body):
    """How a provider is called, and what is done when it fails."""

    attempts: int = Field(default=3, ge=1, le=10, description="Most calls for one answer; 1 asks once.")
    longest_wait: _Seconds = Field(default=20.0, description="Longest wait between two calls, seconds.")
    patience: float = Field(
        default=60.0, ge=0, le=7200, description="A `Retry-After` over this many seconds is not waited for."
    )
    silence_seconds: _Seconds = Field(default=120.0, description="How long it may say nothing.")
    attempt_seconds: _Seconds = Field(default=600.0, description="How long one call may take.")
    total_seconds: _Seconds = Field(default=900.0, description="How long all of it may take.")
    concurrency: int | None = Field(
        default=None, ge=1, le=10_000, description="Most calls at once, of each process; null: any number."
    )
    failures: int = Field(
        default=5, ge=1, le=1000, description="Failures in a row after which it is left alone."
    )
    open_seconds: _Seconds = Field(default=30.0, description="How long it is left alone then.")


class ProviderBody(Body):
    """A provider to create; GET /api/meta/provider-types lists the types."""

    name: Name
    provider_type: _ProviderType
    model_name: Name
    api_key: _ApiKey | None = None
    base_url: _BaseUrl | None = None
    is_active: bool = True
    headers: _Headers = Field(default_factory=dict, description="Sent with each request; shown masked.")
    query: _Query = Field(default_factory=dict, description="Parameters added to each address.")
    options: _Options = Field(
        default_factory=dict,
        description="What only this type knows, and `profile`: what the model can do, where it is not known.",
    )
    resilience: Resilience = Resilience()
    priority: _Priority = Field(default=0, description="The lowest number is asked first.")
    weight: _Weight = Field(default=1.0, description="How often it is asked first, where chance decides.")


class ProviderPatch(Body):
    """What to change of a provider; what is left out stays."""

    name: Name | None = None
    model_name: Name | None = None
    api_key: _ApiKey | None = None
    base_url: _BaseUrl | None = None
    is_active: bool | None = None
    headers: _Headers | None = Field(
        default=None, description="All of them; a value as it was shown masked stays what it is."
    )
    query: _Query | None = None
    options: _Options | None = None
    resilience: Resilience | None = None
    priority: _Priority | None = None
    weight: _Weight | None = None


class ProviderView(View):
    """A provider; `api_key` and the values of `headers` are masked."""

    id: str
    name: str
    provider_type: str
    model_name: str = Field(description="Empty for the default model.")
    api_key: str | None = Field(default=None, description="Masked: the last four characters at most.")
    base_url: str | None
    is_active: bool
    headers: dict[str, str]
    query: dict[str, str]
    options: dict[str, JsonValue]
    resilience: Resilience
    priority: int
    weight: float
    from_environment: str | None = Field(
        default=None, description="The variable that it comes from, and goes with."
    )
    created_at: datetime
    updated_at: datetime


class ProviderList(View):
    """A page of providers, newest first."""

    items: list[ProviderView]
    next_cursor: str | None = None


class ModelView(View):
    """A model that a provider offers."""

    id: str
    context_window: int | None = Field(default=None, description="Tokens; null where it is not known.")
    max_output: int | None = Field(default=None, description="Tokens; null where it is not known.")


class ModelList(View):
    """What a provider offers now."""

    items: list[ModelView]
    next_cursor: None = None


class TestStep(View):
    """One step of a test."""

    __test__ = False  # no test class, whatever its name

    name: Literal["connect", "auth", "models", "chat"]
    ok: bool | None = Field(default=None, description="Null where the test did not come so far.")
    error: dict[str, object] | None = None
    fix: str | None = Field(default=None, description="What to do.")


class ProviderTest(View):
    """How connecting, signing in, listing models and a short question went."""

    ok: bool
    model: str
    latency_ms: int
    answer: str | None = None
    error: dict[str, object] | None = Field(default=None, description="Of the step that failed.")
    steps: list[TestStep]


_Rate = Annotated[
    float, Field(ge=0, le=1_000_000, allow_inf_nan=False, description="US dollars for a million tokens.")
]
_ModelPattern = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S+$")]


class PriceBody(Body):
    """A price to enter: of one provider's models, or of those of all providers of a type."""

    provider_id: Identifier | None = None
    provider_type: _ProviderType | None = None
    model: _ModelPattern = Field(description="A model's name, or a pattern with `*`.")
    input: _Rate
    output: _Rate
    cached: _Rate | None = Field(default=None, description="Input out of the cache; null: as `input`.")
    cache_write: _Rate | None = Field(default=None, description="Input into the cache; null: as `input`.")

    @model_validator(mode="after")
    def _is_of_one(self) -> "PriceBody":
        if (self.provider_id is None) == (self.provider_type is None):
            raise ValueError("name either provider_id or provider_type")
        return self


class PricePatch(Body):
    """What to change of a price; what is left out stays."""

    model: _ModelPattern | None = None
    input: _Rate | None = None
    output: _Rate | None = None
    cached: _Rate | None = None
    cache_write: _Rate | None = None


class PriceView(View):
    """A price, in US dollars for a million tokens."""

    id: str
    provider_id: str | None
    provider_type: str | None
    model: str
    input: float
    output: float
    cached: float | None
    cache_write: float | None
    created_at: datetime
    updated_at: datetime


class PriceDefault(View):
    """A price that comes with the product; one of the workspace's comes before it."""

    provider_type: str
    model: str
    input: float
    output: float


class PriceList(View):
    """A page of the workspace's prices, newest first, and all that are shipped."""

    items: list[PriceView]
    next_cursor: str | None = None
    defaults: list[PriceDefault]
    defaults_as_of: str = Field(description="The day of which the shipped prices are.")
