"""An agent as a run has pinned it: plain data, which a run keeps."""

from dataclasses import dataclass

from liteagent.engine.agent.definition import AgentDefinition
from liteagent.features.llm_providers.pinned import ProviderRef
from liteagent.features.tools.pinned import PinnedTool

__all__ = ["PinnedAgent", "PinnedMember"]


@dataclass(frozen=True, slots=True)
class PinnedMember:
    """An agent that another may reach, by the name that it knows it by."""

    name: str
    agent: "PinnedAgent"


@dataclass(frozen=True, slots=True)
class PinnedAgent:
    """An agent as a run has pinned it: what is edited later changes no run that has begun.

    Attributes:
        tools: From the catalogue; `search_knowledge` and `request_human_input` are its own.
        members: The agents that it may ask or hand over to, as they were then.
    """

    agent_id: str
    definition: AgentDefinition
    provider: ProviderRef
    datasource_ids: tuple[str, ...]
    tools: tuple[PinnedTool, ...] = ()
    members: tuple[PinnedMember, ...] = ()
