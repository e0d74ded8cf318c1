"""The workflows that a workflow calls, and those that they call."""

import json
from collections.abc import Iterator

from sqlalchemy.orm import Session

from liteagent.contracts.errors import NotFoundError
from liteagent.contracts.identity import Principal
from liteagent.engine.workflow.document import from_document
from liteagent.engine.workflow.levels import levels
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import NodeType
from liteagent.features.workflows import repository

__all__ = ["called", "children"]

_MOST = 200


def called(definition: WorkflowDefinition) -> Iterator[str]:
    """What the nodes of a workflow call others by: `id` or `id@version`."""
    for level in levels(definition):
        for node in level.graph.nodes:
            name = node.config.get("workflow")
            if node.type == NodeType.WORKFLOW and isinstance(name, str):
                yield name


def children(
    session: Session, principal: Principal, definition: WorkflowDefinition
) -> dict[str, WorkflowDefinition]:
    """Everything that is called, directly or not, by the name that it is called by; what is not there is not.

    Without a version it is the published one, or the newest while none is.
    """
    found: dict[str, WorkflowDefinition] = {}
    waiting = [definition]
    while waiting:
        for name in called(waiting.pop()):
            child = None if name in found or len(found) >= _MOST else _child(session, principal, name)
            if child is not None:
                found[name] = child
                waiting.append(child)
    return found


def _child(session: Session, principal: Principal, name: str) -> WorkflowDefinition | None:
    slug, _, version = name.partition("@")
    row = repository.find(session, principal, slug)
    if row is None or (version and not (version.isdecimal() and len(version) <= 9)):
        return None
    number = int(version) if version else row.published_version or row.version
    try:
        return from_document(json.loads(repository.version(session, row, number).document))
    except NotFoundError:
        return None
