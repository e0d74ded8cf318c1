"""What a run does next: begin what is ready, go on with what its moment has come for, wait, or end."""

from typing import Any, cast

from liteagent.contracts.errors import BudgetExceededError, LiteAgentError, RunFailedError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Effect, EventDraft, RunStatus, Safety
from liteagent.engine.runs.protocol import Decision, Finish, Perform, Suspend
from liteagent.engine.workflow.drafts import completed_draft, failed_draft
from liteagent.engine.workflow.folding import node_of, scope_of
from liteagent.engine.workflow.graph import CompiledNode, Mode
from liteagent.engine.workflow.handler import (
    BodyHandler,
    HumanHandler,
    Outcome,
    ProgramHandler,
    PureHandler,
    WaitHandler,
)
from liteagent.engine.workflow.nesting import nested_decision, question_id
from liteagent.engine.workflow.state import Body, Ready, Waiting, WorkflowState

__all__ = ["decided"]


def decided(state: WorkflowState) -> Decision:
    """The decision of a workflow's reducer."""
    ready = state.ready
    if len(ready) == 1 and not state.waiting and state.error is None:
        (only,) = ready
        alone, limits = state.frames[only.frame].graph.nodes[only.node].alone, state.workflow.limits
        unlimited = limits.seconds is None and limits.cost is None and state.steps <= limits.steps
        if alone is not None and only.attempt == 1 and unlimited:
            return alone
    if (end := _end(state)) is not None:
        return end
    return _with_hooks(state, _begin_all(state) if ready else _go_on(state))


def _with_hooks(state: WorkflowState, decision: Decision) -> Decision:
    """Ends of nodes that are hooked into go through the hooks: an effect, whose result is the end."""
    if not isinstance(decision, Perform) or not decision.events:
        return decision
    ends = [each for each in decision.events if _is_hooked_end(state, each)]
    if not ends:
        return decision
    if others := tuple(each for each in decision.events if each not in ends):
        return Perform(events=others)
    effects = [Effect("node", _ending(each), Safety.SAFE, "ending", light=True) for each in ends]
    return Perform((*decision.effects, *effects), until=_next_moment(state))


def _is_hooked_end(state: WorkflowState, draft: EventDraft) -> bool:
    if draft.type not in ("node.completed", "node.failed"):
        return False
    frame, _, node = str(draft.payload["node"]).rpartition("/")
    return state.frames[f"{frame}/" if frame else ""].graph.nodes[node].hooked


def _ending(draft: EventDraft) -> JsonObject:
    return {"node": draft.payload["node"], "end": draft.payload}


def _begin_all(state: WorkflowState) -> Perform:
    """Begin what is ready: first what needs nobody outside, which may make more ready."""
    events: list[EventDraft] = []
    effects: list[Effect] = []
    for ready in state.ready:
        _begin(state, ready, events, effects)
    if events:
        return Perform(events=tuple(events))
    return Perform(tuple(effects), until=_next_moment(state))


def _end(state: WorkflowState) -> Finish | None:
    error = state.error
    if error is None and (limit := _over(state)) is not None:
        error = limit.to_json()
    if error is not None:
        return Finish(RunStatus.FAILED, {}, error, state.usage or None)
    if state.ready or (root := state.frames.get("")) is None or root.busy:
        return None
    return Finish(RunStatus.COMPLETED, _outputs(state), usage=state.usage or None)


def _outputs(state: WorkflowState) -> JsonObject:
    """What the `end` nodes put together, else the output of the node that ended last."""
    root = state.frames[""]
    ends = [node for node in root.outputs if root.graph.nodes[node].definition.type == "end"]
    merged: dict[str, Any] = {}
    for node in ends:
        merged.update(cast("JsonObject", root.outputs[node]))
    if ends:
        return merged
    last = root.outputs.get(root.last)
    return last if isinstance(last, dict) else {"output": last}


def _over(state: WorkflowState) -> LiteAgentError | None:
    limits = state.workflow.limits
    if state.steps > limits.steps:
        return _exceeded("steps", limits.steps, "It may be going in circles; else raise limits.steps.")
    if limits.seconds is None and limits.cost is None:
        return None
    if limits.seconds is not None and state.now - state.started_at > limits.seconds:
        return _exceeded("seconds", limits.seconds, "Raise limits.seconds, or make its nodes faster.")
    cost = state.usage.get("cost")
    if limits.cost is not None and isinstance(cost, int | float) and cost > limits.cost:
        return _exceeded("cost", limits.cost, "Raise limits.cost, or use cheaper models.")
    return None


def _exceeded(limit: str, value: float, remedy: str) -> BudgetExceededError:
    return BudgetExceededError(
        f"The run has used up its limit of {value:g} {limit}. {remedy}",
        details={"limit": limit, "value": value},
    )


def _begin(state: WorkflowState, ready: Ready, events: list[EventDraft], effects: list[Effect]) -> None:
    node = node_of(state, ready)
    if node.hooked and not ready.hooked:
        effects.append(Effect("hook", {"node": ready.frame + ready.node}, Safety.SAFE, light=True))
        return
    if node.mode is Mode.EFFECT:
        effects.append(_effect(ready, node))
        return
    try:
        events.append(_begun(state, ready, node))
    except LiteAgentError as error:
        events.append(failed_draft(ready.frame + ready.node, error))


def _effect(entry: Ready | Waiting, node: CompiledNode) -> Effect:
    payload: dict[str, Any] = {"node": entry.frame + entry.node}
    if entry.attempt > 1:
        payload["attempt"] = entry.attempt
    return Effect("node", payload, node.safety, "started", light=not node.performs)


def _begun(state: WorkflowState, entry: Ready | Waiting, node: CompiledNode) -> EventDraft:
    path, scope, attempt = entry.frame + entry.node, scope_of(state, entry), entry.attempt
    match node.handler:
        case PureHandler() as pure:
            return completed_draft(path, pure.evaluate(scope))
        case HumanHandler() as human:
            asked = human.ask(scope, state.now)
            return EventDraft(
                "human.requested", {**asked, "request_id": question_id(path, attempt), "node": path}
            )
        case WaitHandler() as wait:
            return EventDraft("node.started", {"node": path, "until": wait.until(scope, state.now)})
        case ProgramHandler() as program:
            return EventDraft("node.started", {"node": path, "start": program.start(scope)})
        case BodyHandler() as body:
            _check_depth(state, path)
            return EventDraft("node.started", {"node": path, "entered": body.enter(scope)})
        case _:
            raise RunFailedError(f"Node {path} has a handler of no known kind.", code="run_stuck")


def _check_depth(state: WorkflowState, path: str) -> None:
    depth = path.count("/") // 2 + 1
    if depth > state.workflow.limits.depth:
        raise _exceeded("depth", state.workflow.limits.depth, "Nest fewer bodies, or raise limits.depth.")


def _go_on(state: WorkflowState) -> Decision:
    """Nothing is ready: look at what waits and at what is a run of its own."""
    events = [draft for each in state.waiting.values() for draft in _moment(state, each)]
    events.extend(_body_end(each) for each in state.bodies.values() if _is_over(each))
    if events:
        return Perform(events=tuple(events))
    if effects := _tries(state):
        return Perform(effects, until=_next_moment(state))
    return _nested(state)


def _nested(state: WorkflowState) -> Decision:
    effects: list[Effect] = []
    moments = [_next_moment(state)]
    asked: list[EventDraft] = []
    human = any(each.why == "human" for each in state.waiting.values())
    for path in state.nested:
        match nested_decision(state, path):
            case Perform(begun, events, until):
                if events:
                    return Perform(events=events)
                effects.extend(begun)
                moments.append(until)
            case Suspend(status, events, until):
                asked.extend(events)
                moments.append(until)
                human = human or status is RunStatus.WAITING_HUMAN
            case Finish() as end:
                return end
    until = min((moment for moment in moments if moment is not None), default=None)
    if asked and (effects or state.active):
        return Perform(events=tuple(asked))
    if effects or state.active:
        return Perform(tuple(effects), until=until)
    if human:
        return Suspend(RunStatus.WAITING_HUMAN, tuple(asked), until)
    return Perform(until=until)


def _moment(state: WorkflowState, waiting: Waiting) -> list[EventDraft]:
    """What comes of a wait: an answer, or its moment."""
    path, node = waiting.frame + waiting.node, node_of(state, waiting)
    due = waiting.until is not None and waiting.until <= state.now
    try:
        match waiting.why, node.handler:
            case "human", HumanHandler() as human if waiting.answer is not None:
                return [completed_draft(path, human.answered(waiting.answer[0]))]
            case "human", HumanHandler() as human if due:
                expired = {"request_id": question_id(path, waiting.attempt), "node": path}
                return [EventDraft("human.expired", expired), _expired(path, node, human)]
            case "timer", WaitHandler() as wait if waiting.until is not None and due:
                return [completed_draft(path, wait.over(waiting.until))]
            case "retry", _ if due and node.mode is not Mode.EFFECT:
                return [_begun(state, waiting, node)]
            case _:
                return []
    except LiteAgentError as error:
        return [failed_draft(path, error)]


def _expired(path: str, node: CompiledNode, human: HumanHandler) -> EventDraft:
    outcome: Outcome = human.expired()
    if outcome.label is not None and all(label not in (outcome.label, None) for label, _ in node.ways):
        raise _unanswered(path, outcome.label)
    return completed_draft(path, outcome)


def _unanswered(path: str, label: str) -> RunFailedError:
    return RunFailedError(
        f"Nobody answered the question of node {path} in time. Give it more time, or an edge labelled "
        f"{label!r} that says what happens then.",
        code="human_timeout",
    )


def _tries(state: WorkflowState) -> tuple[Effect, ...]:
    """Effects whose wait for another try is over."""
    due = [
        each
        for each in state.waiting.values()
        if each.why == "retry" and each.until is not None and each.until <= state.now
    ]
    return tuple(
        _effect(each, node_of(state, each)) for each in due if node_of(state, each).mode is Mode.EFFECT
    )


def _is_over(body: Body) -> bool:
    return body.open == 0 and (body.output is not None or body.error is not None)


def _body_end(body: Body) -> EventDraft:
    path = body.frame + body.node
    if body.error is not None:
        return EventDraft("node.failed", {"node": path, "error": body.error})
    end = cast("JsonObject", body.output)
    return completed_draft(path, Outcome(end["output"], cast("str | None", end["label"])))


def _next_moment(state: WorkflowState) -> float | None:
    """When the next wait is over, or the run's time is up."""
    seconds = state.workflow.limits.seconds
    if seconds is None and not state.waiting:
        return None
    moments = [] if seconds is None else [state.started_at + seconds + 0.001]
    moments += [each.until for each in state.waiting.values() if each.until is not None and not each.answer]
    return min(moments, default=None)
