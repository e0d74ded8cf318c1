"""A workflow as a pure reducer: what has happened decides which nodes begin, wait, go on and end.

A node's effect stands in the journal as `node.started`, its result as `node.completed` or `node.failed`. What
needs nobody outside (a condition, a join, a pass through a body) is decided from the state, and kept as
`node.completed` in the commit that follows anyway. A node that is a run of its own, an agent's turn, has its
events in the same journal, marked with the node's path.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Event, status_after
from liteagent.engine.runs.protocol import Decision
from liteagent.engine.workflow.deciding import decided
from liteagent.engine.workflow.folding import (
    Entry,
    body_begun,
    failed,
    finished,
    frame_opened,
    node_of,
)
from liteagent.engine.workflow.graph import CompiledGraph, Mode
from liteagent.engine.workflow.handler import ProgramHandler
from liteagent.engine.workflow.nesting import nested_event, question_node
from liteagent.engine.workflow.patching import patched
from liteagent.engine.workflow.state import (
    Body,
    Frame,
    Nested,
    Ready,
    Waiting,
    WorkflowDefinition,
    WorkflowState,
)

__all__ = ["WorkflowReducer"]

_Fold: TypeAlias = Callable[[WorkflowState, Event], WorkflowState]

_PLAIN = 2
"""Entries of the payload of `node.completed` that has nothing but the node and its output."""


class WorkflowReducer:
    """Decides for one workflow.

    Args:
        workflow: As it was pinned by the run.
        graph: Its outermost level, compiled.
    """

    def __init__(self, workflow: WorkflowDefinition, graph: CompiledGraph) -> None:
        self._workflow = workflow
        self._graph = graph
        self._initial = WorkflowState(workflow)
        self._folds: Mapping[str, _Fold] = {**_FOLDS, "run.started": self._started}

    @property
    def initial(self) -> WorkflowState:
        """Nothing has happened."""
        return self._initial

    @property
    def graph(self) -> CompiledGraph:
        """The outermost level."""
        return self._graph

    def apply(self, state: WorkflowState, event: Event) -> WorkflowState:
        """The state after `event`."""
        return self._folds.get(event.type, _other)(state, event)

    def decide(self, state: WorkflowState) -> Decision:
        """What to do next."""
        return decided(state)

    def _started(self, state: WorkflowState, event: Event) -> WorkflowState:
        if state.seq:
            return _other(state, event)  # of a nested run
        inputs = cast("JsonObject", event.payload.get("inputs") or {})
        state = state._replace(
            run_id=event.run_id, seq=event.seq, now=event.at, started_at=event.at, inputs=inputs
        )
        return frame_opened(state, Frame(self._graph))


def _node_started(state: WorkflowState, event: Event) -> WorkflowState:
    """A node has left the ready ones, or its wait for another try."""
    payload = event.payload
    if "safety" in payload:
        return _in_flight(state, event)
    path = cast("str", payload["node"])
    state, entry = _taken(state, path)
    frame, node, sources, attempt = entry[:4]
    state = state._replace(seq=event.seq, steps=state.steps + 1)
    compiled = node_of(state, entry)
    if compiled.mode is Mode.WAIT:
        until = cast("float", payload["until"])
        waiting = Waiting(frame, node, sources, attempt, "timer", until)
        return state._replace(waiting={**state.waiting, path: waiting})
    if compiled.mode is Mode.PROGRAM:
        return _program_begun(state, event, entry)
    body = Body(frame, node, sources, attempt, {})
    state = state._replace(bodies={**state.bodies, path: body})
    return body_begun(state, body, cast("JsonObject", payload.get("entered") or {}))


def _in_flight(state: WorkflowState, event: Event) -> WorkflowState:
    """A node's effect, or what is hooked in around it, has been requested."""
    path, ready = event.payload["node"], state.ready
    first = ready[0] if ready else None
    if first is not None and first.frame + first.node == path:
        active = {**state.active, event.seq: first}
        return state.moved(event.seq, state.now, state.steps + 1, state.frames, ready[1:], active)
    state, entry = _taken(state, cast("str", path))
    if not isinstance(entry, Ready):
        entry = Ready(*entry[:4], entry.first if isinstance(entry, Waiting) else 0)
    active = {**state.active, event.seq: entry}
    return state.moved(event.seq, state.now, state.steps + 1, state.frames, state.ready, active)


def _hook_completed(state: WorkflowState, event: Event) -> WorkflowState:
    """What is hooked in before a node was called: now the node itself."""
    state, entry = _ending(state, event)
    if entry is None:
        return state
    return state._replace(ready=(*state.ready, Ready(*entry[:4], hooked=True)))


def _program_begun(state: WorkflowState, event: Event, entry: Entry) -> WorkflowState:
    frame, node, sources, attempt = entry[:4]
    reducer = cast("ProgramHandler", node_of(state, entry).handler).program().reducer
    started = Event(
        event.run_id, event.seq, "run.started", cast("JsonObject", event.payload["start"]), event.at
    )
    inner = reducer.apply(reducer.initial, started)
    nested = Nested(frame, node, sources, attempt, inner)
    return state._replace(nested={**state.nested, frame + node: nested})


def _node_completed(state: WorkflowState, event: Event) -> WorkflowState:
    payload: Mapping[str, Any] = event.payload
    if len(payload) == _PLAIN and event.ref is not None:
        entry = state.active.get(event.ref)
        frame = state.frames.get(entry.frame) if entry else None
        if entry is not None and frame is not None and frame.error is None:
            following = frame.graph.nodes[entry.node].following
            if following is not None:
                return _handed_on(state, event, frame, entry.node, following)
    state, ended = _ending(state, event)
    if ended is None:
        return state
    if len(payload) > _PLAIN:
        state = _with_effects(state, payload)
    return finished(state, ended, payload.get("output"), payload.get("label"))


def _handed_on(state: WorkflowState, event: Event, frame: Frame, node: str, following: str) -> WorkflowState:
    """What `finished` does for an effect with one way out, to a node that waits for nobody else."""
    key, outputs = frame.key, {**frame.outputs, node: event.payload["output"]}
    frames = {**state.frames, key: frame.moved(outputs, frame.arrivals, frame.busy, node)}
    active = dict(state.active)
    del active[cast("int", event.ref)]
    ready = (*state.ready, Ready(key, following, (node,)))
    return state.moved(event.seq, event.at, state.steps, frames, ready, active)


def _with_effects(state: WorkflowState, payload: JsonObject) -> WorkflowState:
    """What a node changes besides its output: variables, and what was consumed."""
    if "assign" in payload:
        state = state._replace(vars=_assigned(state.vars, cast("Any", payload["assign"])))
    if "usage" in payload:
        state = state._replace(usage=_sum(state.usage, cast("Any", payload["usage"])))
    return state


def _node_failed(state: WorkflowState, event: Event) -> WorkflowState:
    state, entry = _ending(state, event)
    if entry is None:
        return state
    if isinstance(entry, Ready) and not entry.first:
        entry = entry._replace(first=event.ref or 0)
    return failed(state, entry, cast("JsonObject", event.payload["error"]), event.at)


def _ending(state: WorkflowState, event: Event) -> tuple[WorkflowState, Entry | None]:
    """The state without the entry that `event` ends, and the entry."""
    if event.ref is not None:
        entry = state.active.get(event.ref)
        active = _without(state.active, event.ref) if entry else state.active
        return state.moved(event.seq, event.at, state.steps, state.frames, state.ready, active), entry
    state, taken = _taken(state, cast("str", event.payload["node"]))
    steps = state.steps + isinstance(taken, Ready)
    return state.moved(event.seq, state.now, steps, state.frames, state.ready, state.active), taken


def _without(active: Mapping[int, Ready], ref: int) -> Mapping[int, Ready]:
    rest = dict(active)
    del rest[ref]
    return rest


def _taken(state: WorkflowState, path: str) -> tuple[WorkflowState, Entry]:
    """The state without the entry at `path` that is not in flight, and the entry.

    Raises:
        ValueError: Nothing is at work there; the events are not this workflow's.
    """
    if len(state.ready) == 1 and state.ready[0].node == path:
        alone = state.ready[0]
        return state.moved(state.seq, state.now, state.steps, state.frames, (), state.active), alone
    for place, ready in enumerate(state.ready):
        if ready.frame + ready.node == path:
            others = state.ready[:place] + state.ready[place + 1 :]
            return state.moved(state.seq, state.now, state.steps, state.frames, others, state.active), ready
    for name in ("waiting", "nested", "bodies"):
        entries = getattr(state, name)
        if path in entries:
            rest = {key: each for key, each in entries.items() if key != path}
            return state._replace(**{name: rest}), entries[path]
    raise ValueError(f"Node {path!r} is not at work; these events belong to another workflow.")


def _human_requested(state: WorkflowState, event: Event) -> WorkflowState:
    path = event.payload.get("node")
    if not isinstance(path, str):
        return _other(state, event)  # the driver's own question about an effect
    if path in state.nested:
        return nested_event(state, event, path)
    state, entry = _taken(state, path)
    until = cast("float | None", event.payload.get("until"))
    waiting = Waiting(entry.frame, entry.node, entry.sources, entry.attempt, "human", until)
    return state._replace(
        seq=event.seq, now=event.at, steps=state.steps + 1, waiting={**state.waiting, path: waiting}
    )


def _human_answered(state: WorkflowState, event: Event) -> WorkflowState:
    state = _other(state, event)
    path = question_node(event.payload.get("request_id"))
    if path in state.nested:
        return nested_event(state, event, path)
    waiting = state.waiting.get(path)
    if waiting is None or waiting.why != "human" or event.type == "human.expired":
        return state
    answered = waiting._replace(answer=(event.payload.get("answer"),))
    return state._replace(waiting={**state.waiting, path: answered})


def _state_patched(state: WorkflowState, event: Event) -> WorkflowState:
    return patched(_other(state, event), cast("JsonObject", event.payload.get("patch") or {}))


def _run_ended(state: WorkflowState, event: Event) -> WorkflowState:
    outputs = cast("JsonObject", event.payload.get("outputs") or {})
    error = cast("JsonObject | None", event.payload.get("error"))
    return _other(state, event)._replace(outputs=outputs, error=error)


def _other(state: WorkflowState, event: Event) -> WorkflowState:
    """Events that tell the time and the status; those of nested runs go to them."""
    path = event.payload.get("node")
    if isinstance(path, str) and path in state.nested:
        return nested_event(state, event, path)
    return state._replace(seq=event.seq, now=event.at, status=status_after(state.status, event.type))


def _assigned(variables: JsonObject, assign: Mapping[str, Mapping[str, JsonValue]]) -> JsonObject:
    changed: dict[str, Any] = {**variables, **assign.get("set", {})}
    for name, value in assign.get("append", {}).items():
        before = changed.get(name)
        changed[name] = [*before, value] if isinstance(before, list) else [value]
    return changed


def _sum(usage: JsonObject, more: JsonObject) -> JsonObject:
    total: dict[str, Any] = dict(usage)
    for key, value in more.items():
        known = total.get(key)
        numbers = isinstance(value, int | float) and isinstance(known, int | float)
        total[key] = cast("Any", known) + value if numbers else value
    return total


_FOLDS: Mapping[str, _Fold] = {
    "node.started": _node_started,
    "node.ending": _in_flight,
    "hook.requested": _in_flight,
    "hook.completed": _hook_completed,
    "hook.failed": _node_failed,
    "node.completed": _node_completed,
    "node.failed": _node_failed,
    "human.requested": _human_requested,
    "human.answered": _human_answered,
    "human.expired": _human_answered,
    "state.patched": _state_patched,
    "run.completed": _run_ended,
    "run.failed": _run_ended,
    "run.cancelled": _run_ended,
}
