"""The performers of a turn: those of the agent that speaks, and of every agent that it may reach."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from liteagent.contracts.llm import LLM
from liteagent.contracts.runs import Effect
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.guardrails import GuardPerformer, Guardrails, check_guardrail
from liteagent.engine.agent.members import lead_of, led_by
from liteagent.engine.agent.performers import ModelPerformer, ToolPerformer, unheard
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.summarizing import SummaryPerformer
from liteagent.engine.agent.tools import Tool
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Performer

__all__ = ["Member", "own_performers", "team_performers"]

_NO_MEMBERS: Mapping[str, "Member"] = MappingProxyType({})

_KINDS = ("model", "tool", "summary", "guard")


@dataclass(frozen=True, slots=True)
class Member:
    """An agent with what it performs its effects with.

    Attributes:
        performers: By effect kind.
        members: The agents that it may reach, by the names that it knows them by.
    """

    performers: Mapping[str, Performer[AgentState]]
    members: Mapping[str, "Member"] = field(default_factory=lambda: _NO_MEMBERS)


def own_performers(
    definition: AgentDefinition,
    llm: LLM,
    tools: Iterable[Tool | Callable[..., Any]],
    guardrails: Guardrails = MappingProxyType({}),
) -> dict[str, Performer[AgentState]]:
    """What one agent performs its effects with.

    Raises:
        InvalidInputError: A guardrail cannot be called as one.
    """
    for each in guardrails.values():
        check_guardrail(each)
    return {
        "model": ModelPerformer(definition, llm),
        "tool": ToolPerformer(definition, tools),
        "summary": SummaryPerformer(definition, llm),
        "guard": GuardPerformer(definition, guardrails),
    }


def team_performers(first: Member) -> dict[str, Performer[AgentState]]:
    """The performers of a turn that begins with `first`: each effect goes to the agent whose it is."""
    return {kind: _TeamPerformer(kind, first) for kind in _KINDS}


class _TeamPerformer:
    def __init__(self, kind: str, first: Member) -> None:
        self._kind = kind
        self._first = first

    async def __call__(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Perform it."""
        return await self._performed(_speaking(self._first, state), effect, state, context)

    async def _performed(
        self, member: Member, effect: Effect, state: AgentState, context: EffectContext
    ) -> EffectResult:
        call_id, rest = lead_of(effect.payload)
        if not call_id:
            return await member.performers[self._kind](effect, state, context)
        asked = state.colleague(call_id)
        if asked is None:
            raise ValueError(f"No agent works at call {call_id!r}.")
        inner = _speaking(member.members[asked.name], asked.state)
        own = Effect(effect.kind, led_by(effect.payload, rest), effect.safety, effect.verb)
        quiet = replace(context, emit=unheard)
        result = await self._performed(inner, own, replace(asked.state, run_id=state.run_id), quiet)
        return replace(result, payload={**result.payload, "agent": effect.payload["agent"]})


def _speaking(member: Member, state: AgentState) -> Member:
    """The agent that a turn was handed over to, step by step."""
    for name in state.active:
        member = member.members[name]
    return member
