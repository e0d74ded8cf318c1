"""One run, from the job that is handed in to the end of its process."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from liteagent_sandbox.forks import Child
from liteagent_sandbox.protocol import ErrorKind
from liteagent_sandbox.wire import Exited

__all__ = ["Conversation", "Gathered"]

_CHUNK = 65_536
_MARK = "\n[... cut after {limit} bytes ...]"


@dataclass(slots=True)
class Gathered:
    """What came out of a pipe, up to a limit.

    Attributes:
        too_much: Called once, when there is more.
    """

    descriptor: int
    limit: int
    too_much: Callable[[], None]
    parts: list[bytes] = field(default_factory=list[bytes])
    size: int = 0

    def listen(self) -> None:
        """Read whenever there is something."""
        asyncio.get_running_loop().add_reader(self.descriptor, self.read)

    def read(self) -> bool:
        """Take what is there; whether there may be more."""
        try:
            part = os.read(self.descriptor, _CHUNK)
        except BlockingIOError:
            return False
        if not part:
            self.deaf()
            return False
        if self.size <= self.limit:
            self.parts.append(part)
            self.size += len(part)
            if self.size > self.limit:
                self.too_much()
        return True

    def deaf(self) -> None:
        """Stop reading."""
        asyncio.get_running_loop().remove_reader(self.descriptor)

    def finish(self) -> None:
        """Take the rest: nobody writes any more."""
        while self.size <= self.limit and self.read():
            pass
        self.deaf()

    @property
    def data(self) -> bytes:
        """All that was kept."""
        return b"".join(self.parts)[: self.limit]

    @property
    def text(self) -> str:
        """The same as text, with a mark where it was cut."""
        found = self.data.decode(errors="replace")
        return found + _MARK.format(limit=self.limit) if self.size > self.limit else found


@dataclass(slots=True)
class Conversation:
    """With a child that stands ready.

    Attributes:
        job: What it is to do.
        wall: Seconds after which it is killed.
        output_bytes: Of each of its outputs.
        result_bytes: Of its report.
        reason: Why it was killed.
    """

    child: Child
    job: bytes
    wall: float
    output_bytes: int
    result_bytes: int
    reason: ErrorKind | None = None
    out: Gathered = field(init=False)
    err: Gathered = field(init=False)
    report: Gathered = field(init=False)

    def __post_init__(self) -> None:
        """Know what to listen to."""
        child = self.child
        self.out = Gathered(child.out, self.output_bytes, lambda: self._stop("output_limit"))
        self.err = Gathered(child.err, self.output_bytes, lambda: self._stop("output_limit"))
        # An error is reported with a traceback, escaped.
        self.report = Gathered(child.result, self.result_bytes + 131_072, lambda: self._stop("result_limit"))

    async def held(self) -> Exited:
        """Hold it: hand the job in, listen, and wait for the end of the process, which comes at the limit."""
        loop = asyncio.get_running_loop()
        limit = loop.call_later(self.wall, self._stop, "timeout")
        self._hand_in(memoryview(self.job))
        gathering = (self.out, self.err, self.report)
        for each in gathering:
            each.listen()
        try:
            return await asyncio.shield(self.child.exited)
        finally:
            limit.cancel()
            if not self.child.exited.done():
                self.child.kill()
            self._put_down()
            for each in gathering:
                each.finish()
            self.child.close()

    def _stop(self, reason: ErrorKind) -> None:
        if self.reason is None and not self.child.exited.done():
            self.reason = reason
            self.child.kill()

    def _hand_in(self, rest: memoryview) -> None:
        """Write as much as the pipe takes, and the rest whenever it takes more."""
        try:
            rest = rest[os.write(self.child.job, rest) :]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            rest = rest[:0]
        if rest:
            asyncio.get_running_loop().add_writer(self.child.job, self._hand_in, rest)
        else:
            self._put_down()

    def _put_down(self) -> None:
        if self.child.job >= 0:
            asyncio.get_running_loop().remove_writer(self.child.job)
            os.close(self.child.job)
            self.child.job = -1
