"""Agents as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from liteagent.infra.http.schemas import Body, Name, Prose, View

__all__ = [
    "AgentBody",
    "AgentList",
    "AgentPatch",
    "AgentView",
    "BudgetBody",
    "GuardrailsBody",
    "MemoryBody",
    "PrefetchBody",
    "SubAgentBody",
    "ToolChoice",
    "ToolName",
    "WarningView",
]

ToolName = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9_-]{1,64}(?:\*)?$")]
_Slug = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
_Ids = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=50)]


class MemoryBody(Body):
    """How much of a long conversation a model sees: the newest messages that fit.

    With `summary`, what no longer fits is summarized once, and the summary is kept with the conversation.
    """

    strategy: Literal["token_limited", "sliding_window", "summary"] = "token_limited"
    max_tokens: Annotated[int, Field(ge=200, le=2_000_000)] = Field(
        default=8000, description="For token_limited and summary; counted approximately."
    )
    window_size: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=20, description="For sliding_window; messages."
    )


class BudgetBody(Body):
    """What one turn may use; null is no limit."""

    max_steps: Annotated[int, Field(ge=1, le=100)] = Field(default=10, description="Model calls.")
    max_tokens: Annotated[int, Field(ge=1, le=100_000_000)] | None = Field(
        default=None, description="Read and written by the model, other agents among it."
    )
    max_seconds: Annotated[float, Field(gt=0, le=86_400)] | None = Field(
        default=None, description="Of work; waiting for people does not count."
    )
    max_cost: Annotated[float, Field(gt=0, le=100_000)] | None = Field(
        default=None, description="US dollars; needs a model whose price is known."
    )


class GuardrailsBody(Body):
    """What the agent's texts are watched for."""

    injection: Literal["flag", "block", "off"] = Field(
        default="flag", description="What is done about texts that read like injected instructions."
    )
    secrets: bool = Field(default=True, description="Whether what looks like a key is taken out of answers.")
    canary: bool = Field(
        default=False,
        description="Whether a secret line is put into the system prompt, and an answer ends where it would "
        "come out.",
    )
    hooks: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=20)] = Field(
        default=[], description="Names of installed guardrails that see each message and each answer."
    )


class SubAgentBody(Body):
    """Another agent that this one may turn to."""

    agent_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: Annotated[str, Field(min_length=1, max_length=48, pattern=r"^[A-Za-z0-9_-]+$")] | None = Field(
        default=None, description="What the model calls it by; its slug when left out."
    )
    description: Annotated[str, Field(max_length=1000)] = Field(
        default="", description="When to turn to it; its own description when left out."
    )
    hand_off: bool = Field(
        default=False, description="Whether it takes the conversation over, instead of answering a task."
    )


class PrefetchBody(Body):
    """A call of a safe tool that is made at the beginning of each turn."""

    tool: ToolName
    arguments: dict[str, Any] = Field(
        default={}, description="`{message}` in a text stands for what the user says."
    )


class ToolChoice(Body):
    """A tool that an agent has; with `approval` a person has to approve each of its calls.

    Without it the tool says itself which of its calls are asked for; with `false` none is.
    """

    name: ToolName
    approval: bool | None = None


_Tools = Annotated[list[ToolName | ToolChoice], Field(max_length=50)]


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
        description="By name, or `{name, approval}`; `<source>__*` is all that a source of tools offers. "
        "`search_knowledge` is there with any data source.",
    )
    memory: MemoryBody = MemoryBody()
    budget: BudgetBody = BudgetBody()
    fallbacks: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=10)] = Field(
        default=[], description="Ids of further providers, for when the first fails."
    )
    strategy: Literal["priority", "round_robin", "weight"] = Field(
        default="priority", description="Which of the providers is asked first."
    )
    output_schema: dict[str, Any] | None = Field(
        default=None, description="JSON Schema, of type object, that answers must fit; any text if left out."
    )
    guardrails: GuardrailsBody = GuardrailsBody()
    agents: Annotated[list[SubAgentBody], Field(max_length=20)] = Field(
        default=[], description="Other agents that it may ask, or hand over to."
    )
    prefetch: Annotated[list[PrefetchBody], Field(max_length=10)] = Field(
        default=[], description="What is looked up before the model is called."
    )


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
    fallbacks: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=10)] | None = None
    strategy: Literal["priority", "round_robin", "weight"] | None = None
    output_schema: dict[str, Any] | None = Field(default=None, description="null takes any text again.")
    guardrails: GuardrailsBody | None = None
    agents: Annotated[list[SubAgentBody], Field(max_length=20)] | None = None
    prefetch: Annotated[list[PrefetchBody], Field(max_length=10)] | None = None


class WarningView(View):
    """Something to think over about an agent, found when it was saved."""

    code: str
    message: str
    tools: list[str]


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
    fallbacks: list[str]
    strategy: Literal["priority", "round_robin", "weight"]
    output_schema: dict[str, Any] | None
    guardrails: GuardrailsBody
    agents: list[SubAgentBody]
    prefetch: list[PrefetchBody]
    warnings: list[WarningView]
    created_at: datetime
    updated_at: datetime


class AgentList(View):
    """A page of agents, newest first."""

    items: list[AgentView]
    next_cursor: str | None = None
