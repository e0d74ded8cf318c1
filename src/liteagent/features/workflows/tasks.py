"""The run kind `workflow`: a flow's run, on what was pinned at its start."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol, cast

from liteagent.contracts.identity import Spender
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import RunRecord
from liteagent.engine.runs.protocol import Program, RunKind
from liteagent.engine.workflow.document import from_document
from liteagent.engine.workflow.handler import NodeKind
from liteagent.engine.workflow.levels import levels
from liteagent.engine.workflow.opening import PinnedWorkflow
from liteagent.engine.workflow.program import Hooks
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.state import WorkflowState

__all__ = ["WORKFLOW", "Extensions", "workflow_kind"]

WORKFLOW = "workflow"


class Extensions(Protocol):
    """Node types, and what was plugged into them."""

    def bound(self, types: Iterable[str], /) -> Hooks | None:
        """The hooks into these node types as they are now; None where there are none."""
        ...

    def kind(self, node_type: str, /) -> NodeKind:
        """The node type of that name."""
        ...

    def services(self, services: Services, /) -> Services:
        """`services` with the plugged conditions and transformers."""
        ...


def workflow_kind(
    services: Callable[[str, Spender], Services], extensions: Extensions
) -> RunKind[WorkflowState]:
    """The kind of run that `POST /api/workflows/{id}/runs` starts.

    Args:
        services: What nodes reach outside through, by workspace, and on whose account.
        extensions: The node types, and what was plugged into them.
    """

    def program(record: RunRecord, pinned: PinnedWorkflow) -> Program[WorkflowState]:
        spender = Spender(run_id=record.id, created_by=record.created_by)
        sockets = extensions.services(services(record.workspace_id, spender))
        return pinned.program(extensions.kind, sockets, extensions.bound(_types(pinned)))

    def open_run(record: RunRecord, started: JsonObject) -> Program[WorkflowState]:
        return program(record, _pinned(started))

    def reopen(record: RunRecord, started: JsonObject, document: JsonObject) -> Program[WorkflowState]:
        return program(record, replace(_pinned(started), workflow=from_document(document)))

    return RunKind(WORKFLOW, open_run, reopen)


def _types(pinned: PinnedWorkflow) -> set[str]:
    flows = (pinned.workflow, *pinned.workflows.values())
    return {node.type for flow in flows for level in levels(flow) for node in level.graph.nodes}


def _pinned(started: JsonObject) -> PinnedWorkflow:
    return PinnedWorkflow.from_json(cast("Mapping[str, Any]", started["definition"]))
