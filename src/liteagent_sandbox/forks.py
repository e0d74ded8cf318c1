"""The pool's side of a server of forks."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from liteagent_sandbox.blueprint import Blueprint
from liteagent_sandbox.wire import EXITED, READY, STARTED, Exited, Order

__all__ = ["Child", "Forks", "StartError"]

_PIPES = 5
_MESSAGE = 65_536
_PATIENCE = 30.0
_LOST = Exited(0, signal.SIGKILL, 0.0, 0)


class StartError(Exception):
    """A server did not start; the message is the kernel's reason."""


@dataclass(slots=True)
class Child:
    """A process that waits for its job behind its walls.

    Attributes:
        pid: Its number inside; of use in messages only.
        job: The pipe to write the job to; likewise `out`, `err` and `result` to read.
        process: A descriptor of the process itself.
        exited: How it ended.
    """

    slot: int
    pid: int
    job: int
    out: int
    err: int
    result: int
    process: int
    exited: "asyncio.Future[Exited]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def kill(self) -> None:
        """End it and everything that it has started."""
        if self.process < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.process, signal.SIGKILL)

    def close(self) -> None:
        """Let go of it."""
        for each in (self.job, self.out, self.err, self.result, self.process):
            if each >= 0:
                os.close(each)
        self.job = self.out = self.err = self.result = self.process = -1


@dataclass(slots=True)
class Forks:
    """A server, and the children that it has.

    Attributes:
        problems: Modules that could not be imported beforehand.
        on_lost: Called when the server has gone.
    """

    control: socket.socket
    launcher: "subprocess.Popen[bytes]"
    problems: list[str] = field(default_factory=list[str])
    on_lost: Callable[[], None] = lambda: None
    _starting: "dict[int, asyncio.Future[Child]]" = field(default_factory=dict[int, "asyncio.Future[Child]"])
    _children: dict[int, Child] = field(default_factory=dict[int, Child])
    _free: list[int] = field(default_factory=lambda: list(range(999, -1, -1)))

    @classmethod
    async def started(cls, plan: Blueprint) -> "Forks":
        """Start one.

        Raises:
            StartError: The host forbids it.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = replace(plan, control=theirs.fileno()).command("launch")
            launcher = subprocess.Popen(  # noqa: ASYNC220, S603 - takes a millisecond, at the start
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={},
                cwd="/",
                start_new_session=True,
            )
        ours.setblocking(False)
        found = cls(ours, launcher)
        try:
            await found._greeted()
        except BaseException:
            await found.close()
            raise
        return found

    async def _greeted(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE):
                message = await loop.sock_recv(self.control, _MESSAGE)
        except TimeoutError:
            raise StartError("the server of forks does not answer") from None
        if not message.startswith(READY):
            raise StartError(message[1:].decode(errors="replace") or "the server of forks ended at once")
        self.problems = json.loads(message[1:])
        loop.add_reader(self.control, self._receive)

    async def child(self, kind: bytes, memory: int) -> Child:
        """Have one forked.

        Raises:
            StartError: The server has gone.
        """
        if not self._free:
            raise StartError("there are as many processes as there may be")
        slot = self._free.pop()
        waiting: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        self._starting[slot] = waiting
        try:
            self.control.send(Order(kind, slot, memory).packed())
        except OSError as error:
            self._starting.pop(slot, None)
            raise StartError(f"the server of forks has gone: {error.strerror}") from None
        return await waiting

    def _receive(self) -> None:
        while True:
            try:
                message, descriptors, _, _ = socket.recv_fds(self.control, 256, _PIPES)
            except BlockingIOError:
                return
            except OSError:
                message, descriptors = b"", []
            if not message:
                self._lose()
                return
            if message.startswith(STARTED):
                self._arrived(message, descriptors)
            elif message.startswith(EXITED):
                self._ended(Exited.parsed(message[1:]))

    def _arrived(self, message: bytes, descriptors: list[int]) -> None:
        _, slot, pid = struct.unpack("<cII", message)
        for each in descriptors[:4]:
            os.set_blocking(each, False)
        job, out, err, result, process = descriptors
        child = Child(slot, pid, job, out, err, result, process)
        self._children[slot] = child
        waiting = self._starting.pop(slot, None)
        if waiting is None or waiting.done():
            child.kill()
            child.close()
        else:
            waiting.set_result(child)

    def _ended(self, exited: Exited) -> None:
        child = self._children.pop(exited.slot)
        self._free.append(exited.slot)
        if not child.exited.done():
            child.exited.set_result(exited)

    def _lose(self) -> None:
        """The server has ended, and with it all of its children."""
        asyncio.get_running_loop().remove_reader(self.control)
        self.control.close()
        for waiting in self._starting.values():
            if not waiting.done():
                waiting.set_exception(StartError("the server of forks has gone"))
        for child in self._children.values():
            child.kill()
            if not child.exited.done():
                child.exited.set_result(_LOST)
        self._starting.clear()
        self._children.clear()
        self.on_lost()

    async def close(self) -> None:
        """Hang up, and wait until the server and all that it forked are gone."""
        with contextlib.suppress(OSError, ValueError):
            asyncio.get_running_loop().remove_reader(self.control)
        for child in self._children.values():
            child.kill()
        self.control.close()
        async with asyncio.timeout(_PATIENCE):
            await asyncio.to_thread(self.launcher.wait)
