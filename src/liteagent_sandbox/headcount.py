"""Counts the threads of each run where the kernel counts those of a user together.

A run has to ask before it starts a thread; the server of forks looks how many it has and answers.
"""

import errno
import fcntl
import os
import platform
import select
import socket
import struct
from dataclasses import dataclass, field

from liteagent_sandbox import bpf, kernel
from liteagent_sandbox.syscalls import AUDIT_ARCH, number

__all__ = ["Headcount", "is_possible"]

_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_QUESTION = 80
_ID = struct.Struct("<Q")
_ANSWER = struct.Struct("<QqiI")
_GO_ON = 1


def _questions(machine: str = platform.machine()) -> bytes:
    clone = number("clone", machine)
    assert clone is not None
    filter_ = [
        bpf.load(4),
        bpf.jump("==", AUDIT_ARCH[machine], 1, 0),
        bpf.ret(bpf.KILL),
        bpf.load(0),
        bpf.jump("==", clone, 0, 1),
        bpf.ret(bpf.ASK),
        bpf.ret(bpf.ALLOW),
    ]
    return bpf.assembled(filter_)


def _ask() -> int:
    """From now on this process asks; the descriptor on which it does."""
    return bpf.install(_questions(), is_asking=True)


def is_possible() -> bool:
    """Whether this host lets processes ask: one tries, and is gone."""
    pid = os.fork()
    if pid == 0:
        try:
            kernel.set_no_new_privs()
            _ask()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


@dataclass(slots=True)
class Headcount:
    """Of all runs of one server of forks.

    Attributes:
        most: How many threads a run may have.
    """

    most: int
    _entrance: socket.socket = field(init=False)
    _door: socket.socket = field(init=False)
    _pids: dict[int, int] = field(default_factory=dict[int, int])
    """The process that asks, by the descriptor on which it does."""

    def __post_init__(self) -> None:
        """Open the line on which runs introduce themselves."""
        self._entrance, self._door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    @property
    def descriptor(self) -> int:
        """What a run needs to introduce itself."""
        return self._door.fileno()

    def introduce(self) -> None:
        """Of a run: from now on it asks. It must have no new privileges by then."""
        descriptor = _ask()
        socket.send_fds(self._door, [struct.pack("I", os.getpid())], [descriptor])
        os.close(descriptor)
        self._door.close()

    def watch(self, poll: "select.poll") -> None:
        """Of the server: wait for introductions as well."""
        poll.register(self._entrance, select.POLLIN)

    def hear(self, descriptor: int, event: int, poll: "select.poll") -> None:
        """Of the server: something has happened on a descriptor that is none of its own."""
        if descriptor == self._entrance.fileno():
            message, descriptors, _, _ = socket.recv_fds(self._entrance, 16, 1)
            for each in descriptors:
                self._pids[each] = struct.unpack("I", message)[0]
                poll.register(each, select.POLLIN)
        elif event & select.POLLIN:
            _answer(descriptor, self._pids[descriptor], self.most)
        else:
            poll.unregister(descriptor)
            os.close(descriptor)
            del self._pids[descriptor]


def _answer(descriptor: int, pid: int, most: int) -> None:
    question = bytearray(_QUESTION)
    try:
        fcntl.ioctl(descriptor, _RECEIVE, question)
        (asked,) = _ID.unpack_from(question)
        refused = -errno.EAGAIN if _threads(pid) >= most else 0
        fcntl.ioctl(descriptor, _SEND, _ANSWER.pack(asked, 0, refused, 0 if refused else _GO_ON))
    except OSError:  # whoever asked has been killed meanwhile
        return


def _threads(pid: int) -> int:
    with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123
        for line in file:
            if line.startswith(b"Threads:"):
                return int(line.split()[1])
    return 0
