"""What the nodes of a workspace's runs reach outside through: its models, agents, data sources, tools."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import ToolError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.identity import Principal, Spender
from liteagent.contracts.json import JsonObject, JsonValue, dump, load
from liteagent.contracts.llm import LLM, LLMItem, LLMRequest, ModelInfo
from liteagent.contracts.retrieval import RetrievalQuery
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import Sandbox
from liteagent.contracts.tools import Tool, ToolContext, ToolResult
from liteagent.engine.agent.knowledge import SEARCH_KNOWLEDGE as _SEARCH
from liteagent.engine.agent.state import AgentState
from liteagent.engine.runs.protocol import Program
from liteagent.engine.workflow.services import NodeTool, Services
from liteagent.features.agents.service import PinnedAgent
from liteagent.features.agents.turns import AgentTurns
from liteagent.features.knowledge.documents import DocumentService
from liteagent.features.knowledge.retrieving import KnowledgeSearch
from liteagent.features.llm_providers.service import ProviderRef, ProviderService
from liteagent.features.tools.pinned import PinnedTool
from liteagent.features.tools.service import ToolService

__all__ = ["Sockets"]


@dataclass(frozen=True, slots=True)
class Sockets:
    """Makes the services of runs.

    Attributes:
        sandbox: None where there is none; nodes that need it then say so.
        catalog: Every other tool that a node may call.
    """

    providers: ProviderService
    turns: AgentTurns
    knowledge: KnowledgeSearch
    documents: DocumentService
    fetch: Fetch | None = None
    sandbox: Sandbox | None = None
    catalog: ToolService | None = None

    @property
    def tools(self) -> Collection[str]:
        """What `tool` nodes may call without a pin."""
        return (_SEARCH,)

    def services(self, workspace_id: str, spender: Spender | None = None) -> Services:
        """The services of a run in this workspace; nothing is opened yet.

        Args:
            workspace_id: Where the run is.
            spender: On whose account its models are called.
        """
        payer = spender or Spender()
        search = _Search(self.knowledge, workspace_id)
        return Services(
            fetch=self.fetch,
            sandbox=self.sandbox,
            model=lambda pin: _PinnedModel(self.providers, workspace_id, pin, payer),
            agent=lambda pin: self._agent(workspace_id, pin, payer),
            retrieve=search,
            document=_Texts(self.documents, workspace_id),
            tools={_SEARCH: _SearchTool(search)},
            tool=lambda pin: self._tool(workspace_id, pin),
        )

    def _tool(self, workspace_id: str, pin: JsonValue) -> NodeTool:
        catalog = Services.required(self.catalog, "tools", "Start the flow on a server.")
        (tool,) = catalog.open(workspace_id, [load(PinnedTool, pin)])
        return _CatalogTool(tool, workspace_id)

    def _agent(self, workspace_id: str, pin: JsonValue, spender: Spender) -> Program[AgentState]:
        return self.turns.program(workspace_id, load(PinnedAgent, pin), spender)


class _PinnedModel:
    """Opens the pinned provider when the model is called: a deleted one fails the call with a reason."""

    def __init__(
        self, providers: ProviderService, workspace_id: str, pin: JsonValue, spender: Spender
    ) -> None:
        self._providers = providers
        self._spender = spender
        self._workspace_id = workspace_id
        self._ref = None if pin is None else load(ProviderRef, pin)

    @property
    def model(self) -> str:
        """The model's name."""
        return self._ref.model if self._ref else "default"

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Call the model."""
        llm = await self._open()
        async for item in llm.stream(request):
            yield item

    async def models(self) -> tuple[ModelInfo, ...]:
        """The models that the provider offers."""
        return await (await self._open()).models()

    async def aclose(self) -> None:
        """The provider service keeps the connections."""

    async def _open(self) -> LLM:
        ref = self._ref or await self._providers.pin(Principal(self._workspace_id), None)
        return await self._providers.open(self._workspace_id, ref, self._spender)


@dataclass(frozen=True, slots=True)
class _Search:
    knowledge: KnowledgeSearch
    workspace_id: str

    async def __call__(self, datasource_ids: Sequence[str], query: str, top_k: int) -> Sequence[Passage]:
        found = await self.knowledge.retriever(self.workspace_id).retrieve(
            RetrievalQuery(query, top_k, tuple(datasource_ids))
        )
        return found.passages


@dataclass(frozen=True, slots=True)
class _Texts:
    documents: DocumentService
    workspace_id: str

    async def __call__(self, datasource_id: str, document_id: str) -> str:
        found = await self.documents.text(Principal(self.workspace_id), datasource_id, document_id)
        return found.text


class _SearchArguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    query: str = Field(min_length=1, max_length=2000)
    datasource_ids: list[str] = Field(min_length=1, max_length=50)
    top_k: int = Field(default=5, ge=1, le=100)


@dataclass(frozen=True, slots=True)
class _CatalogTool:
    """A tool of the catalogue as a node calls it: its result as a value."""

    tool: Tool
    workspace_id: str

    @property
    def safety(self) -> Safety:
        return self.tool.definition.effect

    async def __call__(self, arguments: JsonObject, key: str) -> JsonValue:
        run_id = key.partition(":")[0]
        value = await self.tool.run(arguments, ToolContext(run_id, self.workspace_id, key, key))
        return cast("JsonValue", value.content if isinstance(value, ToolResult) else value)


@dataclass(frozen=True, slots=True)
class _SearchTool:
    """`search_knowledge` as a node calls it: the passages, best first."""

    search: _Search
    safety: Safety = Safety.SAFE

    async def __call__(self, arguments: JsonObject, key: str) -> JsonValue:
        del key  # a search needs none
        try:
            asked = _SearchArguments.model_validate(arguments)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise ToolError(
                f"The arguments of {_SEARCH} do not fit. {place}: {first['msg']}.", code="invalid_arguments"
            ) from None
        return [dump(each) for each in await self.search(asked.datasource_ids, asked.query, asked.top_k)]
