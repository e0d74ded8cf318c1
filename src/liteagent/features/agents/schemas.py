"""Agents as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from liteagent.infra.http.schemas import Body, Name, Prose, View

__all__ = [
    "AgentBody",
    "AgentList",
    "AgentPatch",
    "AgentView",
    "BudgetBody",
    "MemoryBody",
    "ToolChoice",
    "ToolName",
]

ToolName = Literal["request_human_input", "search_knowledge"]
_Slug = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
_Ids = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=50)]


class MemoryBody(Body):
    """How much of a long conversation a model sees: the newest messages that fit."""

    strategy: Literal["token_limited", "sliding_window"] = "token_limited"
    max_tokens: Annotated[int, Field(ge=200, le=2_000_000)] = Field(
        default=8000, description="For token_limited; counted approximately."
    )
    window_size: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=20, description="For sliding_window; messages."
    )


class BudgetBody(Body):
    """What one turn may use."""

    max_steps: Annotated[int, Field(ge=1, le=100)] = Field(default=10, description="Model calls.")


class ToolChoice(Body):
    """A tool that an agent has; with `approval` a person has to approve each of its calls."""

    name: ToolName
    approval: bool = False


_Tools = Annotated[list[ToolName | ToolChoice], Field(max_length=20)]


class AgentBody(Body):
    """An agent to create."""

    name: Name
    slug: _Slug | None = Field(default=None, description="Unique; made from the name when left out.")
    description: Annotated[str, Field(max_length=2000)] = ""
    system_prompt: Prose = ""
    provider_id: Annotated[str | None, Field(max_length=64)] = Field(
        default=None, description="Left out: the workspace's default provider."
    )
    datasource_ids: _Ids = Field(default=[], description="What it may search to answer.")
    tools: _Tools = Field(
        default=[],
        description="By name, or `{name, approval}`. `search_knowledge` is there with any data source.",
    )
    memory: MemoryBody = MemoryBody()
    budget: BudgetBody = BudgetBody()


class AgentPatch(Body):
    """What to change of an agent; what is left out stays."""

    name: Name | None = None
    slug: _Slug | None = None
    description: Annotated[str | None, Field(max_length=2000)] = None
    system_prompt: Prose | None = None
    provider_id: Annotated[str | None, Field(max_length=64)] = None
    datasource_ids: _Ids | None = None
    tools: _Tools | None = None
    memory: MemoryBody | None = None
    budget: BudgetBody | None = None


class AgentView(View):
    """An agent."""

    id: str
    name: str
    slug: str
    description: str
    system_prompt: str
    provider_id: str | None
    datasource_ids: list[str]
    tools: list[ToolName | ToolChoice]
    memory: MemoryBody
    budget: BudgetBody
    created_at: datetime
    updated_at: datetime


class AgentList(View):
    """A page of agents, newest first."""

    items: list[AgentView]
    next_cursor: str | None = None
