"""Which runs a workspace has. What is in them is read from the journal."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from liteagent.contracts.identity import Principal
from liteagent.features.runs.models import InboxRow
from liteagent.infra.db.paging import Page, page
from liteagent.infra.journal.rules import run_not_found
from liteagent.infra.journal.tables import RunRow

__all__ = ["inbox", "list_ids", "require"]


def require(session: Session, principal: Principal, run_id: str) -> None:
    """Make sure that the run is one of the principal's workspace.

    Raises:
        NotFoundError: It is not.
    """
    query = select(RunRow.id).where(RunRow.id == run_id, RunRow.workspace_id == principal.workspace_id)
    if session.scalar(query) is None:
        raise run_not_found(run_id)


def list_ids(
    session: Session,
    principal: Principal,
    *,
    kind: str | None,
    status: str | None,
    limit: int,
    cursor: str | None,
) -> Page[str]:
    """Ids of the workspace's runs, newest first."""
    query = select(RunRow.id).where(RunRow.workspace_id == principal.workspace_id)
    if kind is not None:
        query = query.where(RunRow.kind == kind)
    if status is not None:
        query = query.where(RunRow.status == status)
    return page(session, query, RunRow.id, limit=limit, cursor=cursor)


def inbox(
    session: Session, principal: Principal, *, limit: int, cursor: str | None
) -> Page[tuple[InboxRow, str, str]]:
    """The workspace's open questions with the kind and status of their runs, newest first."""
    query = select(InboxRow).where(InboxRow.workspace_id == principal.workspace_id)
    found = page(session, query, InboxRow.id, limit=limit, cursor=cursor)
    ids = {row.run_id for row in found.items}
    runs = session.execute(select(RunRow.id, RunRow.kind, RunRow.status).where(RunRow.id.in_(ids)))
    known = {run_id: (kind, status) for run_id, kind, status in runs}
    return Page([(row, *known[row.run_id]) for row in found.items], found.next_cursor)
