"""What a workflow's run runs on: its reducer, and the performers of its nodes' effects."""

from collections.abc import Iterator, Mapping
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
from liteagent.engine.workflow.nesting import program_of
from liteagent.engine.workflow.patching import check_patch, patched
from liteagent.engine.workflow.reducer import WorkflowReducer
from liteagent.engine.workflow.scope import NodeScope
from liteagent.engine.workflow.state import Ready, WorkflowDefinition, WorkflowState
from liteagent.engine.workflow.types import NodeDefinition

__all__ = ["Hooks", "workflow_program"]


class Hooks(Protocol):
    """What has been hooked into nodes; see `engine.workflow.extensions`."""

    def has_hooks(self, node_type: str) -> bool:
        """Whether anything is hooked into nodes of this type."""
        ...

    async def before(self, node: NodeDefinition, state: WorkflowState, **facts: Any) -> JsonObject | None:
        """Called before a node; a patch of the state, or None."""
        ...

    async def after(
        self, node: NodeDefinition, state: WorkflowState, output: JsonValue, **facts: Any
    ) -> JsonObject | None:
        """Called after a node that completed; a patch of the state, or None."""
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


class _Performers(Mapping[str, Performer[WorkflowState]]):
    """`node` and `hook` are a node's own; every other kind belongs to a run inside one of the nodes."""

    def __init__(self, own: Mapping[str, Performer[WorkflowState]]) -> None:
        self._own = own

    def __getitem__(self, kind: str) -> Performer[WorkflowState]:
        return self._own.get(kind, _perform_nested)

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


class _NodePerformer:
    """Performs `node`: the handler's effect, in its time, with what is hooked into it."""

    def __init__(self, hooks: Hooks | None) -> None:
        self._hooks = hooks

    async def __call__(self, effect: Effect, state: WorkflowState, context: EffectContext, /) -> EffectResult:
        """Perform the effect of the node that `effect` names.

        Raises:
            LiteAgentError: The node's failure.
        """
        path = cast("str", effect.payload["node"])
        entry = state.active[context.request]
        node = state.frames[entry.frame].graph.nodes[entry.node]
        if effect.verb == "ending":
            return await self._ended(node, state, entry, context, cast("JsonObject", effect.payload["end"]))
        key = context.key if entry.attempt == 1 else f"{context.run_id}:{entry.first}"
        at = NodeContext(context.run_id, context.workspace_id, path, key, entry.attempt, context.emit)
        if self._hooks is None or not self._hooks.has_hooks(node.definition.type):
            return EffectResult(completed_payload(path, await _handled(node, state, entry, at)))
        return await self._hooked(self._hooks, node, state, entry, at)

    async def _hooked(
        self, hooks: Hooks, node: CompiledNode, state: WorkflowState, entry: Ready, at: NodeContext
    ) -> EffectResult:
        facts = _facts(state, entry, at.run_id)
        patch = await hooks.before(node.definition, state, **facts)
        state = patched(state, patch) if patch else state
        try:
            payload = completed_payload(at.node, await _handled(node, state, entry, at))
        except LiteAgentError as error:
            payload = await _suppressed(hooks, node, state, error, facts)
        more = await hooks.after(node.definition, state, payload["output"], **facts)
        return EffectResult(payload, before=_patches(at.node, patch), after=_patches(at.node, more))

    async def _ended(
        self, node: CompiledNode, state: WorkflowState, entry: Ready, context: EffectContext, end: JsonObject
    ) -> EffectResult:
        """Call the hooks after a node that has no effect of its own."""
        hooks, path = self._hooks, entry.frame + entry.node
        error = end.get("error")
        if hooks is None:
            if isinstance(error, Mapping):
                raise LiteAgentError.from_json(cast("Mapping[str, Any]", error))
            return EffectResult(end)
        facts = _facts(state, entry, context.run_id)
        if isinstance(error, Mapping):
            failure = LiteAgentError.from_json(cast("Mapping[str, Any]", error))
            return EffectResult(await _suppressed(hooks, node, state, failure, facts))
        more = await hooks.after(node.definition, state, end.get("output"), **facts)
        return EffectResult(end, after=_patches(path, more))


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
        if self._hooks is None:
            return EffectResult({"node": path})
        patch = await self._hooks.before(node.definition, state, **_facts(state, entry, context.run_id))
        return EffectResult({"node": path}, before=_patches(path, patch))


async def _suppressed(
    hooks: Hooks, node: CompiledNode, state: WorkflowState, error: LiteAgentError, facts: Mapping[str, Any]
) -> JsonObject:
    """What stands in for a failed node's end where a hook suppresses the failure; raises it otherwise."""
    if not await hooks.on_error(node.definition, state, error, **facts):
        raise error
    default = node.definition.default
    outcome = Outcome(default.value if default else None, detail={"suppressed": error.to_json()})
    return completed_payload(str(facts["path"]), outcome)


def _facts(state: WorkflowState, entry: Ready, run_id: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "path": entry.frame + entry.node,
        "attempt": entry.attempt,
        "scope": scope_of(state, entry),
    }


def _patches(path: str, patch: JsonObject | None) -> tuple[EventDraft, ...]:
    return (EventDraft("state.patched", {"by": path, "patch": patch}),) if patch else ()


async def _handled(node: CompiledNode, state: WorkflowState, entry: Ready, at: NodeContext) -> Outcome:
    scope = NodeScope(state, state.frames[entry.frame], entry.sources)
    if not node.performs:
        return cast("PureHandler", node.handler).evaluate(scope)
    handler, timeout = cast("EffectHandler", node.handler), node.definition.timeout
    if timeout is None:
        return await handler.perform(scope, at)
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
