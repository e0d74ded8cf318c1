"""A workflow's state in a snapshot: everything but the graph, which the definition gives again."""

from collections.abc import Mapping
from typing import Any, cast

from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import RunStatus
from liteagent.engine.workflow.graph import CompiledGraph
from liteagent.engine.workflow.handler import ProgramHandler
from liteagent.engine.workflow.state import (
    Arrival,
    Body,
    Frame,
    Nested,
    Ready,
    Waiting,
    WorkflowDefinition,
    WorkflowState,
)

__all__ = ["WorkflowCodec"]

_PLAIN = ("run_id", "seq", "now", "started_at", "inputs", "vars", "outputs", "error", "usage", "steps")


class WorkflowCodec:
    """The `StateCodec` of one workflow's runs."""

    def __init__(self, workflow: WorkflowDefinition, graph: CompiledGraph) -> None:
        self._workflow = workflow
        self._graph = graph

    def dump(self, state: WorkflowState) -> JsonValue:
        """The state, JSON-ready."""
        return {
            **{name: getattr(state, name) for name in _PLAIN},
            "status": state.status.value,
            "frames": [list(frame[1:]) for frame in state.frames.values()],
            "ready": [list(each) for each in state.ready],
            "active": {str(seq): list(each) for seq, each in state.active.items()},
            "waiting": [list(each) for each in state.waiting.values()],
            "nested": [[*each[:4], self._dump_nested(each)] for each in state.nested.values()],
            "bodies": [list(each) for each in state.bodies.values()],
        }

    def load(self, data: Any) -> WorkflowState:
        """An equal state."""
        kept = cast("Mapping[str, Any]", data)
        return WorkflowState(
            self._workflow,
            **{name: kept[name] for name in _PLAIN},
            status=RunStatus(kept["status"]),
            frames={each[0]: self._frame(each) for each in kept["frames"]},
            ready=tuple(Ready(*_sources(each)) for each in kept["ready"]),
            active={int(seq): Ready(*_sources(each)) for seq, each in kept["active"].items()},
            waiting=_by_path(_waiting(each) for each in kept["waiting"]),
            nested=_by_path(self._nested(each) for each in kept["nested"]),
            bodies=_by_path(Body(*_sources(each)) for each in kept["bodies"]),
        )

    def _frame(self, kept: list[Any]) -> Frame:
        frame = Frame(self._level(kept[0]), *kept)
        arrivals = {node: Arrival(each[0], tuple(each[1])) for node, each in frame.arrivals.items()}
        return frame._replace(arrivals=arrivals)

    def _level(self, key: str) -> CompiledGraph:
        """The graph of a frame: `each/2/inner/0/` is the body of `inner` in the body of `each`."""
        graph = self._graph
        for container in key.split("/")[:-1:2]:
            graph = graph.nodes[container].body
        return graph

    def _program(self, frame: str, node: str) -> Any:
        return cast("ProgramHandler", self._level(frame).nodes[node].handler).program()

    def _dump_nested(self, nested: Nested) -> JsonValue:
        return self._program(nested.frame, nested.node).codec.dump(nested.state)

    def _nested(self, kept: list[Any]) -> Nested:
        frame, node, sources, attempt, state = kept
        return Nested(frame, node, tuple(sources), attempt, self._program(frame, node).codec.load(state))


def _sources(kept: list[Any]) -> list[Any]:
    return [*kept[:2], tuple(kept[2]), *kept[3:]]


def _waiting(kept: list[Any]) -> Waiting:
    waiting = Waiting(*_sources(kept))
    return waiting if waiting.answer is None else waiting._replace(answer=tuple(waiting.answer))


def _by_path(entries: Any) -> dict[str, Any]:
    return {each.frame + each.node: each for each in entries}
