"""What an agent's turn runs on in the platform: its model, its tools, its knowledge."""

from functools import partial

from liteagent.contracts.json import JsonObject, JsonValue, dump, load
from liteagent.contracts.runs import Effect
from liteagent.engine.agent.codec import AgentCodec
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ToolAnswer, ToolRequest
from liteagent.engine.agent.human import answer_text
from liteagent.engine.agent.knowledge import knowledge_tool
from liteagent.engine.agent.performers import ModelPerformer, ToolPerformer
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.agent.results import result_text
from liteagent.engine.agent.state import AgentState
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Program
from liteagent.features.agents.service import PinnedAgent
from liteagent.features.knowledge.retrieving import KnowledgeSearch
from liteagent.features.llm_providers.service import ProviderService

__all__ = ["AgentTurns"]


class AgentTurns:
    """Makes the program of an agent's turn, whichever kind of run it is a part of."""

    def __init__(self, providers: ProviderService, knowledge: KnowledgeSearch) -> None:
        self._providers = providers
        self._knowledge = knowledge

    def program(self, workspace_id: str, pinned: PinnedAgent) -> Program[AgentState]:
        """Reducer and performers of a turn of this agent."""
        retriever = self._knowledge.retriever(workspace_id)
        search = knowledge_tool(retriever, datasource_ids=pinned.datasource_ids)
        return Program(
            AgentReducer(pinned.definition),
            {
                "model": _PinnedModel(self._providers, workspace_id, pinned),
                "tool": ToolPerformer(pinned.definition, [search]),
            },
            codec=AgentCodec(),
            assumed=partial(_assumed, pinned.definition),
        )


def _assumed(definition: AgentDefinition, effect: Effect, result: JsonValue) -> JsonObject:
    """The answer of a tool call that a person says was made, with what they say came of it."""
    request = load(ToolRequest, effect.payload)
    text = result_text(None if result is None else answer_text(result), definition.max_result_chars)
    return dump(ToolAnswer(request.call_id, text))


class _PinnedModel:
    """Opens the pinned provider when the model is called: a deleted one fails the call with a reason."""

    def __init__(self, providers: ProviderService, workspace_id: str, pinned: PinnedAgent) -> None:
        self._providers = providers
        self._workspace_id = workspace_id
        self._pinned = pinned

    async def __call__(self, effect: Effect, state: AgentState, context: EffectContext) -> EffectResult:
        """Call the model."""
        llm = await self._providers.open(self._workspace_id, self._pinned.provider)
        return await ModelPerformer(self._pinned.definition, llm)(effect, state, context)
