"""Hooks into nodes: functions called before a node, after it, and when it has failed.

A hook names the parameters that it wants and is given these by name. What it wants is checked when it is
registered.
"""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from liteagent.contracts.errors import InvalidInputError, LiteAgentError, ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.state import WorkflowState
from liteagent.engine.workflow.state_patch import state_patch, with_output
from liteagent.engine.workflow.types import NodeDefinition

__all__ = ["EVERY_TYPE", "BoundHooks", "Hook", "HookFunction", "Moment", "NodeHooks", "called"]

_log = logging.getLogger(__name__)

HookFunction: TypeAlias = Callable[..., Any]

EVERY_TYPE = "*"
"""Stands for nodes of every type."""

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_SHOWN = 300


class Moment(StrEnum):
    """When a hook is called."""

    BEFORE = "before_node"
    AFTER = "after_node"
    ERROR = "on_error"

    @property
    def parameters(self) -> tuple[str, ...]:
        """What a hook may ask for by naming it.

        `node` is the NodeDefinition, `state` the WorkflowState, `type` the node's type, `path` its place in
        the run, `attempt` counts its tries from 1, and `scope` holds what its expressions see. `output` is
        what it came to, `error` the LiteAgentError that it failed with.
        """
        more = {Moment.BEFORE: (), Moment.AFTER: ("output",), Moment.ERROR: ("error",)}
        return ("node", "state", *more[self], "type", "run_id", "path", "attempt", "scope")


@dataclass(frozen=True, slots=True)
class Hook:
    """A registered hook.

    Attributes:
        node_type: The type of node that it is for, or `*`.
        wanted: The parameters that it names; None wants whatever there is.
        is_async: Whether the function is one whose call is always to be awaited.
    """

    moment: Moment
    node_type: str
    function: HookFunction
    wanted: tuple[str, ...] | None
    is_async: bool

    @classmethod
    def of(cls, moment: Moment, node_type: str, function: HookFunction) -> "Hook":
        """The hook that a function is.

        Raises:
            InvalidInputError: It requires a parameter that there is not, or one that has no name.
        """
        is_async = inspect.iscoroutinefunction(function)
        return cls(moment, node_type, function, _wanted(moment, function), is_async)

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def is_for(self, node_type: str) -> bool:
        """Whether it is called for nodes of this type."""
        return self.node_type in (EVERY_TYPE, node_type)

    def __call__(self, facts: Mapping[str, Any]) -> Any:
        """What the function returns: something to be awaited where it is async."""
        wanted = self.wanted
        if wanted is None:
            return self.function(**facts)
        return self.function(**{name: facts[name] for name in wanted})


@dataclass(frozen=True, slots=True)
class NodeHooks:
    """The hooks of one node type, in the order of registration."""

    before: tuple[Hook, ...]
    after: tuple[Hook, ...]
    error: tuple[Hook, ...]


class BoundHooks:
    """Hooks looked up by the type of node that they are for.

    The facts that its methods take are those of `Moment.parameters` that no argument gives.

    Args:
        hooks: In the order in which they are called.
    """

    def __init__(self, hooks: Iterable[Hook]) -> None:
        self._hooks = tuple(hooks)
        self._of_types: dict[str, NodeHooks | None] = {}

    def of(self, node_type: str) -> NodeHooks | None:
        """What is hooked into nodes of this type; None where nothing is."""
        try:
            return self._of_types[node_type]
        except KeyError:
            found = self._of_types[node_type] = self._found(node_type)
            return found

    def has_hooks(self, node_type: str) -> bool:
        """Whether anything is hooked into nodes of this type."""
        return self.of(node_type) is not None

    async def before(self, node: NodeDefinition, state: WorkflowState, **facts: Any) -> JsonObject | None:
        """Call what is hooked in before the node; a patch of the state, or None where nothing was changed.

        Raises:
            ToolError: `hook_failed`: a hook raised, or returned what it must not.
        """
        hooks = self.of(node.type)
        return await called(hooks.before, node, state, facts) if hooks is not None else None

    async def after(
        self, node: NodeDefinition, state: WorkflowState, output: JsonValue, **facts: Any
    ) -> JsonObject | None:
        """Call what is hooked in after the node; the state that hooks see has the node's output already.

        Raises:
            ToolError: `hook_failed`: a hook raised, or returned what it must not.
        """
        hooks = self.of(node.type)
        if hooks is None:
            return None
        state = with_output(state, str(facts.get("path", node.id)), output)
        return await called(hooks.after, node, state, {**facts, "output": output})

    async def on_error(
        self, node: NodeDefinition, state: WorkflowState, error: LiteAgentError, **facts: Any
    ) -> bool:
        """Call what is hooked into the node's failure; whether one of them returned True.

        A hook that raises suppresses nothing and is logged.
        """
        hooks, suppressed = self.of(node.type), False
        told = {**facts, "node": node, "state": state, "type": node.type, "error": error}
        for hook in () if hooks is None else hooks.error:
            try:
                said = hook(told)
                suppressed = (await said if inspect.isawaitable(said) else said) is True or suppressed
            except Exception:  # noqa: BLE001  a hook is foreign code, and the node has failed anyway
                _log.exception("hook %s on the error of node %s", hook.name, node.id)
        return suppressed

    def _found(self, node_type: str) -> NodeHooks | None:
        hooks = [each for each in self._hooks if each.is_for(node_type)]
        if not hooks:
            return None
        by_moment = (tuple(each for each in hooks if each.moment is moment) for moment in Moment)
        return NodeHooks(*by_moment)


async def called(
    hooks: tuple[Hook, ...], node: NodeDefinition, state: WorkflowState, facts: dict[str, Any]
) -> JsonObject | None:
    """Call hooks one after the other, each with the state that the one before has left; the patch, if any.

    `facts` is what hooks may ask for; node, type and state are put in.

    Raises:
        ToolError: `hook_failed`: a hook raised, or returned what it must not.
    """
    merged: dict[str, dict[str, Any]] = {}
    facts["node"], facts["type"] = node, node.type
    for hook in hooks:
        facts["state"] = state
        try:
            returned = hook(facts)
            if hook.is_async or (returned is not state and inspect.isawaitable(returned)):
                returned = await returned
            if returned is None or returned is state:
                continue
            changes = _changes(state, returned)
        except Exception as error:
            _log.warning("hook %s of node %s", hook.name, node.id, exc_info=True)
            raise _failed(hook, node, error) from error
        if isinstance(returned, WorkflowState):
            state = returned
        for part, values in changes.items():
            merged.setdefault(part, {}).update(values)
    return merged or None


def _changes(state: WorkflowState, returned: object) -> Mapping[str, Any]:
    if isinstance(returned, WorkflowState):
        return state_patch(state, returned)
    raise InvalidInputError(
        f"It returned a {type(returned).__name__}. Return the state, a changed one, or nothing."
    )


def _failed(hook: Hook, node: NodeDefinition, error: Exception) -> ToolError:
    known = isinstance(error, LiteAgentError)
    told = error.message if known else ": ".join(filter(None, (type(error).__name__, str(error))))
    return ToolError(
        f"The {hook.moment.value} hook {hook.name!r} failed at node {node.id!r}. {told[:_SHOWN]}",
        code="hook_failed",
        details={"hook": hook.name, "error": error.error_code if known else type(error).__name__},
    )


def _wanted(moment: Moment, function: HookFunction) -> tuple[str, ...] | None:
    named: list[str] = []
    everything = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            everything = True
        elif parameter.kind in _BY_NAME and parameter.name in moment.parameters:
            named.append(parameter.name)
        elif parameter.kind is not inspect.Parameter.VAR_POSITIONAL and parameter.default is parameter.empty:
            known = ", ".join(moment.parameters)
            raise InvalidInputError(
                f"The hook {getattr(function, '__name__', function)!r} requires {str(parameter)!r}, which a "
                f"{moment.value} hook is not given by name. Name any of: {known}."
            )
    return None if everything else tuple(named)
