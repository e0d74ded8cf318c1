"""The tables of the agents slice."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConflictError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.agents.models import AgentDatasourceRow, AgentRow
from liteagent.infra.db.paging import Page, page

__all__ = ["agents", "datasources", "find", "free_slug", "get", "require", "set_datasources"]


def get(session: Session, principal: Principal, agent_id: str) -> AgentRow:
    """One agent.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(AgentRow, agent_id)
    if row is None or row.workspace_id != principal.workspace_id:
        raise _not_found(agent_id)
    return row


def require(session: Session, principal: Principal, agent_id: str) -> None:
    """Make sure that an agent is there.

    Raises:
        NotFoundError: Not in this workspace.
    """
    found = select(AgentRow.id).where(
        AgentRow.id == agent_id, AgentRow.workspace_id == principal.workspace_id
    )
    if session.connection().execute(found).first() is None:
        raise _not_found(agent_id)


def find(session: Session, principal: Principal, slug: str) -> AgentRow | None:
    """The agent of that slug."""
    return session.scalar(
        select(AgentRow).where(AgentRow.workspace_id == principal.workspace_id, AgentRow.slug == slug)
    )


def agents(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[AgentRow]:
    """The workspace's agents, newest first."""
    query = select(AgentRow).where(AgentRow.workspace_id == principal.workspace_id)
    return page(session, query, AgentRow.id, limit=limit, cursor=cursor)


def free_slug(session: Session, principal: Principal, wanted: str | None, base: str) -> str:
    """`wanted`, which must be free, or the first free one made of `base`.

    Raises:
        ConflictError: `wanted` is taken.
    """
    if wanted is not None:
        if find(session, principal, wanted) is not None:
            raise ConflictError(
                f"There is an agent with the slug {wanted!r}; choose another.", code="slug_taken"
            )
        return wanted
    query = select(AgentRow.slug).where(
        AgentRow.workspace_id == principal.workspace_id, AgentRow.slug.startswith(base, autoescape=True)
    )
    taken = set(session.scalars(query))
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in candidates if each not in taken)


def datasources(session: Session, agent_ids: Sequence[str]) -> dict[str, list[str]]:
    """The data sources of each agent, in the order they were given."""
    query = (
        select(AgentDatasourceRow.agent_id, AgentDatasourceRow.datasource_id)
        .where(AgentDatasourceRow.agent_id.in_(agent_ids))
        .order_by(AgentDatasourceRow.agent_id, AgentDatasourceRow.position)
    )
    found: dict[str, list[str]] = {agent_id: [] for agent_id in agent_ids}
    for agent_id, datasource_id in session.execute(query):
        found[agent_id].append(datasource_id)
    return found


def set_datasources(
    session: Session, principal: Principal, agent_id: str, datasource_ids: Sequence[str]
) -> None:
    """Let the agent search these data sources and no others."""
    session.flush()
    session.execute(delete(AgentDatasourceRow).where(AgentDatasourceRow.agent_id == agent_id))
    rows = [
        {
            "agent_id": agent_id,
            "datasource_id": datasource_id,
            "workspace_id": principal.workspace_id,
            "position": position,
        }
        for position, datasource_id in enumerate(dict.fromkeys(datasource_ids))
    ]
    if rows:
        session.execute(insert(AgentDatasourceRow), rows)


def _not_found(agent_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no agent {agent_id}. List them with GET /api/agents.", code="agent_not_found"
    )
