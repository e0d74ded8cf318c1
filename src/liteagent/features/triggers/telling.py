"""Telling others of runs: what is sent is written in the commit of the event that it tells of."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
from sqlalchemy.orm import Session

from liteagent.contracts.clock import IdSource
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Event, Rider, RunRecord, status_after
from liteagent.engine.runs.ledger import Ledger
from liteagent.features.triggers import repository
from liteagent.features.triggers.moments import rfc3339
from liteagent.features.triggers.planning import planned_telling
from liteagent.infra.db.database import Database
from liteagent.infra.journal.rules import encode
from liteagent.infra.journal.tables import RunEventRow

__all__ = ["Listeners", "TellingRiders", "trial_body"]

_TOLD = frozenset({"run.completed", "run.failed", "run.cancelled", "run.waiting_human"})
_LARGEST_BODY = 256 * 1024


class Listeners:
    """Which workspaces have somebody to tell; read again every moment, so that commits need not ask.

    Attributes:
        workspaces: Their ids; None while that is not known, which counts as all of them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.workspaces: frozenset[str] | None = None

    async def refresh(self) -> None:
        """Look again."""
        self.workspaces = await self._database.read(repository.workspaces_told)


class TellingRiders:
    """Further `riders` of a `Driver`: with an event that others are told of goes what they are sent."""

    def __init__(self, listeners: Listeners, new_id: IdSource) -> None:
        self._listeners = listeners
        self._new_id = new_id

    def __call__(self, record: RunRecord, _ledger: Ledger, event: Event) -> Sequence[Rider]:
        """What rides on `event`. What a fork has copied was told before."""
        if event.type not in _TOLD or event.seq <= record.head:
            return ()
        known = self._listeners.workspaces
        if known is not None and record.workspace_id not in known:
            return ()
        return (lambda session: self._tell(session, record, event),)

    def _tell(self, session: Session, record: RunRecord, event: Event) -> None:
        rows = [row for row in repository.listening(session, record.workspace_id) if event.type in row.events]
        if not rows:
            return
        source = _source(session, record.id)
        for row in rows:
            if row.watched and not {source["workflow_id"], source["agent_id"]} & {*row.watched}:
                continue
            delivery_id = self._new_id()
            body = _body(delivery_id, record, event, source)
            key = f"{record.id}:{event.seq}"
            session.add(planned_telling(row, delivery_id, key, event.type, body, record.id, event.at))
        session.flush()


def trial_body(delivery_id: str, now: float) -> str:
    """What is sent to try a receiver."""
    return orjson.dumps({"id": delivery_id, "type": "trigger.test", "created_at": rfc3339(now)}).decode()


def _source(session: Session, run_id: str) -> dict[str, Any]:
    """What a run is of: the ids of its workflow or its agent."""
    first = session.get(RunEventRow, (run_id, 1))
    started: Mapping[str, Any] = {} if first is None else orjson.loads(first.payload)
    definition = _object(started.get("definition"))
    return {
        "workflow_id": definition.get("workflow_id"),
        "version": definition.get("version"),
        "agent_id": _object(definition.get("agent")).get("agent_id"),
    }


def _body(delivery_id: str, record: RunRecord, event: Event, source: JsonObject) -> str:
    run = {
        "id": record.id,
        "kind": record.kind,
        "status": status_after(record.status, event.type).value,
        **source,
    }
    told: dict[str, Any] = {
        "id": delivery_id,
        "type": event.type,
        "created_at": rfc3339(event.at),
        "run": run,
        "data": dict(event.payload),
    }
    body = encode(told)
    if len(body) > _LARGEST_BODY:
        told["data"] = {"too_large": True, "see": f"/api/runs/{record.id}"}
        body = encode(told)
    return body.decode()


def _object(found: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}
