"""The child that parses: `python -I -m liteagent.providers.parsing.worker`, one document after another.

It has no environment, no descriptors but its three pipes, cannot write a file, and gives itself limits before
it reads the first byte.
"""

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import orjson

from liteagent.contracts.datasource import ParserFactory, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.contracts.registry import Registry
from liteagent.providers.parsing.formats import Formats
from liteagent.providers.parsing.frames import answer_of, failure_frames, read_request, success_frames

__all__ = ["main"]

_SPARE_CPU = 2


def main(arguments: Sequence[str]) -> None:
    """Answer requests until there are no more.

    Args:
        arguments: The limits and the names of foreign parsers, as one JSON object.
    """
    asked = orjson.loads(arguments[0])
    registry: Registry[ParserFactory] = Registry("liteagent.parser")
    formats = Formats([registry.get(name)() for name in asked["foreign"]])
    requests, answers = _pipes()
    _confine(asked["limits"])
    gc.disable()  # a document of many small parts would be walked through again and again
    gc.freeze()
    while (raw := read_request(requests)) is not None:
        _allow_cpu(asked["limits"]["cpu_seconds"])
        answer_of(answers, _answer(formats, raw))
        del raw
        gc.collect()


def _answer(formats: Formats, raw: RawDocument) -> Iterator[bytes]:
    try:
        document = formats.parse(raw)
    except DocumentUnreadableError as error:
        return failure_frames(error, _resident())
    return success_frames(document, _resident())


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two ends, taken from where a library could print into them."""
    answers = os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.close(silence)
    with contextlib.suppress(OSError):
        os.set_blocking(2, False)  # nobody reads it before the end
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return sys.stdin.buffer, answers


def _confine(limits: dict[str, Any]) -> None:
    if sys.platform == "win32":
        return
    import resource

    sizes = {
        resource.RLIMIT_AS: _address_space() + limits["memory_bytes"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: limits["files"],
    }
    for which, size in sizes.items():
        with contextlib.suppress(ValueError, OSError):  # a system without this limit, or with a lower one
            resource.setrlimit(which, (size, size))


def _allow_cpu(seconds: int) -> None:
    """Give the next document its time; what was used before counts for the system, not for us."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + _SPARE_CPU + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))


def _address_space() -> int:
    return _pages()[0]


def _resident() -> int:
    return _pages()[1]


def _pages() -> tuple[int, int]:
    """Bytes of address space and of memory; zeros where the system does not say."""
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  as short as it can be
            size, resident = file.read().split()[:2]
    except OSError:
        return 1 << 30, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(size) * page, int(resident) * page


if __name__ == "__main__":
    main(sys.argv[1:])
