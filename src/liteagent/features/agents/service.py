"""Agents as users configure them, and as runs pin them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.identity import Principal
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.human import request_human_input
from liteagent.engine.agent.knowledge import knowledge_tool
from liteagent.engine.agent.memory import Memory, SlidingWindowMemory, TokenLimitedMemory
from liteagent.engine.agent.types import ToolDefinition
from liteagent.features.agents import repository
from liteagent.features.agents.models import AgentRow
from liteagent.features.agents.schemas import (
    AgentBody,
    AgentList,
    AgentPatch,
    AgentView,
    MemoryBody,
    ToolChoice,
)
from liteagent.features.knowledge import repository as knowledge
from liteagent.features.knowledge.retrieving import KnowledgeSearch
from liteagent.features.llm_providers import repository as llm_providers
from liteagent.features.llm_providers.service import ProviderRef, ProviderService
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["AgentService", "PinnedAgent"]


@dataclass(frozen=True, slots=True)
class PinnedAgent:
    """An agent as a run has pinned it: what is edited later changes no run that has begun."""

    agent_id: str
    definition: AgentDefinition
    provider: ProviderRef
    datasource_ids: tuple[str, ...]


class AgentService:
    """Agents of a workspace."""

    def __init__(
        self, database: Database, providers: ProviderService, knowledge: KnowledgeSearch, new_id: IdSource
    ) -> None:
        self._database = database
        self._providers = providers
        self._knowledge = knowledge
        self._new_id = new_id

    async def create(
        self, principal: Principal, body: AgentBody, token: IdempotencyToken | None = None
    ) -> AgentView:
        """Add an agent.

        Raises:
            NotFoundError: Its provider or a data source is not in this workspace.
            ConflictError: The slug is taken.
        """

        def insert(session: Session) -> AgentView:
            agent_id = claim(session, principal, token, self._new_id())
            if session.get(AgentRow, agent_id) is None:
                self._insert(session, principal, agent_id, body)
            return _view(session, repository.get(session, principal, agent_id))

        return await self._database.write(insert)

    async def list(self, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> AgentList:
        """A page of the workspace's agents."""

        def find(session: Session) -> AgentList:
            found = repository.agents(session, principal, limit=limit, cursor=cursor)
            return AgentList(items=_views(session, found.items), next_cursor=found.next_cursor)

        return await self._database.read(find)

    async def get(self, principal: Principal, agent_id: str) -> AgentView:
        """One agent.

        Raises:
            NotFoundError: Not in this workspace.
        """
        return await self._database.read(
            lambda session: _view(session, repository.get(session, principal, agent_id))
        )

    async def find(self, principal: Principal, name: str) -> AgentView | None:
        """The agent of that slug or id, if there is one."""

        def find(session: Session) -> AgentView | None:
            row = repository.find(session, principal, name) or session.get(AgentRow, name)
            ours = row is not None and row.workspace_id == principal.workspace_id
            return _view(session, row) if row is not None and ours else None

        return await self._database.read(find)

    async def update(self, principal: Principal, agent_id: str, body: AgentPatch) -> AgentView:
        """Change what the body names.

        Raises:
            NotFoundError: The agent, its provider or a data source is not in this workspace.
            ConflictError: The slug is taken.
        """

        def change(session: Session) -> AgentView:
            row = repository.get(session, principal, agent_id)
            values = body.model_dump(exclude_unset=True)
            _check_references(session, principal, body.provider_id, body.datasource_ids or [])
            if body.slug is not None and body.slug != row.slug:
                values["slug"] = repository.free_slug(session, principal, body.slug, body.slug)
            datasource_ids = values.pop("datasource_ids", None)
            for name, value in values.items():
                if value is not None or name == "provider_id":
                    setattr(row, name, value)
            if datasource_ids is not None:
                repository.set_datasources(session, principal, agent_id, datasource_ids)
            session.flush()
            return _view(session, row)

        return await self._database.write(change)

    async def delete(self, principal: Principal, agent_id: str) -> None:
        """Delete an agent; its conversations stay readable.

        Raises:
            NotFoundError: Not in this workspace.
        """
        await self._database.write(
            lambda session: session.delete(repository.get(session, principal, agent_id))
        )

    async def pin(self, principal: Principal, agent_id: str) -> PinnedAgent:
        """The agent as it is now, for a run.

        Raises:
            NotFoundError: Not in this workspace.
            ProviderRequestError: Its provider is switched off.
        """
        agent = await self.get(principal, agent_id)
        return PinnedAgent(
            agent_id=agent.id,
            definition=AgentDefinition(
                name=agent.name,
                purpose=agent.system_prompt or agent.description,
                tools=self._offered(principal.workspace_id, agent),
                memory=_memory(agent.memory),
                max_steps=agent.budget.max_steps,
            ),
            provider=await self._providers.pin(principal, agent.provider_id),
            datasource_ids=tuple(agent.datasource_ids),
        )

    def _offered(self, workspace_id: str, agent: AgentView) -> tuple[ToolDefinition, ...]:
        chosen = [ToolChoice(name=each) if isinstance(each, str) else each for each in agent.tools]
        guarded = {each.name for each in chosen if each.approval}
        definitions: list[ToolDefinition] = []
        if agent.datasource_ids:
            definitions.append(knowledge_tool(self._knowledge.retriever(workspace_id)).definition)
        if any(each.name == "request_human_input" for each in chosen):
            definitions.append(request_human_input.definition)
        return tuple(replace(each, approval=each.name in guarded) for each in definitions)

    def _insert(self, session: Session, principal: Principal, agent_id: str, body: AgentBody) -> None:
        _check_references(session, principal, body.provider_id, body.datasource_ids)
        slug = repository.free_slug(session, principal, body.slug, _slug(body.name))
        values = body.model_dump(exclude={"slug", "datasource_ids"})
        session.add(
            AgentRow(
                id=agent_id,
                workspace_id=principal.workspace_id,
                created_by=principal.name,
                slug=slug,
                **values,
            )
        )
        repository.set_datasources(session, principal, agent_id, body.datasource_ids)


def _memory(memory: MemoryBody) -> Memory:
    if memory.strategy == "sliding_window":
        return SlidingWindowMemory(memory.window_size)
    return TokenLimitedMemory(memory.max_tokens)


def _check_references(
    session: Session, principal: Principal, provider_id: str | None, datasource_ids: list[str]
) -> None:
    if provider_id is not None:
        llm_providers.get(session, principal, provider_id)
    for datasource_id in datasource_ids:
        knowledge.get_source(session, principal, datasource_id)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "agent"


def _view(session: Session, row: AgentRow) -> AgentView:
    return _views(session, [row])[0]


def _views(session: Session, rows: Sequence[AgentRow]) -> list[AgentView]:
    ids = repository.datasources(session, [row.id for row in rows])
    columns = [name for name in AgentView.model_fields if name != "datasource_ids"]
    return [
        AgentView.model_validate(
            {**{name: getattr(row, name) for name in columns}, "datasource_ids": ids[row.id]}
        )
        for row in rows
    ]
