"""Tools from typed Python functions."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, ParamSpec, TypeVar, cast, overload

from anyio import to_thread

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import Tool, ToolContext, ToolDefinition, ToolResult
from liteagent.engine.agent.validation import Arguments, type_hints

__all__ = ["FunctionTool", "Tool", "ToolContext", "ToolResult", "tool", "tools_by_name"]

P = ParamSpec("P")
R = TypeVar("R")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SECTION = re.compile(r"^(Args|Arguments|Parameters|Returns|Yields|Raises|Example|Examples):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FunctionTool(Generic[P, R]):
    """A `Tool` made from a function, which it still calls like one."""

    fn: Callable[P, R]
    definition: ToolDefinition
    arguments: Arguments
    injected: str | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function itself, unchecked."""
        return self.fn(*args, **kwargs)

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """Check the arguments and call the function; one that is not async runs in a thread.

        Raises:
            ToolError: The arguments do not fit.
        """
        values = self.arguments.validate(arguments)
        if self.injected is not None:
            values[self.injected] = context
        call = cast("Callable[[], object]", partial(self.fn, **cast("Any", values)))
        if inspect.iscoroutinefunction(self.fn):
            return await cast("Awaitable[object]", call())
        value = await to_thread.run_sync(call)
        return await value if inspect.isawaitable(value) else value


@overload
def tool(fn: Callable[P, R], /) -> FunctionTool[P, R]: ...


@overload
def tool(
    *,
    effect: Literal["safe", "idempotent", "unsafe"] | Safety = Safety.UNSAFE,
    name: str | None = None,
    description: str | None = None,
    approval: bool = False,
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...


def tool(
    fn: Callable[P, R] | None = None,
    /,
    *,
    effect: Literal["safe", "idempotent", "unsafe"] | Safety = Safety.UNSAFE,
    name: str | None = None,
    description: str | None = None,
    approval: bool = False,
) -> FunctionTool[P, R] | Callable[[Callable[P, R]], FunctionTool[P, R]]:
    """Make a tool from a typed function, sync or async.

    Its parameters become the JSON Schema, with what the docstring's `Args:` (or pydantic's `Field`) says of
    them. A parameter annotated as `ToolContext` is filled in by the engine and hidden from the model.

    Args:
        fn: The function, where the decorator stands without parentheses.
        effect: `safe` (reads, computes), `idempotent` (may be repeated with the same key) or `unsafe`: what
            is done about a call that a crash has interrupted.
        name: Default: the function's.
        description: Default: the docstring up to its first section.
        approval: Whether a person has to approve each call before it is made.

    Example:
        >>> @tool(effect="safe")
        ... def add(a: int, b: int = 1) -> int:
        ...     '''Add two numbers.'''
        ...     return a + b
        >>> add.definition.parameters["required"], add(2, 3)
        (['a'], 5)

    Raises:
        InvalidInputError: A parameter has no type or one that JSON cannot express, or the name will not do.
    """

    def make(wrapped: Callable[P, R]) -> FunctionTool[P, R]:
        definition = partial(ToolDefinition, effect=Safety(effect), approval=approval)
        return _function_tool(wrapped, name, description, definition)

    return make if fn is None else make(fn)


def tools_by_name(tools: Iterable[Tool | Callable[..., Any]]) -> dict[str, Tool]:
    """Tools under their names; a plain function becomes an unsafe tool.

    Raises:
        InvalidInputError: Two have one name, or a function cannot become a tool.
    """
    found: dict[str, Tool] = {}
    for each in tools:
        made = each if _is_tool(each) else tool(cast("Callable[..., Any]", each))
        made = cast("Tool", made)
        if made.definition.name in found:
            raise InvalidInputError(f"Two tools are called {made.definition.name!r}; rename one of them.")
        found[made.definition.name] = made
    return found


def _is_tool(each: object) -> bool:
    return isinstance(getattr(each, "definition", None), ToolDefinition)


def _function_tool(
    fn: Callable[P, R],
    name: str | None,
    description: str | None,
    definition: Callable[[str, str, JsonObject], ToolDefinition],
) -> FunctionTool[P, R]:
    called = name or str(getattr(fn, "__name__", ""))
    if not _NAME.fullmatch(called):
        raise InvalidInputError(f"A tool cannot be called {called!r}; use 1 to 64 letters, digits, _ or -.")
    injected = _injected(fn)
    arguments = Arguments(fn, injected)
    summary = description if description is not None else _summary(inspect.getdoc(fn) or "")
    return FunctionTool(fn, definition(called, summary, arguments.schema), arguments, injected)


def _injected(fn: Callable[..., Any]) -> str | None:
    hints: Mapping[str, Any] = getattr(fn, "__annotations__", {})
    if not any("ToolContext" in str(hint) for hint in hints.values()):
        return None
    return next((name for name, hint in type_hints(fn).items() if hint is ToolContext), None)


def _summary(docstring: str) -> str:
    section = _SECTION.search(docstring)
    return docstring[: section.start() if section else None].strip()
