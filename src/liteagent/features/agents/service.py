"""Agents as users configure them, and as runs pin them."""

import re
from collections.abc import Sequence
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.identity import Principal
from liteagent.contracts.json import dump
from liteagent.contracts.registry import Registry
from liteagent.engine.agent.allowance import risks
from liteagent.engine.agent.guardrails import Guardrail
from liteagent.features.agents import repository
from liteagent.features.agents.models import AgentRow
from liteagent.features.agents.pinned import PinnedAgent
from liteagent.features.agents.pinning import AgentPinning
from liteagent.features.agents.schemas import AgentBody, AgentList, AgentPatch, AgentView
from liteagent.features.knowledge import repository as knowledge
from liteagent.features.llm_providers import repository as llm_providers
from liteagent.features.llm_providers.service import ProviderService
from liteagent.features.tools.service import ToolService
from liteagent.infra.db.database import Database
from liteagent.infra.db.idempotency import IdempotencyToken, claim

__all__ = ["AgentService", "PinnedAgent"]

_Warnings: TypeAlias = list[dict[str, Any]]

_CLEARED = ("provider_id", "output_schema")
"""What null takes away; everywhere else null changes nothing."""


class AgentService:
    """Agents of a workspace.

    Args:
        tools: The catalogue of tools; without it agents have only their own.
        guardrails: Those that are installed.
    """

    def __init__(
        self,
        database: Database,
        providers: ProviderService,
        new_id: IdSource,
        tools: ToolService | None = None,
        guardrails: Registry[Guardrail] | None = None,
    ) -> None:
        self._database = database
        self._new_id = new_id
        installed: Registry[Guardrail] = guardrails or Registry("liteagent.guardrail")
        self._pinning = AgentPinning(providers, tools, installed, self.get, new_id)

    async def create(
        self, principal: Principal, body: AgentBody, token: IdempotencyToken | None = None
    ) -> AgentView:
        """Add an agent.

        Raises:
            NotFoundError: Its provider, a data source, a tool or another agent is not in this workspace.
            InvalidInputError: Something in it cannot be.
            ConflictError: The slug is taken.
        """
        warnings = await self._warnings(principal, body, "")

        def insert(session: Session) -> AgentView:
            agent_id = claim(session, principal, token, self._new_id())
            if session.get(AgentRow, agent_id) is None:
                self._insert(session, principal, agent_id, body, warnings)
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
            NotFoundError: The agent, its provider, a data source, a tool or another agent is not in this
                workspace.
            InvalidInputError: Something in it cannot be.
            ConflictError: The slug is taken.
        """
        whole = _changed(await self.get(principal, agent_id), body)
        warnings = await self._warnings(principal, whole, agent_id)

        def change(session: Session) -> AgentView:
            row = repository.get(session, principal, agent_id)
            values = body.model_dump(exclude_unset=True)
            row.warnings = warnings
            _check_references(session, principal, body.provider_id, body.datasource_ids or [])
            if body.slug is not None and body.slug != row.slug:
                values["slug"] = repository.free_slug(session, principal, body.slug, body.slug)
            datasource_ids = values.pop("datasource_ids", None)
            for name, value in values.items():
                if value is not None or name in _CLEARED:
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
        return await self._pinning.pinned(principal, await self.get(principal, agent_id))

    async def _warnings(self, principal: Principal, body: AgentBody, agent_id: str) -> _Warnings:
        definition = await self._pinning.checked(principal, body, agent_id)
        return [dump(each) for each in risks(definition)]

    def _insert(
        self,
        session: Session,
        principal: Principal,
        agent_id: str,
        body: AgentBody,
        warnings: _Warnings,
    ) -> None:
        _check_references(session, principal, body.provider_id, body.datasource_ids)
        slug = repository.free_slug(session, principal, body.slug, _slug(body.name))
        values = body.model_dump(exclude={"slug", "datasource_ids"})
        session.add(
            AgentRow(
                id=agent_id,
                workspace_id=principal.workspace_id,
                created_by=principal.name,
                slug=slug,
                warnings=warnings,
                **values,
            )
        )
        repository.set_datasources(session, principal, agent_id, body.datasource_ids)


def _changed(agent: AgentView, patch: AgentPatch) -> AgentBody:
    """The whole of an agent as it would be after a patch."""
    known = {name: getattr(agent, name) for name in AgentBody.model_fields}
    named = {name: getattr(patch, name) for name in patch.model_fields_set}
    given = {name: value for name, value in named.items() if value is not None or name in _CLEARED}
    return AgentBody.model_construct(**{**known, **given})


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
