"""The table of the llm_providers slice."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.llm_providers.models import LLMProviderRow
from liteagent.infra.db.paging import Page, page

__all__ = ["default", "get", "named", "providers"]


def get(session: Session, principal: Principal, provider_id: str) -> LLMProviderRow:
    """One provider.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(LLMProviderRow, provider_id)
    if row is None or row.workspace_id != principal.workspace_id:
        raise NotFoundError(
            f"There is no provider {provider_id}. List them with GET /api/providers.",
            code="provider_not_found",
        )
    return row


def providers(
    session: Session, principal: Principal, *, limit: int, cursor: str | None
) -> Page[LLMProviderRow]:
    """The workspace's providers, newest first."""
    query = select(LLMProviderRow).where(LLMProviderRow.workspace_id == principal.workspace_id)
    return page(session, query, LLMProviderRow.id, limit=limit, cursor=cursor)


def named(session: Session, principal: Principal, name: str) -> LLMProviderRow | None:
    """The workspace's oldest provider with this id or name."""
    query = (
        select(LLMProviderRow)
        .where(
            LLMProviderRow.workspace_id == principal.workspace_id,
            (LLMProviderRow.id == name) | (LLMProviderRow.name == name),
        )
        .order_by(LLMProviderRow.id)
        .limit(1)
    )
    return session.scalar(query)


def default(session: Session, principal: Principal, types: Sequence[str]) -> LLMProviderRow | None:
    """The workspace's default: its oldest active provider of one of these types; None where there is none."""
    query = (
        select(LLMProviderRow)
        .where(
            LLMProviderRow.workspace_id == principal.workspace_id,
            LLMProviderRow.is_active,
            LLMProviderRow.provider_type.in_(types),
        )
        .order_by(LLMProviderRow.id)
        .limit(1)
    )
    return session.scalar(query)
