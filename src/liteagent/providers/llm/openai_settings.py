"""What is configured of a provider that speaks OpenAI's protocols: plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from liteagent.contracts.llm import ModelProfile
from liteagent.providers.llm.openai_dialect import Api, Dialect

__all__ = ["OpenAISettings"]


@dataclass(frozen=True, slots=True)
class OpenAISettings:
    """One configured model.

    Attributes:
        provider: Its type; the key of what it keeps in `Message.provider_state`.
        model: Its name, as the server spells it.
        api: What is asked first.
        loose_schema: Whether a schema that cannot be enforced strictly is sent all the same.
        prompt_cache_key: Names calls that share the beginning of their prompt; not sent where empty.
        reasoning_summary: How much of its thinking is told: `auto`, `concise`, `detailed` or `off`.
        return_reasoning: Whether the thinking before tool calls is sent back with them, as some servers want.
        body: Fields that are added to each request.
    """

    provider: str
    model: str
    profile: ModelProfile
    api: Api = "chat"
    loose_schema: bool = True
    prompt_cache_key: str = ""
    reasoning_summary: str = "auto"
    return_reasoning: bool = False
    body: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def dialect(self) -> Dialect:
        """How the server is asked as long as it has refused nothing."""
        profile = self.profile
        return Dialect(self.api, profile.structured, profile.system_role, profile.limit_name)
