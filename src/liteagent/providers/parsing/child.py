"""One child that parses, as its parent sees it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import IO, BinaryIO, cast

import orjson

from liteagent.contracts.datasource import ParsedDocument, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.causes import unreadable
from liteagent.providers.parsing.frames import FrameError, TextTooLongError, read_answer, write_request
from liteagent.providers.parsing.limits import ParsingLimits

__all__ = ["Child"]

_MODULE = "liteagent.providers.parsing.worker"
_DYING_SECONDS = 2.0
_LAST_WORDS = 65_536
_NEARLY = 0.6  # of the memory it may have: the next allocation can be as large as all before
_OUT_OF_MEMORY = (b"memory allocation of", b"MemoryError", b"out of memory", b"bad_alloc")


class Child:
    """A process that reads one document after another.

    All but `kill` and the properties block, so they are called in a thread.
    """

    def __init__(self, limits: ParsingLimits, foreign: Sequence[str] = ()) -> None:
        self._limits = limits
        settings = orjson.dumps({"limits": asdict(limits), "foreign": list(foreign)}).decode()
        kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
        self._process = subprocess.Popen(  # noqa: S603  our own module, by our own interpreter
            [sys.executable, "-I", "-m", _MODULE, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=kept,
            cwd=os.path.abspath(os.sep),  # noqa: PTH100  the root of the drive
            start_new_session=True,
        )
        self._documents = 0
        self._resting: int | None = None
        self._killed = False
        self._reading = threading.Lock()

    @property
    def is_worn(self) -> bool:
        """Whether it has read so much, or grown so much, that another should take its place."""
        return self._documents >= self._limits.documents or self._killed or self._process.poll() is not None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def read(self, raw: RawDocument) -> ParsedDocument:
        """The document's text.

        Raises:
            DocumentUnreadableError: What the child says, or what became of the child.
        """
        with self._reading:
            try:
                write_request(_pipe(self._process.stdin), raw)
                answer, resting = read_answer(_pipe(self._process.stdout), self._limits.output_bytes)
            except (FrameError, OSError, ValueError) as error:
                raise self._lost(raw, error) from error
        self._documents += 1
        first = self._resting = resting if self._resting is None else self._resting
        if resting - first > self._limits.grown_bytes:
            self._documents = self._limits.documents
        if isinstance(answer, DocumentUnreadableError):
            raise answer
        return answer

    def kill(self) -> None:
        """End it now; whoever reads from it sees it end."""
        self._killed = True
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def close(self) -> None:
        """End it and release what it held; whoever reads from it has seen its end before this returns."""
        self.kill()
        with self._reading:
            self._release()

    def _release(self) -> None:
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what could not be written to it any more
                    pipe.close()

    def _lost(self, raw: RawDocument, error: Exception) -> DocumentUnreadableError:
        if isinstance(error, TextTooLongError):
            self.kill()
        status, peak = self._ended()
        last_words = _pipe(self._process.stderr).read(_LAST_WORDS)
        self._release()
        if isinstance(error, TextTooLongError):
            return unreadable(raw, "too_large", "its text is longer than a document's may be. Split it.")
        if peak > self._limits.memory_bytes * _NEARLY:
            last_words += _OUT_OF_MEMORY[0]
        return _post_mortem(raw, status, last_words)

    def _ended(self) -> tuple[int, int]:
        """How it ended, and the most memory that it had, in bytes; ends it if it lives and makes no sense."""
        reaper = threading.Timer(_DYING_SECONDS, self.kill)
        reaper.start()
        try:
            _, status, usage = os.wait4(self._process.pid, 0)
        except (AttributeError, ChildProcessError):  # not this system, or somebody has waited for it already
            return self._process.wait(), 0
        finally:
            reaper.cancel()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        return self._process.returncode, usage.ru_maxrss * unit


def _post_mortem(raw: RawDocument, status: int, last_words: bytes) -> DocumentUnreadableError:
    if any(each in last_words for each in _OUT_OF_MEMORY):
        return unreadable(raw, "parse_memory", "reading it takes more memory than a document may. Split it.")
    if status == -getattr(signal, "SIGXCPU", 0):
        return unreadable(raw, "parse_timeout", "reading it takes too long. Split or simplify it.")
    return unreadable(
        raw,
        "parse_crashed",
        "the parser broke down on it; it is probably damaged. Save it again in its own program.",
    )


def _pipe(pipe: IO[bytes] | None) -> BinaryIO:
    assert pipe is not None
    return cast("BinaryIO", pipe)
