"""The tables of the workflows slice."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from liteagent.contracts.errors import ConflictError, NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.features.workflows.models import WorkflowRow, WorkflowVersionRow
from liteagent.infra.db.paging import Page, page

__all__ = [
    "add_version",
    "find",
    "get",
    "not_found",
    "require_free_slug",
    "version",
    "versions",
    "workflows",
]

_OLDEST_CURSOR = 1


def not_found(name: str) -> NotFoundError:
    """The error for a workflow that is not in the workspace."""
    return NotFoundError(
        f"There is no workflow {name}. List them with GET /api/workflows.", code="workflow_not_found"
    )


def get(session: Session, principal: Principal, workflow_id: str, *, to_change: bool = False) -> WorkflowRow:
    """One workflow; one that is to be changed is kept from others until the end of the transaction.

    Raises:
        NotFoundError: Not in this workspace.
    """
    row = session.get(WorkflowRow, workflow_id, with_for_update=to_change)
    if row is None or row.workspace_id != principal.workspace_id:
        raise not_found(workflow_id)
    return row


def find(session: Session, principal: Principal, slug: str) -> WorkflowRow | None:
    """The workflow of that slug."""
    return session.scalar(
        select(WorkflowRow).where(
            WorkflowRow.workspace_id == principal.workspace_id, WorkflowRow.slug == slug
        )
    )


def workflows(session: Session, principal: Principal, *, limit: int, cursor: str | None) -> Page[WorkflowRow]:
    """The workspace's workflows, newest first."""
    query = select(WorkflowRow).where(WorkflowRow.workspace_id == principal.workspace_id)
    return page(session, query, WorkflowRow.id, limit=limit, cursor=cursor)


def require_free_slug(session: Session, principal: Principal, slug: str) -> None:
    """Make sure that no workflow has this slug.

    Raises:
        ConflictError: One has.
    """
    if find(session, principal, slug) is not None:
        raise ConflictError(
            f"There is a workflow with the id {slug!r}. Choose another `id`, or change that one with PUT.",
            code="slug_taken",
        )


def version(session: Session, row: WorkflowRow, number: int) -> WorkflowVersionRow:
    """One version of a workflow.

    Raises:
        NotFoundError: There is none of that number.
    """
    found = session.get(WorkflowVersionRow, (row.id, number)) if 0 < number < 2**31 else None
    if found is None:
        raise NotFoundError(
            f"The workflow {row.slug!r} has the versions 1 to {row.version}, and no {number}.",
            code="workflow_version_not_found",
        )
    return found


def versions(
    session: Session, row: WorkflowRow, *, limit: int, below: int | None
) -> tuple[list[WorkflowVersionRow], int | None]:
    """Versions with a number under `below`, newest first, and the number to go on below."""
    query = select(WorkflowVersionRow).where(WorkflowVersionRow.workflow_id == row.id)
    if below is not None:
        query = query.where(WorkflowVersionRow.version < below)
    found = list(session.scalars(query.order_by(WorkflowVersionRow.version.desc()).limit(limit)))
    more = bool(found) and found[-1].version > _OLDEST_CURSOR
    return found, found[-1].version if more else None


def add_version(
    session: Session, principal: Principal, row: WorkflowRow, content_hash: str, document: str
) -> None:
    """Keep `document` as the version that the row names as its newest."""
    session.flush()
    session.add(
        WorkflowVersionRow(
            workflow_id=row.id,
            version=row.version,
            workspace_id=row.workspace_id,
            created_by=principal.name,
            content_hash=content_hash,
            document=document,
        )
    )
    session.flush()
