"""`workflow`: runs another workflow inside of this one."""

from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import Field

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import (
    BodyHandler,
    BodyStep,
    Compiling,
    Iteration,
    IterationResult,
    Names,
    NodeKind,
    Outcome,
    Scope,
)
from liteagent.engine.workflow.nodes.fields import names_in, refused
from liteagent.engine.workflow.templates import render_value
from liteagent.engine.workflow.types import Graph

__all__ = ["WORKFLOW", "ChildWorkflowHandler", "WorkflowConfig"]


class WorkflowConfig(Config):
    """Which workflow is run, and with what."""

    workflow: str = Field(
        min_length=1, description="The id of the workflow, or id@version for one version of it."
    )
    inputs: dict[str, JsonValue] = Field(
        default_factory=dict[str, Any],
        description="The inputs of that workflow by name; texts may contain {{ expressions }}.",
    )


@dataclass(frozen=True, slots=True)
class ChildWorkflowHandler(BodyHandler):
    """Runs the child once. It sees nothing but its own inputs; its output is the node's."""

    graph: Graph
    inputs: JsonObject = field(default_factory=dict[str, Any])
    names: Names = frozenset()
    isolated: bool = True

    def body(self) -> Graph:
        """The child's graph."""
        return self.graph

    def enter(self, scope: Scope) -> JsonObject:
        """The child's inputs."""
        return {"inputs": render_value(self.inputs, scope)}

    def begin(self, entered: JsonObject) -> BodyStep:
        """The one pass."""
        return BodyStep({}, (Iteration(0, {"inputs": entered["inputs"]}),))

    def ended(self, progress: JsonObject, result: IterationResult, scope: Scope) -> BodyStep:
        """The end: what the child came to is what the node came to."""
        del progress, scope
        if result.error is not None:
            return BodyStep({}, error=LiteAgentError.from_json(cast("dict[str, Any]", result.error)))
        return BodyStep({}, outcome=Outcome(result.output))


def _make(config: WorkflowConfig, compiling: Compiling) -> ChildWorkflowHandler:
    graph = compiling.workflows.get(config.workflow)
    if graph is None:
        raise refused("workflow", f"There is no workflow {config.workflow!r}; create it, or correct the id.")
    return ChildWorkflowHandler(graph, config.inputs, names_in("inputs", config.inputs))


WORKFLOW = NodeKind(
    type="workflow",
    summary="Runs another workflow; its output is that workflow's.",
    config=WorkflowConfig,
    make=_make,
)
"""The node type."""
