"""The tables of the tools slice."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConflictError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.tools.models import FoundToolRow, ToolSourceRow
from liteagent.infra.db.paging import Page, page

__all__ = ["all_sources", "forget", "found", "free_slug", "get", "named", "sources", "tool"]


def get(session: Session, principal: Principal, source_id: str) -> ToolSourceRow:
    """One source.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(ToolSourceRow, source_id)
    if row is None or row.workspace_id != principal.workspace_id:
        raise NotFoundError(
            f"There is no source of tools {source_id}. List them with GET /api/tools.",
            code="tool_source_not_found",
        )
    return row


def sources(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[ToolSourceRow]:
    """The workspace's sources, newest first."""
    query = select(ToolSourceRow).where(ToolSourceRow.workspace_id == principal.workspace_id)
    return page(session, query, ToolSourceRow.id, limit=limit, cursor=cursor)


def all_sources(
    session: Session, principal: Principal, slugs: Collection[str] | None = None
) -> Sequence[ToolSourceRow]:
    """The workspace's sources, by slug: all of them, or those of these slugs."""
    query = select(ToolSourceRow).where(ToolSourceRow.workspace_id == principal.workspace_id)
    if slugs is not None:
        query = query.where(ToolSourceRow.slug.in_(slugs))
    return session.scalars(query.order_by(ToolSourceRow.slug)).all()


def named(session: Session, principal: Principal, slug: str) -> ToolSourceRow | None:
    """The source of that slug."""
    return session.scalar(
        select(ToolSourceRow).where(
            ToolSourceRow.workspace_id == principal.workspace_id, ToolSourceRow.slug == slug
        )
    )


def found(session: Session, source_ids: Sequence[str]) -> dict[str, list[FoundToolRow]]:
    """What was found at each source, in its order."""
    query = (
        select(FoundToolRow)
        .where(FoundToolRow.source_id.in_(source_ids))
        .order_by(FoundToolRow.source_id, FoundToolRow.position, FoundToolRow.name)
    )
    rows: dict[str, list[FoundToolRow]] = {source_id: [] for source_id in source_ids}
    for row in session.scalars(query):
        rows[row.source_id].append(row)
    return rows


def tool(session: Session, source: ToolSourceRow, name: str) -> FoundToolRow:
    """One tool of a source.

    Raises:
        NotFoundError: It was not found there.
    """
    row = session.get(FoundToolRow, (source.id, name))
    if row is None:
        raise NotFoundError(
            f"The source {source.slug!r} has no tool {name!r}. Refresh it, or name another.",
            code="tool_not_found",
        )
    return row


def forget(session: Session, source_id: str) -> None:
    """Forget what was found at a source."""
    session.execute(delete(FoundToolRow).where(FoundToolRow.source_id == source_id))


def free_slug(session: Session, principal: Principal, wanted: str | None, base: str) -> str:
    """`wanted`, which must be free, or the first free one made of `base`.

    Raises:
        ConflictError: `wanted` is taken.
    """
    if wanted is not None:
        if named(session, principal, wanted) is not None:
            raise ConflictError(
                f"There is a source of tools with the slug {wanted!r}; choose another.", code="slug_taken"
            )
        return wanted
    taken = {row.slug for row in all_sources(session, principal)}
    candidates = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in candidates if each not in taken)
