"""Everything that a client may name as its model."""

from liteagent.contracts.identity import Principal
from liteagent.features.agents.schemas import AgentView
from liteagent.features.agents.service import AgentService
from liteagent.features.gateway.embeddings import EmbeddingModels
from liteagent.features.gateway.pages import every
from liteagent.features.gateway.refusals import model_not_found
from liteagent.features.gateway.schemas import ModelView
from liteagent.features.workflows.schemas import WorkflowSummary
from liteagent.features.workflows.service import WorkflowService

__all__ = ["FLOW_PREFIX", "Catalogue"]

FLOW_PREFIX = "workflow:"
"""Before a flow's id, where a model is named."""


class Catalogue:
    """The agents, flows and embedding models of a workspace."""

    def __init__(self, agents: AgentService, workflows: WorkflowService, embeddings: EmbeddingModels) -> None:
        self._agents = agents
        self._workflows = workflows
        self._embeddings = embeddings

    async def models(self, principal: Principal) -> list[ModelView]:
        """All of them: agents first, the newest of each kind before the older ones."""
        agents, flows = await self.agents(principal), await self.flows(principal)
        return [*agents, *flows, *await self._embeddings.models(principal)]

    async def model(self, principal: Principal, name: str) -> ModelView:
        """One of them.

        Raises:
            NotFoundError: `model_not_found`.
        """
        found = next((each for each in await self.models(principal) if each.id == name), None)
        if found is None:
            raise model_not_found(name)
        return found

    async def agents(self, principal: Principal) -> list[ModelView]:
        """The agents."""
        return [_model(each, each.slug, "agent") async for each in every(self._agents.list, principal)]

    async def flows(self, principal: Principal) -> list[ModelView]:
        """The flows, with what their models are called."""
        return [
            _model(each, FLOW_PREFIX + each.slug, "workflow")
            async for each in every(self._workflows.list, principal)
        ]


def _model(shown: AgentView | WorkflowSummary, name: str, kind: str) -> ModelView:
    return ModelView(
        id=name,
        created=int(shown.created_at.timestamp()),
        owned_by=kind,
        name=shown.name,
        description=shown.description or None,
    )
