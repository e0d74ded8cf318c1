"""From agents as users configure them to agents as runs pin them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from liteagent.contracts.clock import IdSource
from liteagent.contracts.errors import InvalidInputError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.contracts.llm import OutputSchema
from liteagent.contracts.registry import Registry
from liteagent.contracts.tools import ToolDefinition
from liteagent.engine.agent.definition import AgentDefinition, SubAgent
from liteagent.engine.agent.guardrails import Guardrail
from liteagent.engine.agent.guards import Guards
from liteagent.engine.agent.human import request_human_input
from liteagent.engine.agent.knowledge import SEARCH_KNOWLEDGE, search_definition
from liteagent.engine.agent.memory import Memory, SlidingWindowMemory, SummaryMemory, TokenLimitedMemory
from liteagent.engine.agent.prefetch import Prefetch
from liteagent.engine.agent.subagents import MAX_DEPTH
from liteagent.features.agents.pinned import PinnedAgent, PinnedMember
from liteagent.features.agents.schemas import (
    AgentBody,
    AgentView,
    BudgetBody,
    GuardrailsBody,
    MemoryBody,
    PrefetchBody,
    SubAgentBody,
    ToolChoice,
)
from liteagent.features.llm_providers.service import ProviderService
from liteagent.features.tools.pinned import PinnedTool
from liteagent.features.tools.service import ToolService

__all__ = ["AgentPinning", "Configured", "Finds"]


class Configured(Protocol):
    """What is configured of an agent, sent or stored."""

    @property
    def name(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def system_prompt(self) -> str: ...
    @property
    def provider_id(self) -> str | None: ...
    @property
    def datasource_ids(self) -> list[str]: ...
    @property
    def tools(self) -> Sequence[str | ToolChoice]: ...
    @property
    def memory(self) -> MemoryBody: ...
    @property
    def budget(self) -> BudgetBody: ...
    @property
    def fallbacks(self) -> list[str]: ...
    @property
    def output_schema(self) -> dict[str, object] | None: ...
    @property
    def guardrails(self) -> GuardrailsBody: ...
    @property
    def agents(self) -> list[SubAgentBody]: ...
    @property
    def prefetch(self) -> list[PrefetchBody]: ...


class Finds(Protocol):
    """Finds an agent of a workspace."""

    async def __call__(self, principal: Principal, agent_id: str, /) -> AgentView:
        """The agent.

        Raises:
            NotFoundError: Not in this workspace.
        """
        ...


class AgentPinning:
    """Pins agents with everything that a run of them needs.

    Args:
        tools: The catalogue; None where there is none.
        guardrails: Those that are installed.
        find: Finds the other agents that one may reach.
    """

    def __init__(
        self,
        providers: ProviderService,
        tools: ToolService | None,
        guardrails: Registry[Guardrail],
        find: Finds,
        new_id: IdSource,
    ) -> None:
        self._providers = providers
        self._tools = tools
        self._guardrails = guardrails
        self._find = find
        self._new_id = new_id

    async def pinned(
        self, principal: Principal, agent: AgentView, callers: tuple[str, ...] = ()
    ) -> PinnedAgent:
        """The agent as it is now, with its model, its tools and the agents that it may reach.

        An agent that is among its own callers is left out, and so is what stands more than four deep.
        """
        provider = await self._providers.pin(principal, agent.provider_id, agent.fallbacks, agent.strategy)
        tools = await self._pinned_tools(principal, agent.tools)
        members = await self._members(principal, agent.agents, (*callers, agent.id))
        definition = self._definition(agent, tools, members, self._providers.profile(provider).context_window)
        return PinnedAgent(agent.id, definition, provider, tuple(agent.datasource_ids), tools, members)

    async def checked(self, principal: Principal, agent: AgentBody, agent_id: str) -> AgentDefinition:
        """What an agent that is about to be saved would be.

        Raises:
            InvalidInputError: Something in it cannot be.
            NotFoundError: It names an agent or a provider that is not there.
        """
        self._check_guardrails(agent.guardrails.hooks)
        for each in agent.fallbacks:
            await self._providers.get(principal, each)
        try:
            tools = await self._pinned_tools(principal, agent.tools)
        except NotFoundError as error:
            problem = {"at": "body.tools", "type": error.error_code, "message": error.message}
            raise InvalidInputError(error.message, details={"errors": [problem]}) from None
        members = await self._members(principal, agent.agents, (agent_id,))
        return self._definition(agent, tools, members, None)

    def _definition(
        self,
        agent: Configured,
        tools: Sequence[PinnedTool],
        members: Sequence[PinnedMember],
        context_window: int | None,
    ) -> AgentDefinition:
        budget, choices = agent.budget, _choices(agent.tools)
        own = _own(choices, searches=bool(agent.datasource_ids))
        return AgentDefinition(
            name=agent.name,
            purpose=agent.system_prompt or agent.description,
            tools=(*own, *(_with_approval(each, choices) for each in tools)),
            memory=_memory(agent.memory),
            max_steps=budget.max_steps,
            max_tokens=budget.max_tokens,
            max_seconds=budget.max_seconds,
            max_cost=budget.max_cost,
            output_schema=_schema(agent.output_schema),
            guards=self._guards(agent.guardrails),
            prefetch=tuple(Prefetch(each.tool, each.arguments) for each in agent.prefetch),
            agents=_subagents(agent.agents, members),
            context_window=context_window,
        )

    def _check_guardrails(self, hooks: Sequence[str]) -> None:
        known = self._guardrails.names() if hooks else ()  # which reads what every package has installed
        if unknown := [name for name in hooks if name not in known]:
            raise InvalidInputError(
                f"There is no guardrail {unknown[0]!r}. Known: {', '.join(known) or 'none'}.",
                details={"field": "guardrails.hooks"},
            )

    def _guards(self, guardrails: GuardrailsBody) -> Guards:
        canary = f"canary-{self._new_id()}" if guardrails.canary else ""
        return Guards(guardrails.injection, guardrails.secrets, canary, tuple(guardrails.hooks))

    async def _pinned_tools(
        self, principal: Principal, chosen: Sequence[str | ToolChoice]
    ) -> tuple[PinnedTool, ...]:
        own = (SEARCH_KNOWLEDGE, request_human_input.definition.name)
        names = [each.name for each in _choices(chosen) if each.name not in own]
        if not names:
            return ()
        if self._tools is None:
            raise InvalidInputError(f"There is no tool {names[0]!r} here.", details={"field": "tools"})
        return await self._tools.pin(principal, names)

    async def _members(
        self, principal: Principal, agents: Sequence[SubAgentBody], callers: tuple[str, ...]
    ) -> tuple[PinnedMember, ...]:
        if len(callers) >= MAX_DEPTH:
            return ()
        members: list[PinnedMember] = []
        for each in agents:
            if each.agent_id not in callers:
                view = await self._find(principal, each.agent_id)
                pinned = await self.pinned(principal, view, callers)
                members.append(PinnedMember(each.name or view.slug[:48], pinned))
        return tuple(members)


def _choices(chosen: Sequence[str | ToolChoice]) -> list[ToolChoice]:
    return [ToolChoice(name=each) if isinstance(each, str) else each for each in chosen]


def _own(choices: Sequence[ToolChoice], *, searches: bool) -> tuple[ToolDefinition, ...]:
    """The tools that are no catalogue's: they belong to every agent."""
    own = [search_definition] if searches else []
    if any(each.name == request_human_input.definition.name for each in choices):
        own.append(request_human_input.definition)
    guarded = {each.name for each in choices if each.approval}
    return tuple(replace(each, approval=each.name in guarded) for each in own)


def _with_approval(tool: PinnedTool, choices: Sequence[ToolChoice]) -> ToolDefinition:
    """The tool's own word on approval, unless the agent has another; a changed one is always asked for."""
    definition = tool.definition
    said = [each for each in choices if _names(each.name, definition.name)]
    approval = next((each.approval for each in said if each.name == definition.name), None)
    if approval is None:
        approval = next((each.approval for each in said if each.approval is not None), None)
    if approval or tool.changed:
        return definition.guarded
    return definition if approval is None else replace(definition, approval=False)


def _names(choice: str, tool: str) -> bool:
    return choice == tool or (choice.endswith("*") and tool.startswith(choice[:-1]))


def _subagents(agents: Sequence[SubAgentBody], members: Sequence[PinnedMember]) -> tuple[SubAgent, ...]:
    found = {each.agent.agent_id: each for each in members}
    return tuple(
        SubAgent(member.name, member.agent.definition, _told(each, member), each.hand_off)
        for each in agents
        if (member := found.get(each.agent_id)) is not None
    )


def _told(each: SubAgentBody, member: PinnedMember) -> str:
    return each.description or member.agent.definition.purpose[:1000]


def _schema(schema: dict[str, object] | None) -> OutputSchema | None:
    if schema is None:
        return None
    if schema.get("type") != "object":
        raise InvalidInputError(
            "An output_schema is a JSON Schema of type object. Put lists and plain values into a property.",
            details={"field": "output_schema"},
        )
    return OutputSchema("answer", schema)  # pyright: ignore[reportArgumentType]


def _memory(memory: MemoryBody) -> Memory:
    match memory.strategy:
        case "sliding_window":
            return SlidingWindowMemory(memory.window_size)
        case "summary":
            return SummaryMemory(memory.max_tokens)
        case "token_limited":
            return TokenLimitedMemory(memory.max_tokens)
