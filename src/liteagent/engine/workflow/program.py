"""What a workflow's run runs on: its reducer, and the performers of its nodes' effects."""

from collections.abc import Coroutine, Mapping
from typing import Any, Protocol, cast

import anyio

from liteagent.contracts.errors import LiteAgentError, ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Effect, EventDraft
from liteagent.engine.runs.protocol import EffectContext, EffectResult, Performer, Program
from liteagent.engine.workflow.codec import WorkflowCodec
from liteagent.engine.workflow.drafts import completed_payload
from liteagent.engine.workflow.folding import scope_of
from liteagent.engine.workflow.graph import CompiledGraph, CompiledNode, Materials, compile_graph
from liteagent.engine.workflow.handler import (
    EffectHandler,
    NodeContext,
    Outcome,
    ProgramHandler,
    PureHandler,
)
from liteagent.engine.workflow.hooks import NodeHooks, called
from liteagent.engine.workflow.nesting import program_of
from liteagent.engine.workflow.patching import check_patch, patched
from liteagent.engine.workflow.reducer import WorkflowReducer
from liteagent.engine.workflow.scope import NodeScope
from liteagent.engine.workflow.state import Ready, WorkflowDefinition, WorkflowState
from liteagent.engine.workflow.state_patch import with_output
from liteagent.engine.workflow.types import NodeDefinition

__all__ = ["Hooks", "workflow_program"]


class Hooks(Protocol):
    """What has been hooked into nodes; see `engine.workflow.extensions`."""

    def has_hooks(self, node_type: str) -> bool:
        """Whether anything is hooked into nodes of this type."""
        ...

    def of(self, node_type: str) -> NodeHooks | None:
        """What is hooked into nodes of this type; None where nothing is."""
        ...

    async def on_error(
        self, node: NodeDefinition, state: WorkflowState, error: LiteAgentError, **facts: Any
    ) -> bool:
        """Called when a node's try has failed; whether the failure is suppressed."""
        ...


def workflow_program(
    workflow: WorkflowDefinition, materials: Materials, hooks: Hooks | None = None
) -> Program[WorkflowState]:
    """The program of one run of `workflow`.

    Raises:
        InvalidInputError: A node cannot be made.
        NotFoundError: A node type is not installed.
    """
    graph = compile_graph(workflow.graph, materials)
    reducer = WorkflowReducer(workflow, graph)
    return Program(
        reducer,
        _Performers({"node": _NodePerformer(hooks), "hook": _HookPerformer(hooks)}),
        codec=WorkflowCodec(workflow, graph),
        assumed=lambda effect, result: _assumed(graph, effect, result),
        check_patch=check_patch,
    )


class _Performers(dict[str, Performer[WorkflowState]]):
    """`node` and `hook` are a node's own; every other kind belongs to a run inside one of the nodes."""

    def __missing__(self, kind: str) -> Performer[WorkflowState]:
        return _perform_nested


class _NodePerformer:
    """Performs `node`: the handler's effect, in its time, with what is hooked into it."""

    def __init__(self, hooks: Hooks | None) -> None:
        self._hooks = hooks

    def __call__(
        self, effect: Effect, state: WorkflowState, context: EffectContext, /
    ) -> Coroutine[Any, Any, EffectResult]:
        """Perform the effect of the node that `effect` names.

        Raises:
            LiteAgentError: The node's failure, once it is awaited.
        """
        entry = state.active[context.request]
        node = state.frames[entry.frame].graph.nodes[entry.node]
        if effect.verb == "ending":
            return self._ended(node, state, entry, cast("JsonObject", effect.payload["end"]))
        hooked = self._hooks.of(node.definition.type) if self._hooks is not None else None
        if hooked is not None:
            return self._hooked(hooked, node, state, entry, context)
        return self._plain(node, state, entry, context)

    async def _plain(
        self, node: CompiledNode, state: WorkflowState, entry: Ready, context: EffectContext
    ) -> EffectResult:
        scope = NodeScope(state, state.frames[entry.frame], entry.sources)
        if node.performs:
            outcome = await _performing(node, scope, entry, context)
        else:
            outcome = cast("PureHandler", node.handler).evaluate(scope)
        return EffectResult(completed_payload(entry.frame + entry.node, outcome))

    async def _hooked(
        self,
        hooked: NodeHooks,
        node: CompiledNode,
        state: WorkflowState,
        entry: Ready,
        context: EffectContext,
    ) -> EffectResult:
        """Perform a node between what is hooked in before it and after it."""
        path, patch, more = entry.frame + entry.node, None, None
        scope = NodeScope(state, state.frames[entry.frame], entry.sources)
        facts = {"run_id": context.run_id, "path": path, "attempt": entry.attempt, "scope": scope}
        if hooked.before and (patch := await called(hooked.before, node.definition, state, facts)):
            state = patched(state, patch)
            scope = facts["scope"] = scope_of(state, entry)
        try:
            if node.performs:
                outcome = await _performing(node, scope, entry, context)
            else:
                outcome = cast("PureHandler", node.handler).evaluate(scope)
        except LiteAgentError as error:
            outcome = await self._suppressed(node, state, entry, error)
        if hooked.after:
            more = await _called_after(hooked, node, state, outcome.output, facts)
        payload = completed_payload(path, outcome)
        if patch or more:
            return EffectResult(payload, before=_patches(path, patch), after=_patches(path, more))
        return EffectResult(payload)

    async def _ended(
        self, node: CompiledNode, state: WorkflowState, entry: Ready, end: JsonObject
    ) -> EffectResult:
        """Call the hooks after a node that has no effect of its own."""
        path, error = entry.frame + entry.node, end.get("error")
        if isinstance(error, Mapping):
            failure = LiteAgentError.from_json(cast("Mapping[str, Any]", error))
            return EffectResult(completed_payload(path, await self._suppressed(node, state, entry, failure)))
        hooked = self._hooks.of(node.definition.type) if self._hooks is not None else None
        if hooked is None or not hooked.after:
            return EffectResult(end)
        more = await _called_after(hooked, node, state, end.get("output"), _facts(state, entry))
        return EffectResult(end, after=_patches(path, more))

    async def _suppressed(
        self, node: CompiledNode, state: WorkflowState, entry: Ready, error: LiteAgentError
    ) -> Outcome:
        """What stands in for a failed node's end where a hook suppresses the failure; raises it otherwise."""
        hooks, definition = self._hooks, node.definition
        if hooks is None or not await hooks.on_error(definition, state, error, **_facts(state, entry)):
            raise error
        default = definition.default
        return Outcome(default.value if default else None, detail={"suppressed": error.to_json()})


class _HookPerformer:
    """Performs `hook`: calls what is hooked in before a node that has no effect of its own."""

    def __init__(self, hooks: Hooks | None) -> None:
        self._hooks = hooks

    async def __call__(self, effect: Effect, state: WorkflowState, context: EffectContext, /) -> EffectResult:
        """Call the hooks of the node that `effect` names.

        Raises:
            LiteAgentError: One of them failed.
        """
        path = cast("str", effect.payload["node"])
        entry = state.active[context.request]
        node = state.frames[entry.frame].graph.nodes[entry.node]
        hooked = self._hooks.of(node.definition.type) if self._hooks is not None else None
        if hooked is None:
            return EffectResult({"node": path})
        patch = await called(hooked.before, node.definition, state, _facts(state, entry))
        return EffectResult({"node": path}, before=_patches(path, patch))


def _called_after(
    hooked: NodeHooks, node: CompiledNode, state: WorkflowState, output: JsonValue, facts: dict[str, Any]
) -> Coroutine[Any, Any, JsonObject | None]:
    """The calls of what is hooked in after a node, with a state that has its output already."""
    facts["output"] = output
    return called(hooked.after, node.definition, with_output(state, facts["path"], output), facts)


def _facts(state: WorkflowState, entry: Ready) -> dict[str, Any]:
    return {
        "run_id": state.run_id,
        "path": entry.frame + entry.node,
        "attempt": entry.attempt,
        "scope": scope_of(state, entry),
    }


def _patches(path: str, patch: JsonObject | None) -> tuple[EventDraft, ...]:
    return (EventDraft("state.patched", {"by": path, "patch": patch}),) if patch else ()


def _performing(
    node: CompiledNode, scope: NodeScope, entry: Ready, context: EffectContext
) -> Coroutine[Any, Any, Outcome]:
    """The performing of the handler's effect, in the node's time."""
    path = entry.frame + entry.node
    key = context.key if entry.attempt == 1 else f"{context.run_id}:{entry.first}"
    at = NodeContext(context.run_id, context.workspace_id, path, key, entry.attempt, context.emit)
    handler, timeout = cast("EffectHandler", node.handler), node.definition.timeout
    return handler.perform(scope, at) if timeout is None else _in_time(timeout, handler, scope, at)


async def _in_time(timeout: float, handler: EffectHandler, scope: NodeScope, at: NodeContext) -> Outcome:
    with anyio.move_on_after(timeout):
        return await handler.perform(scope, at)
    raise ToolError(
        f"Node {at.node} took longer than {timeout:g} s. Raise its timeout, or make it do less.",
        code="node_timeout",
    )


async def _perform_nested(effect: Effect, state: WorkflowState, context: EffectContext, /) -> EffectResult:
    """Perform an effect of the run inside the node that `effect` names."""
    path = cast("str", effect.payload["node"])
    nested = state.nested[path]
    program = program_of(state, nested)
    payload = {key: value for key, value in effect.payload.items() if key not in ("node", "inner")}
    inner = Effect(effect.kind, payload, effect.safety, effect.verb)
    result = await program.performers[effect.kind](inner, nested.state, context)
    return EffectResult({**result.payload, "node": path}, result.riders, result.before, result.after)


def _assumed(graph: CompiledGraph, effect: Effect, result: JsonValue) -> JsonObject:
    """The payload of an effect's completion when a person says that it was done, and gave `result`."""
    path = cast("str", effect.payload["node"])
    if effect.kind == "node":
        return completed_payload(path, Outcome(result))
    node = _node_at(graph, path)
    assert isinstance(node.handler, ProgramHandler)
    return {**node.handler.program().assumed(effect, result), "node": path}


def _node_at(graph: CompiledGraph, path: str) -> CompiledNode:
    *around, last = path.split("/")
    for container in around[::2]:
        graph = graph.nodes[container].body
    return graph.nodes[last]
