"""The tables of the llm_providers slice."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.llm_providers.models import LLMProviderRow, PriceRow
from liteagent.infra.db.paging import Page, page

__all__ = [
    "all_prices",
    "default",
    "from_environment",
    "get",
    "get_price",
    "named",
    "prices",
    "providers",
]


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
    session: Session,
    principal: Principal,
    variables: Collection[str],
    *,
    limit: int,
    cursor: str | None,
) -> Page[LLMProviderRow]:
    """The workspace's providers that are there while these variables are set, newest first."""
    query = select(LLMProviderRow).where(
        LLMProviderRow.workspace_id == principal.workspace_id, _is_there(variables)
    )
    return page(session, query, LLMProviderRow.id, limit=limit, cursor=cursor)


def named(
    session: Session, principal: Principal, name: str, variables: Collection[str]
) -> LLMProviderRow | None:
    """The workspace's oldest provider with this id or name, of those that are there."""
    query = (
        select(LLMProviderRow)
        .where(
            LLMProviderRow.workspace_id == principal.workspace_id,
            (LLMProviderRow.id == name) | (LLMProviderRow.name == name),
            _is_there(variables),
        )
        .order_by(LLMProviderRow.id)
        .limit(1)
    )
    return session.scalar(query)


def default(
    session: Session, principal: Principal, types: Sequence[str], variables: Collection[str]
) -> LLMProviderRow | None:
    """The workspace's default among its active providers of these types: the lowest `priority`, then one that
    somebody has set up before one of the environment, then the oldest; None where there is none.
    """
    row = LLMProviderRow
    query = (
        select(row)
        .where(
            row.workspace_id == principal.workspace_id,
            row.is_active,
            row.provider_type.in_(types),
            _is_there(variables),
        )
        .order_by(row.priority, row.environment.is_not(None), row.id)
        .limit(1)
    )
    return session.scalar(query)


def _is_there(variables: Collection[str]) -> ColumnElement[bool]:
    variable = LLMProviderRow.environment
    return variable.is_(None) | variable.in_(sorted(variables))


def from_environment(session: Session, principal: Principal) -> Sequence[LLMProviderRow]:
    """The workspace's providers that came from the environment."""
    query = select(LLMProviderRow).where(
        LLMProviderRow.workspace_id == principal.workspace_id, LLMProviderRow.environment.is_not(None)
    )
    return session.scalars(query).all()


def get_price(session: Session, principal: Principal, price_id: str) -> PriceRow:
    """One price.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(PriceRow, price_id)
    if row is None or row.workspace_id != principal.workspace_id:
        raise NotFoundError(
            f"There is no price {price_id}. List them with GET /api/prices.", code="price_not_found"
        )
    return row


def prices(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[PriceRow]:
    """The workspace's prices, newest first."""
    query = select(PriceRow).where(PriceRow.workspace_id == principal.workspace_id)
    return page(session, query, PriceRow.id, limit=limit, cursor=cursor)


def all_prices(session: Session, workspace_id: str) -> Sequence[PriceRow]:
    """All of the workspace's prices, newest first."""
    query = select(PriceRow).where(PriceRow.workspace_id == workspace_id)
    return session.scalars(query.order_by(PriceRow.id.desc())).all()
