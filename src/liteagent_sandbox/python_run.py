"""Runs Python and Jinja2 in a forked process, and reports on a descriptor of its own."""

import asyncio
import errno
import functools
import gc
import inspect
import json
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any, TypeAlias, cast

__all__ = ["Report", "execute", "rehearse", "warm_up"]

Report: TypeAlias = bytes
"""A letter and JSON: R and the result, N for none, E and {kind, error, exit_code}."""

_FILE = "main.py"
_TEMPLATE = "<template>"
_SERIALIZED = "<<RESULT>>"
_MOST_ERROR = 16_384
_NO_MEMORY = (
    b'E{"kind": "memory", "error": "MemoryError: the run held more memory than it may", "exit_code": 1}'
)
_OUT_OF_DISK = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_NO_NETWORK = "Note: there is no network in the sandbox."
_RESOLVING = "gaierror"


def execute(job: dict[str, Any]) -> Report:
    """Run what a job says; everything that it raises becomes a report."""
    try:
        value = _rendered(job) if job["language"] == "jinja2" else _ran(job)
        if value is _nothing:
            return b"N"
        return b"R" + _encoded(value, job["result_bytes"])
    except MemoryError:
        return _NO_MEMORY
    except SystemExit as error:
        return _left(error)
    except _UnfitError as error:
        return _failed(error.kind, str(error))
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the user's
        return _raised(error)


def warm_up() -> None:
    """Do everything once, so that what is made on first use is there before anything is forked."""
    _tried("python3", "import json\nasync def main(a): return {'a': [a, 1.5, None]}")
    _tried(
        "jinja2",
        "{% for x in [a] %}{{ x | upper }} {{ a.b }}{% if x %}{% endif %}{% set y = 1 %}{% endfor %}",
    )


def rehearse() -> None:
    """Do in a fork what every run does: the memory that this writes to is then no longer shared."""
    _tried("python3", "def main(a): return a")
    gc.disable()


def _tried(language: str, code: str) -> None:
    kept = sys.modules["__main__"]
    job = json.dumps({"language": language, "code": code, "inputs": {"a": "b"}, "result_bytes": 1024})
    execute(json.loads(job))
    sys.modules["__main__"] = kept


class _Nothing:
    pass


class _UnfitError(Exception):
    """There is a result, but not one to hand over."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


_nothing = _Nothing()


def _ran(job: dict[str, Any]) -> Any:
    module = ModuleType("__main__")
    module.__dict__["__file__"] = _FILE
    sys.modules["__main__"] = module
    code = _compiled(job["code"])
    gc.enable()
    exec(code, module.__dict__)  # noqa: S102 - what this process is there for
    main = module.__dict__.get("main")
    result = module.__dict__.get("result", _nothing)
    if callable(main) and _is_to_be_called(main, job["inputs"], result):
        return _called(main, job["inputs"] or {})
    return result


def _compiled(source: str) -> CodeType:
    lines = source.splitlines(keepends=True)
    linecache.cache[_FILE] = (len(source), None, lines, _FILE)
    return compile(source, _FILE, "exec", dont_inherit=True)


def _is_to_be_called(main: Callable[..., Any], inputs: dict[str, Any] | None, result: Any) -> bool:
    """Always when there are inputs; without, not where the code has called it by itself or nobody can."""
    if inputs is not None:
        return True
    if isinstance(result, str) and result.startswith(_SERIALIZED):
        return False
    try:
        inspect.signature(main).bind()
    except (TypeError, ValueError):
        return False
    return True


def _called(main: Callable[..., Any], inputs: dict[str, Any]) -> Any:
    value = main(**inputs)
    if not inspect.isawaitable(value):
        return value

    async def waited() -> Any:
        return await value

    return asyncio.run(waited())


@functools.cache
def _environment() -> Any:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(keep_trailing_newline=True)


def _rendered(job: dict[str, Any]) -> str:
    try:
        template = _environment().from_string(job["code"])
    except ImportError:
        raise _UnfitError(
            "unavailable", "Jinja2 is not installed: pip install 'liteagent[sandbox]'"
        ) from None
    gc.enable()
    parts: list[str] = []
    size = 0
    for part in template.generate(**(job["inputs"] or {})):
        parts.append(part)
        size += len(part)
        if size > job["result_bytes"]:
            raise _UnfitError("result_limit", _too_large(job["result_bytes"]))
    return "".join(parts)


def _too_large(limit: int) -> str:
    return f"the result is larger than {limit} bytes; return less of it"


def _encoded(value: Any, limit: int) -> bytes:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        found = text.encode()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a value of the user may raise anything
        raise _UnfitError("result", f"the result is not JSON: {_line(error)}") from None
    if len(found) > limit:
        raise _UnfitError("result_limit", _too_large(limit))
    return found


def _line(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()[:_MOST_ERROR]


def _left(error: SystemExit) -> Report:
    code = error.code
    if code is None or code == 0:
        return b"N"
    status = code & 0xFF if isinstance(code, int) else 1
    return _failed("exit", f"the program ended itself with status {status}", status)


def _raised(error: BaseException) -> Report:
    text = _users_lines(error)
    _print(text)
    return _failed(_kind(error), text)


def _kind(error: BaseException) -> str:
    if isinstance(error, OSError):
        if error.errno in _OUT_OF_DISK:
            return "disk_limit"
        if error.errno == errno.ENOMEM:
            return "memory"
        if isinstance(error, BlockingIOError) and error.filename is None:
            return "process_limit"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return "process_limit"
    return "runtime_error"


def _users_lines(error: BaseException) -> str:
    """The traceback as far as it is the user's: what a library did inside is not theirs to mend."""
    try:
        found = traceback.TracebackException.from_exception(error, limit=-50, compact=True)
        _only_users(found)
        text = "".join(found.format())
        if _is_of_network(error):
            text = f"{text}{_NO_NETWORK}\n"
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - an error that cannot be shown is still one
        text = type(error).__name__
    if len(text) > _MOST_ERROR:
        text = f"{text[: _MOST_ERROR // 2]}\n[... cut ...]\n{text[-_MOST_ERROR // 2 :]}"
    return text.encode(errors="backslashreplace").decode().rstrip()


def _only_users(found: "traceback.TracebackException | None", depth: int = 0) -> None:
    if found is None or depth > 10:
        return
    own = [each for each in found.stack if each.filename in (_FILE, _TEMPLATE)]
    found.stack = traceback.StackSummary.from_list(own)
    _only_users(found.__cause__, depth + 1)
    _only_users(found.__context__, depth + 1)


def _is_of_network(error: BaseException | None) -> bool:
    for _ in range(10):
        if error is None:
            return False
        if type(error).__name__ == _RESOLVING:
            return True
        code = error.__traceback__
        while code is not None:
            if isinstance(error, PermissionError) and code.tb_frame.f_code.co_filename.endswith("socket.py"):
                return True
            code = code.tb_next
        error = error.__cause__ or error.__context__
    return False


def _print(text: str) -> None:
    """To the error stream as Python does it, whatever became of `sys.stderr`."""
    try:
        os.write(2, f"{text}\n".encode())
    except OSError:
        return


def _failed(kind: str, error: str, exit_code: int = 1) -> Report:
    said = {"kind": kind, "error": error, "exit_code": exit_code}
    return b"E" + json.dumps(cast("dict[str, object]", said)).encode()
