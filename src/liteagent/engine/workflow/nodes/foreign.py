"""Functions that others wrote, called from inside of a node: their errors and their results are checked."""

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from liteagent.contracts.errors import LiteAgentError, ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.operators import storable

__all__ = ["call", "call_sync", "is_async", "takes_key"]

_MAX_DEPTH = 100
_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
_SHOWN = 300


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling it gives something to be awaited."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  a callable object may be async as well
    )


def takes_key(function: Callable[..., Any]) -> bool:
    """Whether it has a parameter `key`, for the idempotency key of the call."""
    try:
        parameter = inspect.signature(function).parameters.get("key")
    except (TypeError, ValueError):  # a builtin that does not say
        return False
    return parameter is not None and parameter.kind is not inspect.Parameter.POSITIONAL_ONLY


def call_sync(node: str, function: Callable[..., Any], *positional: Any, **named: Any) -> JsonValue:
    """What a function returns, as JSON of our own.

    Raises:
        ToolError: `function_failed` when it raises, `result_not_json` when no JSON comes out.
    """
    try:
        result = function(*positional, **named)
    except LiteAgentError:
        raise
    except Exception as error:
        raise _failed(node, error) from error
    return _json(node, result)


async def call(node: str, function: Callable[..., Any], *positional: Any, **named: Any) -> JsonValue:
    """What a function returns, awaited where it is to be, as JSON of our own.

    Raises:
        ToolError: `function_failed` when it raises, `result_not_json` when no JSON comes out.
    """
    try:
        result = function(*positional, **named)
        if result.__class__ is not dict and inspect.isawaitable(result):
            result = await result
    except LiteAgentError:
        raise
    except Exception as error:
        raise _failed(node, error) from error
    return _json(node, result)


def _failed(node: str, error: Exception) -> ToolError:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    shown = said if len(said) <= _SHOWN else said[: _SHOWN - 1] + "…"
    readable = shown if storable(shown) else ascii(shown)
    message = f"The function of node {node!r} failed: {readable}"
    return ToolError(message, code="function_failed", details={"node": node, "type": type(error).__name__})


def _json(node: str, result: Any) -> JsonValue:
    try:
        return _copied(result, 0)
    except ValueError as error:
        if inspect.iscoroutine(result):
            result.close()
        message = (
            f"The function of node {node!r} returned {error}. "
            "Return null, true or false, numbers, text, lists, and objects with text keys."
        )
        raise ToolError(message, code="result_not_json", details={"node": node}) from None


def _copied(value: Any, depth: int) -> JsonValue:
    """A copy, so that a function that keeps what it has returned cannot change the run."""
    # Every step of a run passes here: the commonest classes come first, and need no further call.
    kind = value.__class__
    if kind is str:
        return value if value.isascii() and "\0" not in value else _text(value)
    if kind is int:
        return value if _INT64_MIN <= value <= _INT64_MAX else _number(value)
    if kind is bool or value is None:
        return value
    if kind is float:
        return _number(value)
    if depth > _MAX_DEPTH:
        raise ValueError(f"data nested more than {_MAX_DEPTH} levels deep")
    if kind is dict:
        return _copied_object(value, depth + 1)
    if kind is list:
        return [_copied(each, depth + 1) for each in value]
    return _plain(value, depth)


def _copied_object(value: Mapping[Any, Any], depth: int) -> JsonObject:
    copy: dict[str, JsonValue] = {}
    for key, each in value.items():
        if key.__class__ is not str or not key.isidentifier():
            key = _key(key)
        copy[key] = _copied(each, depth)
    return copy


def _plain(value: Any, depth: int) -> JsonValue:
    """JSON of a value whose class only stands for one of JSON's: an enum of texts, a tuple, a mapping."""
    match value:
        case str():
            return _text(str.__str__(value))
        case int():
            return _number(int.__int__(value))
        case float():
            return _number(float.__float__(value))
        case Mapping():
            return _copied_object(cast("Mapping[Any, Any]", value), depth + 1)
        case list() | tuple():
            return [_copied(each, depth + 1) for each in cast("Sequence[Any]", value)]
        case _:
            raise ValueError(f"a {type(value).__name__}, which is not JSON")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return _text(str.__str__(key))
    raise ValueError(f"an object with the key {key!r:.80}, which is not text")


def _text(value: str) -> str:
    if storable(value):
        return value
    raise ValueError("text that cannot be stored: it holds NUL or half of a pair of surrogates")


def _number(value: float) -> float:
    fits = _INT64_MIN <= value <= _INT64_MAX if isinstance(value, int) else math.isfinite(value)
    if fits:
        return value
    raise ValueError("an integer beyond 64 bits, or a number that is not finite")
