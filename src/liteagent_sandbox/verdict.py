"""What a run came to, from what the kernel says of its end and what it reported."""

import json
import os
import signal
from dataclasses import dataclass
from typing import Any, cast, get_args

from liteagent_sandbox.json_text import NotJsonError, checked
from liteagent_sandbox.protocol import ErrorKind
from liteagent_sandbox.wire import REFUSED, Exited

__all__ = ["Ending", "Verdict", "verdict"]

_KINDS = frozenset(get_args(ErrorKind))
_OUT_OF_HEAP = ("heap out of memory", "process out of memory", "memory allocation", "Zone", "out of memory")
_MOSTLY = 0.6
"""Of its processor time: the kernel ends a run by a clock of ticks, and reports by a finer one."""

_MOST_ERROR = 20_000
_SAID = {
    "timeout": "the run took longer than it may",
    "output_limit": "the run printed more than it may",
    "result_limit": "the result is larger than it may be; return less of it",
    "memory": "the run held more memory than it may",
    "security": "the run made a system call that no honest program makes, and was stopped",
    "disk_limit": "the run wrote a larger file than it may",
    "no_result": "the program ended itself before it was done",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is known of a run that has ended.

    Attributes:
        reason: Why it was killed from outside; None where it was not.
        report: What came over its own descriptor.
        errors: What it wrote to standard error.
        cpu: The seconds of processor time after which the kernel ends it.
        depth: How deep its result may be nested.
    """

    exited: Exited
    reason: ErrorKind | None
    report: bytes
    errors: str
    cpu: float
    depth: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The part of a result that has to be worked out."""

    kind: ErrorKind | None = None
    error: str = ""
    exit_code: int = 0
    result: bytes = b"null"


def verdict(ending: Ending) -> Verdict:
    """Judge; what the run says of itself counts only where the kernel does not know better."""
    code = os.waitstatus_to_exitcode(ending.exited.status)
    if ending.reason is not None:
        return _of(ending.reason, -signal.SIGKILL)
    if code < 0:
        return _of_signal(-code, ending)
    if ending.report.startswith(REFUSED):
        return Verdict("unavailable", ending.report[1:_MOST_ERROR].decode(errors="replace"), code)
    if code > 0 and not ending.report:
        if _is_out_of_heap(ending.errors):
            return _of("memory", code)
        return Verdict("exit", f"the program ended itself with status {code}", code)
    return _reported(ending)


def _of(kind: ErrorKind, code: int) -> Verdict:
    return Verdict(kind, _SAID[kind], code)


def _of_signal(number: int, ending: Ending) -> Verdict:
    kind: ErrorKind = "crash"
    if number == signal.SIGSYS:
        kind = "security"
    elif number == signal.SIGXFSZ:
        kind = "disk_limit"
    elif number == signal.SIGXCPU or (number == signal.SIGKILL and ending.exited.cpu > ending.cpu * _MOSTLY):
        kind = "timeout"
    elif number == signal.SIGKILL or _is_out_of_heap(ending.errors):
        kind = "memory"
    if kind == "crash":
        return Verdict(kind, f"the program was ended by {_name(number)}", -number)
    return _of(kind, -number)


def _name(number: int) -> str:
    known = {each.value: each.name for each in signal.Signals}
    return known.get(number, f"signal {number}")


def _is_out_of_heap(errors: str) -> bool:
    return any(each in errors for each in _OUT_OF_HEAP)


def _reported(ending: Ending) -> Verdict:
    letter, body = ending.report[:1], ending.report[1:]
    if letter == b"N":
        return Verdict()
    try:
        if letter == b"R":
            return Verdict(result=checked(body, ending.depth))
        if letter == b"E":
            return _error(json.loads(body))
    except NotJsonError as error:
        return Verdict("result", f"the result is not JSON that can be handed on: {error}"[:_MOST_ERROR], 1)
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return Verdict("result", "the result is not JSON", 1)
    return _of("no_result", 1)


def _error(said: dict[str, Any]) -> Verdict:
    kind = said["kind"] if said["kind"] in _KINDS else "runtime_error"
    code = said["exit_code"] if isinstance(said["exit_code"], int) else 1
    text = str(said["error"])[:_MOST_ERROR].encode(errors="replace").decode()
    return Verdict(cast("ErrorKind", kind), text, code & 0xFF or 1)
