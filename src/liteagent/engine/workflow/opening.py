"""What a workflow's run has pinned, as JSON in its `run.started`, and the program that it gives again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.runs.protocol import Program
from liteagent.engine.workflow.document import from_document, to_document
from liteagent.engine.workflow.graph import KindSource, Materials
from liteagent.engine.workflow.program import Hooks, workflow_program
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.state import WorkflowDefinition, WorkflowState

__all__ = ["PinnedWorkflow"]


@dataclass(frozen=True, slots=True)
class PinnedWorkflow:
    """A workflow with everything that it needs to run the same way again.

    Attributes:
        workflows: Its child workflows, by the name that its nodes call them by.
        pins: What its nodes stand on, by node id: an agent's definition, a provider, data sources.
    """

    workflow: WorkflowDefinition
    workflows: Mapping[str, WorkflowDefinition] = field(default_factory=dict[str, WorkflowDefinition])
    pins: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])

    def to_json(self) -> JsonObject:
        """What stands in `run.started`."""
        pinned: dict[str, Any] = {"workflow": to_document(self.workflow)}
        if self.workflows:
            pinned["workflows"] = {name: to_document(each) for name, each in self.workflows.items()}
        if self.pins:
            pinned["pins"] = self.pins
        return pinned

    @classmethod
    def from_json(cls, data: JsonObject) -> "PinnedWorkflow":
        """What `to_json` wrote.

        Raises:
            InvalidInputError: It is something else.
        """
        if not isinstance(data.get("workflow"), Mapping):
            raise InvalidInputError("A workflow's run has its document pinned; this one has none.")
        workflows = cast("Mapping[str, Any]", data.get("workflows") or {})
        return cls(
            from_document(cast("Any", data["workflow"])),
            {name: from_document(each) for name, each in workflows.items()},
            cast("Mapping[str, JsonValue]", data.get("pins") or {}),
        )

    def with_functions(self, functions: Mapping[str, Callable[..., Any]]) -> "PinnedWorkflow":
        """The same with the Python functions of its `function` nodes, which no document holds."""
        return replace(self, workflow=replace(self.workflow, functions=functions))

    def program(
        self, kinds: KindSource, services: Services, hooks: Hooks | None = None
    ) -> Program[WorkflowState]:
        """What a run of it runs on.

        Raises:
            InvalidInputError: A node cannot be made.
            NotFoundError: A node type is not installed.
        """
        materials = Materials(
            kinds=kinds,
            services=services,
            workflows={name: each.graph for name, each in self.workflows.items()},
            pins=self.pins,
            functions=self.workflow.functions,
            hooked=hooks.has_hooks if hooks is not None else _nothing,
        )
        return workflow_program(self.workflow, materials, hooks)


def _nothing(_type: str) -> bool:
    return False
