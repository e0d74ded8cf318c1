"""The models that a run has pinned: plain data, which a run keeps."""

from dataclasses import dataclass, field
from typing import Any

from liteagent.contracts.json import JsonObject
from liteagent.engine.resilience.fallback import Strategy

__all__ = ["ProviderRef"]


@dataclass(frozen=True, slots=True)
class ProviderRef:
    """A provider and one of its models, and what is asked where it fails.

    Attributes:
        id: UUID of the provider; None for the built-in model.
        model: Its name, as the provider spells it.
        alternatives: Further models; those have no alternatives of their own.
        strategy: Which of all these is asked first.
        priority: For the strategy `priority`: the lowest number comes first; equal ones in order.
        weight: For the strategy `weight`: how often it comes first beside the others.
        profile: Fields of `ModelProfile` that override what is known of the model.
        created_by: Who has pinned it, and so pays, as `Principal.name` has it.
        api_key_id: UUID of the API key that was shown then.
    """

    id: str | None
    provider_type: str
    model: str
    alternatives: "tuple[ProviderRef, ...]" = ()
    strategy: Strategy = "priority"
    priority: int = 0
    weight: float = 1.0
    profile: JsonObject = field(default_factory=dict[str, Any])
    created_by: str = ""
    api_key_id: str | None = None
