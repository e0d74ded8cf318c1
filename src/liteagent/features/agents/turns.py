"""What an agent's turn runs on in the platform: its model, its tools, its knowledge."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Spender
from liteagent.contracts.json import JsonObject, JsonValue, dump, load
from liteagent.contracts.llm import LLM
from liteagent.contracts.registry import Registry
from liteagent.contracts.runs import Effect
from liteagent.engine.agent.codec import AgentCodec
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ToolAnswer, ToolRequest
from liteagent.engine.agent.guardrails import GuardPerformer, Guardrail
from liteagent.engine.agent.human import answer_text
from liteagent.engine.agent.knowledge import knowledge_tool
from liteagent.engine.agent.performers import ModelPerformer, ToolPerformer
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.agent.results import result_text
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.summarizing import SummaryPerformer
from liteagent.engine.agent.team import Member, team_performers
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Program
from liteagent.features.agents.pinned import PinnedAgent
from liteagent.features.knowledge.retrieving import KnowledgeSearch
from liteagent.features.llm_providers.service import ProviderService
from liteagent.features.tools.service import ToolService

__all__ = ["AgentTurns"]


class AgentTurns:
    """Makes the program of an agent's turn, whichever kind of run it is a part of.

    Args:
        tools: The catalogue of tools; without it agents have only their own.
        guardrails: Those that are installed.
    """

    def __init__(
        self,
        providers: ProviderService,
        knowledge: KnowledgeSearch,
        tools: ToolService | None = None,
        guardrails: Registry[Guardrail] | None = None,
    ) -> None:
        self._providers = providers
        self._knowledge = knowledge
        self._tools = tools
        self._guardrails = _Installed(guardrails or Registry("liteagent.guardrail"))

    def program(
        self, workspace_id: str, pinned: PinnedAgent, spender: Spender | None = None
    ) -> Program[AgentState]:
        """Reducer and performers of a turn of this agent.

        Args:
            workspace_id: Whose agent it is.
            pinned: The agent.
            spender: On whose account it is; run, agent and key of each call are put in.
        """
        return Program(
            AgentReducer(pinned.definition),
            team_performers(self._member(workspace_id, pinned, spender or Spender())),
            codec=AgentCodec(),
            assumed=partial(_assumed, pinned.definition),
        )

    def _member(self, workspace_id: str, pinned: PinnedAgent, spender: Spender) -> Member:
        definition = pinned.definition
        model = _PinnedModel(self._providers, workspace_id, pinned, spender)
        search = knowledge_tool(self._knowledge.retriever(workspace_id), datasource_ids=pinned.datasource_ids)
        catalogue = self._tools.open(workspace_id, pinned.tools) if self._tools and pinned.tools else ()
        performers = {
            "model": model.answer,
            "tool": ToolPerformer(definition, (search, *catalogue)),
            "summary": model.summarize,
            "guard": GuardPerformer(definition, self._guardrails),
        }
        members = {each.name: self._member(workspace_id, each.agent, spender) for each in pinned.members}
        return Member(performers, members)


class _Installed(Mapping[str, Guardrail]):
    """Guardrails that are loaded when they are asked for."""

    def __init__(self, registry: Registry[Guardrail]) -> None:
        self._registry = registry

    def __getitem__(self, name: str) -> Guardrail:
        try:
            return self._registry.get(name)
        except NotFoundError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.names())

    def __len__(self) -> int:
        return len(self._registry.names())


def _assumed(definition: AgentDefinition, effect: Effect, result: JsonValue) -> JsonObject:
    """The answer of a tool call that a person says was made, with what they say came of it."""
    request = load(ToolRequest, effect.payload)
    text = result_text(None if result is None else answer_text(result), definition.max_result_chars)
    return dump(ToolAnswer(request.call_id, text))


@dataclass(frozen=True, slots=True)
class _PinnedModel:
    """Opens the pinned provider when the model is called: a deleted one fails the call with a reason."""

    providers: ProviderService
    workspace_id: str
    pinned: PinnedAgent
    spender: Spender

    async def answer(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Call the model for an answer."""
        performer = ModelPerformer(self.pinned.definition, await self._open(context))
        return await performer(effect, state, context)

    async def summarize(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Call the model for a summary."""
        performer = SummaryPerformer(self.pinned.definition, await self._open(context))
        return await performer(effect, state, context)

    async def _open(self, context: EffectContext) -> LLM:
        spender = replace(
            self.spender, run_id=context.run_id, agent_id=self.pinned.agent_id or None, key=context.key
        )
        return await self.providers.open(self.workspace_id, self.pinned.provider, spender)
