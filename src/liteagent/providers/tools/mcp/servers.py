"""What an MCP source leads to: a URL, or a program that the operator has named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.tools import ToolSourceConfig

__all__ = ["KEY", "Program", "Remote", "server_of"]

KEY = "liteagent.dev/idempotency-key"
"""Where a call's idempotency key stands in its `_meta`."""

_KNOWN = frozenset({"server", "timeout"})
_SECONDS = 60.0
_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Remote:
    """A server behind a URL."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    timeout: float


@dataclass(frozen=True, slots=True)
class Program:
    """A program that speaks over its standard input and output, as the operator's settings have it."""

    name: str
    command: str
    args: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    timeout: float


def server_of(config: ToolSourceConfig) -> Remote | Program:
    """Where a source's server is.

    Raises:
        InvalidInputError: Neither a URL nor one of the operator's servers is named, or an option is unknown.
    """
    options = config.options
    if unknown := sorted(options.keys() - _KNOWN):
        raise InvalidInputError(f"There is no option {unknown[0]!r}. Known: {', '.join(sorted(_KNOWN))}.")
    timeout = _timeout(options)
    name = options.get("server")
    if name is None and config.url:
        return Remote(config.url, config.headers, timeout)
    if name is None or config.url:
        raise InvalidInputError("Give either the server's `url`, or the option `server`.")
    if config.headers:
        raise InvalidInputError("A server that the operator starts takes no headers. Leave them out.")
    return _program(str(name), config.operator, timeout)


def _program(name: str, operator: JsonObject, timeout: float) -> Program:
    known = cast("Mapping[str, JsonObject]", operator.get("servers") or {})
    found = known.get(name)
    if found is None:
        told = ", ".join(sorted(known)) or "none"
        raise InvalidInputError(
            f"There is no server {name!r}. Known: {told}. The operator names them in the setting MCP_SERVERS."
        )
    args = cast("Sequence[str]", found.get("args") or ())
    env = cast("Mapping[str, str]", found.get("env") or {})
    return Program(name, str(found["command"]), tuple(args), env, timeout)


def _timeout(options: JsonObject) -> float:
    seconds = options.get("timeout", _SECONDS)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1 <= seconds <= _LONGEST:
        raise InvalidInputError(f"The option `timeout` is a number of seconds from 1 to {_LONGEST}.")
    return float(seconds)
