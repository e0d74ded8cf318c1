"""Cuts texts beside the server: much text goes to a child, so that the server's own thread stays free."""

import contextlib
import os
import pickle
import subprocess
import sys
import time
import weakref
from collections.abc import Sequence
from threading import Lock
from typing import IO, BinaryIO, cast

import anyio.to_thread

from liteagent.features.knowledge.cutting import Cut, PackedCut, Rules, Text, cut, unpacked

__all__ = ["Cutter"]

_MODULE = "liteagent.features.knowledge.cutting_worker"
_MUCH = 1_000_000
_PAUSE = 5.0


class Cutter:
    """Cuts texts in threads, and in a child once it is much: several processors then work at it.

    The child is started when it is first needed and ends by itself soon after it was last. One that was
    killed is replaced; what a child cannot do is done here.

    Args:
        much: Characters within a few seconds from which on a child is used.
    """

    def __init__(self, much: int = _MUCH) -> None:
        self._much = much if (os.cpu_count() or 1) > 1 else sys.maxsize
        self._seen = 0
        self._last = 0.0
        self._asking = Lock()
        self._child: subprocess.Popen[bytes] | None = None

    async def cut(self, rules: Rules, texts: Sequence[Text]) -> Sequence[Cut]:
        """The chunks and words of documents, in their order.

        Args:
            rules: Not such that compare meanings: those are no matter of the processor.
            texts: All of them fail together.
        """
        return await anyio.to_thread.run_sync(self._cut, rules, texts)

    def _cut(self, rules: Rules, texts: Sequence[Text]) -> Sequence[Cut]:
        answer = self._asked(rules, texts) if self._is_much(texts) else None
        if answer is None:
            return [cut(rules, text) for text in texts]
        return [unpacked(text, made) for text, made in zip(texts, answer, strict=True)]

    def _is_much(self, texts: Sequence[Text]) -> bool:
        now = time.monotonic()
        self._seen = self._seen if now - self._last < _PAUSE else 0
        self._seen += sum(len(text.parsed.text) for text in texts)
        self._last = now
        return self._seen > self._much

    def _asked(self, rules: Rules, texts: Sequence[Text]) -> Sequence[PackedCut] | None:
        """What the child answers; None where it has no answer."""
        request = pickle.dumps((rules, list(texts)), pickle.HIGHEST_PROTOCOL)
        with self._asking:
            for _ in range(2):  # the first one may have ended while nothing was asked of it
                with contextlib.suppress(OSError, EOFError, pickle.UnpicklingError):
                    answer = _answer(self._living(), request)
                    return answer if isinstance(answer, list) else None
                self._end()
        return None

    def _living(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._child is None:
            self._child = subprocess.Popen(  # noqa: S603  our own module, by our own interpreter
                [sys.executable, "-I", "-m", _MODULE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            weakref.finalize(self, _ended, self._child)
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            _ended(self._child)
        self._child = None


def _answer(child: subprocess.Popen[bytes], request: bytes) -> Sequence[PackedCut] | str:
    requests, answers = _pipe(child.stdin), _pipe(child.stdout)
    requests.write(request)
    requests.flush()
    return pickle.load(answers)  # noqa: S301  our child wrote it


def _ended(child: subprocess.Popen[bytes]) -> None:
    """End a child and release what it held."""
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what could not be written to it any more
                pipe.close()


def _pipe(pipe: IO[bytes] | None) -> BinaryIO:
    assert pipe is not None
    return cast("BinaryIO", pipe)
