"""Everything that a client may name as its model."""

from liteagent.contracts.identity import Principal
from liteagent.features.agents.service import AgentService
from liteagent.features.gateway.embeddings import EmbeddingModels
from liteagent.features.gateway.refusals import model_not_found
from liteagent.features.gateway.schemas import ModelView
from liteagent.features.workflows.service import WorkflowService

__all__ = ["FLOW_PREFIX", "Catalogue"]

FLOW_PREFIX = "workflow:"
"""Before a flow's id, where a model is named."""

_PAGE = 200


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
        found: list[ModelView] = []
        cursor: str | None = None
        while True:
            page = await self._agents.list(principal, limit=_PAGE, cursor=cursor)
            found += [
                ModelView(
                    id=each.slug,
                    created=int(each.created_at.timestamp()),
                    owned_by="agent",
                    name=each.name,
                    description=each.description or None,
                )
                for each in page.items
            ]
            if (cursor := page.next_cursor) is None:
                return found

    async def flows(self, principal: Principal) -> list[ModelView]:
        """The flows, with what their models are called."""
        found: list[ModelView] = []
        cursor: str | None = None
        while True:
            page = await self._workflows.list(principal, limit=_PAGE, cursor=cursor)
            found += [
                ModelView(
                    id=FLOW_PREFIX + each.slug,
                    created=int(each.created_at.timestamp()),
                    owned_by="workflow",
                    name=each.name,
                    description=each.description or None,
                )
                for each in page.items
            ]
            if (cursor := page.next_cursor) is None:
                return found
