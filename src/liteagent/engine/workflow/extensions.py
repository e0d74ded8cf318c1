"""What others plug into workflows: hooks, node types, conditions and transformers.

Each is plugged by a decorator of `workflow_hooks`, or by an entry point of `liteagent.node`,
`liteagent.workflow_hook`, `liteagent.condition` or `liteagent.transformer`. What was registered by a
decorator comes before an entry point of the same name.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from liteagent.contracts.errors import InvalidInputError, NotFoundError
from liteagent.contracts.registry import Registry
from liteagent.engine.workflow.handler import NodeKind
from liteagent.engine.workflow.hooks import EVERY_TYPE, BoundHooks, Hook, HookFunction, Moment
from liteagent.engine.workflow.kinds import installed_kinds
from liteagent.engine.workflow.services import NodeFunction, Services
from liteagent.engine.workflow.simple_handler import HandlerEffect, SimpleHandler, simple_kind

if TYPE_CHECKING:
    from liteagent.engine.workflow.config import Config

__all__ = ["PlugIn", "WorkflowExtensions", "workflow_hooks"]

F = TypeVar("F", bound=HookFunction)
H = TypeVar("H", bound=NodeKind | SimpleHandler)
N = TypeVar("N", bound=NodeFunction)
V = TypeVar("V")

PlugIn: TypeAlias = Callable[["WorkflowExtensions"], object]
"""What an entry point of `liteagent.workflow_hook` is: it registers its hooks with what it is given."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class _Registered:
    """Everything that is registered at one moment.

    Attributes:
        plugged: Whether the hooks of installed packages are among it.
    """

    hooks: tuple[Hook, ...] = ()
    kinds: Mapping[str, NodeKind] = field(default_factory=dict[str, NodeKind])
    conditions: Mapping[str, NodeFunction] = field(default_factory=dict[str, NodeFunction])
    transformers: Mapping[str, NodeFunction] = field(default_factory=dict[str, NodeFunction])
    plugged: bool = False


class WorkflowExtensions:
    """The extensions of workflows in one process; they take effect in runs that are opened afterwards.

    Hooks name the parameters that they want; `Moment.parameters` lists them. They are sync or async, and are
    called in the order in which they were registered. A hook before or after a node may return a changed
    state, which the journal keeps; one that raises fails the node with `hook_failed`.

    Example:
        >>> hooks = WorkflowExtensions()
        >>> @hooks.before_node("agent")
        ... async def count(node, state):
        ...     return state._replace(vars={**state.vars, "turns": state.vars.get("turns", 0) + 1})
        >>> hooks.has_hooks("agent"), hooks.has_hooks("llm")
        (True, False)
    """

    def __init__(self) -> None:
        self._conditions: Registry[NodeFunction] = Registry("liteagent.condition")
        self._transformers: Registry[NodeFunction] = Registry("liteagent.transformer")
        self._registered = _Registered()
        self._bound: BoundHooks | None = None

    def before_node(self, node_type: str = EVERY_TYPE) -> Callable[[F], F]:
        """Decorator: call the function before each try of a node; it may return a changed state.

        Raises:
            InvalidInputError: The function requires a parameter that it is not given.
        """
        return self._hook(Moment.BEFORE, node_type)

    def after_node(self, node_type: str = EVERY_TYPE) -> Callable[[F], F]:
        """Decorator: call the function when a node has come to an output; it may return a changed state.

        Raises:
            InvalidInputError: The function requires a parameter that it is not given.
        """
        return self._hook(Moment.AFTER, node_type)

    def on_error(self, node_type: str = EVERY_TYPE) -> Callable[[F], F]:
        """Decorator: call the function when a try of a node has failed; True suppresses the failure.

        A node whose failure is suppressed has its default as its output, else null.

        Raises:
            InvalidInputError: The function requires a parameter that it is not given.
        """
        return self._hook(Moment.ERROR, node_type)

    def handler(
        self, node_type: str, *, effect: HandlerEffect = "unsafe", config: "type[Config] | None" = None
    ) -> Callable[[H], H]:
        """Decorator: a node type, from a NodeKind or from a function `(config, scope) -> output`.

        Args:
            node_type: Its name in documents.
            effect: For a function: `pure` if it only computes, else what may be done about a call that has no
                result after a crash.
            config: For a function: the model of what its nodes take; None takes anything.

        Raises:
            InvalidInputError: The name will not do, or the function does not fit its effect.
        """
        _check_name(node_type, "node type")

        def add(part: H) -> H:
            given: NodeKind | SimpleHandler = part
            made = given if isinstance(given, NodeKind) else simple_kind(node_type, given, effect, config)
            if made.type != node_type:
                raise InvalidInputError(f"The NodeKind is of type {made.type!r}; register it as that.")
            self._change(kinds=_with(self._registered.kinds, node_type, made))
            return part

        return add

    def condition(self, name: str) -> Callable[[N], N]:
        """Decorator: a condition `(scope) -> bool` that condition nodes may name.

        Raises:
            InvalidInputError: The name will not do.
        """
        _check_name(name, "condition")

        def add(function: N) -> N:
            self._change(conditions=_with(self._registered.conditions, name, function))
            return function

        return add

    def transformer(self, name: str) -> Callable[[N], N]:
        """Decorator: a transformer `(value, **arguments) -> value` that transform nodes may name.

        Raises:
            InvalidInputError: The name will not do.
        """
        _check_name(name, "transformer")

        def add(function: N) -> N:
            self._change(transformers=_with(self._registered.transformers, name, function))
            return function

        return add

    def kind(self, node_type: str) -> NodeKind:
        """The node type of that name, a registered one before an installed one.

        Raises:
            NotFoundError: There is none; the message lists what there is.
            ConfigurationError: Its package is not installed.
        """
        found = self._registered.kinds.get(node_type)
        if found is not None:
            return found
        installed = installed_kinds()
        try:
            return installed.get(node_type)
        except NotFoundError:
            known = ", ".join(self.kinds()) or "none"
            raise NotFoundError(f"There is no node type {node_type!r}. Known: {known}.") from None

    def kinds(self) -> tuple[str, ...]:
        """The name of every node type, sorted."""
        return tuple(sorted({*installed_kinds().names(), *self._registered.kinds}))

    def services(self, services: Services) -> Services:
        """The services with the plugged conditions and transformers behind their own."""
        return replace(
            services,
            conditions=_Plugged(services.conditions, lambda: self._registered.conditions, self._conditions),
            transformers=_Plugged(
                services.transformers, lambda: self._registered.transformers, self._transformers
            ),
        )

    def bound(self, types: Iterable[str] | None = None) -> BoundHooks | None:
        """The hooks as they are now; None where nothing is hooked into any of these node types, or at all."""
        hooks = self._hooks()
        if types is None:
            return hooks if self._registered.hooks else None
        return hooks if any(hooks.has_hooks(each) for each in types) else None

    def has_hooks(self, node_type: str) -> bool:
        """Whether anything is hooked into nodes of this type."""
        return self._hooks().has_hooks(node_type)

    @contextmanager
    def isolated(self) -> Generator["WorkflowExtensions"]:
        """Whatever is registered inside is forgotten at the end."""
        kept = self._registered
        try:
            yield self
        finally:
            self._registered, self._bound = kept, None

    def _hook(self, moment: Moment, node_type: str) -> Callable[[F], F]:
        if node_type != EVERY_TYPE:
            _check_name(node_type, "node type")

        def add(function: F) -> F:
            hook = Hook.of(moment, node_type, function)
            self._change(hooks=(*self._registered.hooks, hook))
            return function

        return add

    def _change(self, **changes: Any) -> None:
        self._registered = replace(self._registered, **changes)
        self._bound = None

    def _hooks(self) -> BoundHooks:
        if self._bound is None:
            self._plug()
            self._bound = BoundHooks(self._registered.hooks)
        return self._bound

    def _plug(self) -> None:
        """Let installed packages register their hooks, once."""
        if self._registered.plugged:
            return
        self._change(plugged=True)
        installed: Registry[PlugIn] = Registry("liteagent.workflow_hook")
        for name in installed.names():
            installed.get(name)(self)


class _Plugged(Mapping[str, NodeFunction]):
    """Functions by name: given ones, then registered ones, then installed ones, loaded when asked for."""

    def __init__(
        self,
        given: Mapping[str, NodeFunction],
        registered: Callable[[], Mapping[str, NodeFunction]],
        installed: Registry[NodeFunction],
    ) -> None:
        self._given = given
        self._registered = registered
        self._installed = installed

    def __getitem__(self, name: str) -> NodeFunction:
        """The function of that name.

        Raises:
            KeyError: There is none.
            ConfigurationError: Its package is not installed.
        """
        for known in (self._given, self._registered()):
            if name in known:
                return known[name]
        try:
            return self._installed.get(name)
        except NotFoundError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        """Every name, sorted."""
        return iter(sorted({*self._given, *self._registered(), *self._installed.names()}))

    def __len__(self) -> int:
        """How many names there are."""
        return sum(1 for _ in self)


def _with(known: Mapping[str, V], name: str, part: V) -> Mapping[str, V]:
    return MappingProxyType({**known, name: part})


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInputError(
            f"A {what} cannot be called {name!r}. Use up to 64 letters, digits and _, a letter first."
        )


workflow_hooks = WorkflowExtensions()
"""The extensions of this process."""
