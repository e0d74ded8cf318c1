"""The levels of a workflow: the outermost graph, and the bodies in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from liteagent.engine.workflow.problems import Problem
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import Graph, NodeDefinition

__all__ = ["Level", "Placed", "levels"]


@dataclass(frozen=True, slots=True)
class Level:
    """A graph in its place: `path` is "" outermost and `each/` in a body, `field` begins its fields."""

    graph: Graph
    path: str
    field: str
    depth: int
    around: "Placed | None" = None

    def nodes(self) -> "Iterator[Placed]":
        """Its nodes, in the order written."""
        for each in self.graph.nodes:
            yield Placed(each, f"{self.path}{each.id}", f"{self.field}nodes.{each.id}", self)


@dataclass(frozen=True, slots=True)
class Placed:
    """A node in its place: its path, and the field of the document that holds it."""

    node: NodeDefinition
    path: str
    field: str
    level: Level

    def problem(self, field: str, code: str, message: str) -> Problem:
        """A problem of one of its fields; of the whole node where that is empty."""
        return Problem(self.path, f"{self.field}.{field}" if field else self.field, code, message)


def levels(definition: WorkflowDefinition) -> Iterator[Level]:
    """Every level, the outermost first, each body right after what stands before it."""
    yield from _levels(Level(definition.graph, "", "", 0))


def _levels(level: Level) -> Iterator[Level]:
    yield level
    for each in level.nodes():
        if each.node.body is not None:
            yield from _levels(
                Level(each.node.body, f"{each.path}/", f"{each.field}.", level.depth + 1, each)
            )
