"""How a model of Anthropic wants to be asked, where that differs from one to another: data, by its name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from liteagent.contracts.llm import ModelProfile
from liteagent.providers.vendors.profiles import ProfileTable

__all__ = ["Manner", "manner_of", "profiles"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is asked.

    Attributes:
        profile: What it can do.
        thinking: Whether an effort or a budget of tokens says how long it may think.
        thinking_off: What a request says that wants no thinking; `never` where there is always some.
        forced_tools: Whether a call can be demanded; else it is asked for in words.
        cache: How long the stable head of a request is kept, None for not at all.
        max_tokens: The answer's limit where a request has none.
        body: Fields that are added to each request.
    """

    profile: ModelProfile
    thinking: Literal["adaptive", "budget"] = "adaptive"
    thinking_off: Literal["disabled", "between_tools", "never"] = "disabled"
    forced_tools: bool = True
    cache: Literal["5m", "1h"] | None = "5m"
    max_tokens: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])


def manner_of(model: str, profile: ModelProfile, settings: dict[str, Any]) -> Manner:
    """How `model` is asked, as the table says, with some of it set otherwise.

    Args:
        model: Its name, known or not.
        profile: What it can do.
        settings: Fields of `Manner` that override.
    """
    return Manner(profile, **{**profiles().fields(model, "manner"), **settings})


@cache
def profiles() -> ProfileTable:
    """What its models can do."""
    return ProfileTable("liteagent.providers.llm", "anthropic_profiles.toml")
