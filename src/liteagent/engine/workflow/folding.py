"""How nodes that begin, end and fail move a run on: pure functions from state to state.

A node is ready once every way into it is settled and at least one of them was taken; where none was, the
ways out of it are settled as not taken in turn. A frame ends when nothing in it is at work any more.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.graph import CompiledGraph, CompiledNode
from liteagent.engine.workflow.handler import BodyHandler, BodyStep, Iteration, IterationResult
from liteagent.engine.workflow.scope import NodeScope
from liteagent.engine.workflow.state import (
    Arrival,
    Body,
    Frame,
    Nested,
    Ready,
    Waiting,
    WorkflowState,
)
from liteagent.engine.workflow.types import ERROR

__all__ = ["Entry", "body_begun", "failed", "finished", "frame_opened", "node_of", "scope_of"]

Entry: TypeAlias = Ready | Waiting | Nested | Body
"""A node at work, whatever it is at."""

_FINAL = frozenset(
    {
        "aggregate_failed",
        "answer_invalid",
        "expression_failed",
        "expression_invalid",
        "invalid_request",
        "items_invalid",
        "fetch_refused",
        "loop_limit",
        "not_configured",
        "result_not_json",
        "unknown_tool",
        "wait_invalid",
    }
)
"""Failures that another try cannot mend."""


def node_of(state: WorkflowState, entry: Entry) -> CompiledNode:
    """The compiled node of an entry."""
    return state.frames[entry.frame].graph.nodes[entry.node]


def scope_of(state: WorkflowState, entry: Entry) -> NodeScope:
    """What the entry's node sees."""
    return NodeScope(state, state.frames[entry.frame], entry.sources)


def frame_opened(state: WorkflowState, frame: Frame) -> WorkflowState:
    """Begin a level: its entries are ready."""
    ready = tuple([Ready(frame.key, node, ()) for node in frame.graph.entries])
    frame = frame.moved(frame.outputs, frame.arrivals, len(ready), frame.last)
    frames = {**state.frames, frame.key: frame}
    state = state.moved(state.seq, state.now, state.steps, frames, state.ready + ready, state.active)
    return state if ready else _frame_ended(state, frame)


def finished(
    state: WorkflowState, entry: Entry, output: JsonValue, label: str | None = None
) -> WorkflowState:
    """The entry's node has ended with `output`; the entry itself is out of the state already."""
    frame = state.frames.get(entry.frame)
    if frame is None or frame.error is not None:
        return _left_over(state, entry.frame)
    outputs = {**frame.outputs, entry.node: output}
    following = frame.graph.nodes[entry.node].following
    if following is not None:
        frame = frame.moved(outputs, frame.arrivals, frame.busy, entry.node)
        ready = (*state.ready, Ready(entry.frame, following, (entry.node,)))
        frames = {**state.frames, entry.frame: frame}
        return state.moved(state.seq, state.now, state.steps, frames, ready, state.active)
    frame = frame.moved(outputs, frame.arrivals, frame.busy, entry.node)
    return _ended(state, frame, entry.node, label, failed=False)


def failed(state: WorkflowState, entry: Entry, error: JsonObject, at: float) -> WorkflowState:
    """The entry's node has failed: try again, take its default, its error edge, or fail the frame."""
    frame = state.frames.get(entry.frame)
    if frame is None or frame.error is not None:
        return _left_over(state, entry.frame)
    node = frame.graph.nodes[entry.node]
    retry, default = node.definition.retry, node.definition.default
    if entry.attempt < retry.attempts and error.get("code") not in _FINAL:
        waiting = Waiting(
            entry.frame,
            entry.node,
            entry.sources,
            entry.attempt + 1,
            "retry",
            at + retry.wait(entry.attempt),
            first=entry.first if isinstance(entry, Ready) else 0,
        )
        return state._replace(waiting={**state.waiting, entry.frame + entry.node: waiting})
    if default is not None:
        return finished(state, entry, default.value)
    if node.catches:
        return _caught(state, frame, entry.node, error)
    return _frame_failed(state, frame, error, entry.frame + entry.node)


def body_begun(state: WorkflowState, entry: Body, entered: JsonObject) -> WorkflowState:
    """A container begins its first passes."""
    handler = cast("BodyHandler", node_of(state, entry).handler)
    return _stepped(state, entry, _guarded(lambda: handler.begin(entered), entry.progress))


def _caught(state: WorkflowState, frame: Frame, node: str, error: JsonObject) -> WorkflowState:
    outputs, errors = {**frame.outputs, node: None}, {**frame.errors, node: error}
    return _ended(state, frame._replace(outputs=outputs, errors=errors, last=node), node, ERROR, failed=True)


def _ended(
    state: WorkflowState, frame: Frame, node: str, label: str | None, *, failed: bool
) -> WorkflowState:
    """Settle the ways out of a node that has ended."""
    ready: list[Ready] = []
    arrivals = dict(frame.arrivals)
    todo = [
        (node, target, way == label if failed else way is None or way == label)
        for way, target in frame.graph.nodes[node].ways
    ]
    while todo:
        source, target, taken = todo.pop(0)
        reached = frame.graph.nodes[target]
        arrival = _arrived(arrivals, target, source if taken else None)
        if arrival.settled < reached.ways_in:
            continue
        del arrivals[target]
        if arrival.sources:
            ready.append(Ready(frame.key, target, arrival.sources))
        else:
            todo.extend((target, further, False) for _, further in reached.ways)
    frame = frame.moved(frame.outputs, arrivals, frame.busy - 1 + len(ready), frame.last)
    frames = {**state.frames, frame.key: frame}
    state = state.moved(state.seq, state.now, state.steps, frames, (*state.ready, *ready), state.active)
    return _frame_ended(state, frame) if frame.busy == 0 else state


def _arrived(arrivals: dict[str, Arrival], target: str, source: str | None) -> Arrival:
    before = arrivals.get(target, Arrival(0, ()))
    sources = before.sources if source is None else (*before.sources, source)
    arrivals[target] = arrival = Arrival(before.settled + 1, sources)
    return arrival


def _frame_ended(state: WorkflowState, frame: Frame) -> WorkflowState:
    """A level has nothing at work any more; a pass through a body hands its result to the container."""
    if frame.parent is None:
        return state
    path = f"{frame.parent}{frame.container}"
    body = state.bodies[path]
    handler = cast("BodyHandler", node_of(state, body).handler)
    scope = NodeScope(state, frame, (frame.last,) if frame.last else ())
    result = IterationResult(frame.place, _output_of(frame), frame.error)
    frames = {key: each for key, each in state.frames.items() if key != frame.key}
    body = body._replace(open=body.open - 1)
    step = _guarded(lambda: handler.ended(body.progress, result, scope), body.progress)
    return _stepped(state._replace(frames=frames), body, step)


def _output_of(frame: Frame) -> JsonValue:
    """What a pass came to: the output of an `end` node, else of the node that ended last."""
    ends = [node for node in frame.outputs if frame.graph.nodes[node].definition.type == "end"]
    return frame.outputs.get(ends[-1] if ends else frame.last)


def _guarded(step: Any, progress: JsonObject) -> BodyStep:
    try:
        return step()
    except LiteAgentError as error:
        return BodyStep(progress, error=error)


def _stepped(state: WorkflowState, body: Body, step: BodyStep) -> WorkflowState:
    path = body.frame + body.node
    outcome, error = step.outcome, step.error
    if error is not None and body.error is None:
        body = body._replace(error=error.to_json())
    elif outcome is not None:
        body = body._replace(output={"output": outcome.output, "label": outcome.label})
    begin = () if body.error is not None else step.begin
    body = body._replace(progress=step.progress, open=body.open + len(begin))
    state = state._replace(bodies={**state.bodies, path: body})
    if not begin:
        return state
    graph = node_of(state, body).body
    for iteration in begin:
        state = frame_opened(state, _pass(graph, body, iteration))
    return state


def _pass(graph: CompiledGraph, body: Body, iteration: Iteration) -> Frame:
    return Frame(
        graph,
        key=f"{body.frame}{body.node}/{iteration.index}/",
        parent=body.frame,
        container=body.node,
        place=iteration.index,
        names=iteration.names,
    )


def _frame_failed(state: WorkflowState, frame: Frame, error: JsonObject, path: str) -> WorkflowState:
    """Nothing caught the failure: what is at work in the frame is dropped, effects in flight are awaited."""
    error = {**error, "details": {"node": path, **cast("Mapping[str, Any]", error.get("details") or {})}}
    if frame.parent is None:
        return state._replace(error=error)
    key = frame.key
    busy = sum(each.frame.startswith(key) for each in state.active.values())
    frame = frame._replace(error=error, busy=busy)
    below = {name: each for name, each in state.frames.items() if not name.startswith(key)}
    state = state._replace(
        frames={**below, key: frame},
        ready=tuple(each for each in state.ready if not each.frame.startswith(key)),
        waiting=_outside(state.waiting, key),
        nested=_outside(state.nested, key),
        bodies=_outside(state.bodies, key),
    )
    return _frame_ended(state, frame) if busy == 0 else state


def _outside(entries: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {path: each for path, each in entries.items() if not each.frame.startswith(key)}


def _left_over(state: WorkflowState, key: str) -> WorkflowState:
    """A result for a frame that has failed: it only counts as no longer in flight."""
    while key and key not in state.frames:
        key = "/".join(key.split("/")[:-3]) + "/" if key.count("/") > 2 else ""
    frame = state.frames.get(key)
    if frame is None or frame.error is None:
        return state
    frame = frame._replace(busy=frame.busy - 1)
    state = state._replace(frames={**state.frames, key: frame})
    return _frame_ended(state, frame) if frame.busy == 0 else state
