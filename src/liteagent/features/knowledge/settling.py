"""What a data source shows of its indexing run: how far it is, and how it ended."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import update
from sqlalchemy.orm import Session

from liteagent.contracts.errors import DocumentUnreadableError, RunFailedError
from liteagent.contracts.runs import Event, Rider
from liteagent.engine.rag.indexing import IndexingState
from liteagent.features.knowledge.indexed import settle_source
from liteagent.features.knowledge.models import DataSourceRow, DocumentRow

__all__ = ["riders"]

_STEPS = frozenset(
    (
        "document.completed",
        "document.failed",
        "documents.completed",
        "documents.failed",
        "rebuild.completed",
        "removal.completed",
    )
)
_ENDS = frozenset(("run.completed", "run.failed", "run.cancelled"))

_NOTHING_DONE = DocumentUnreadableError(
    "No document of this data source could be read; each says why at …/documents.",
    code="nothing_readable",
)
_CANCELLED = RunFailedError("Indexing was cancelled; start it again to go on.", code="cancelled")


def riders(datasource_id: str, run_id: str, state: IndexingState, event: Event) -> Sequence[Rider]:
    """Changes to the data source that commit with an event of its run, given the state after it."""
    if event.type in _STEPS:
        return (lambda session: settle_source(session, datasource_id, run_id, _progress(state)),)
    if event.type in _ENDS:
        return (lambda session: _end(session, datasource_id, run_id, event),)
    return ()


def _progress(state: IndexingState) -> dict[str, int]:
    return {"done": state.done, "total": state.total}


def _end(session: Session, datasource_id: str, run_id: str, event: Event) -> None:
    """No document is left waiting by a run that has ended, and the next run has its time."""
    row = session.get(DataSourceRow, datasource_id)
    if row is None or row.run_id != run_id:
        return
    outputs = cast("Mapping[str, Any]", event.payload.get("outputs") or {})
    if event.type == "run.completed" and (outputs.get("documents") or not outputs.get("failed")):
        row.status, row.error, row.indexed_at = "ready", None, datetime.now(UTC)
    else:
        row.status, row.error = "failed", _reason(event)
    if row.sync_every is not None:
        row.next_sync_at = time.time() + row.sync_every
    _settle_documents(session, datasource_id, _reason(event))


def _reason(event: Event) -> dict[str, Any]:
    error = cast("dict[str, Any] | None", event.payload.get("error"))
    return error or (_CANCELLED if event.type == "run.cancelled" else _NOTHING_DONE).to_json()


def _settle_documents(session: Session, datasource_id: str, reason: Mapping[str, Any]) -> None:
    """What was being read is as it was before; what was never read says why."""
    waiting = update(DocumentRow).where(
        DocumentRow.datasource_id == datasource_id, DocumentRow.status.in_(("queued", "indexing"))
    )
    session.execute(waiting.where(DocumentRow.fingerprint != "").values(status="ready", stage=None))
    session.execute(
        waiting.where(DocumentRow.fingerprint == "").values(status="failed", stage=None, error=dict(reason))
    )
