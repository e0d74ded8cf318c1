"""What the pool and the server of forks say to each other, a message at a time."""

import struct
from dataclasses import astuple, dataclass

__all__ = ["EXITED", "FORK", "PROGRAM", "READY", "REFUSED", "STARTED", "Exited", "Order"]

FORK, PROGRAM = b"F", b"P"
"""Orders: a fork of the server itself, or one that becomes a Node process."""

READY, STARTED, EXITED, REFUSED = b"R", b"S", b"X", b"!"
"""What comes back; with STARTED come the pipes of job, output, errors and result, and the process itself."""


@dataclass(frozen=True, slots=True)
class Order:
    """Start a child in a slot; a Node process has so many bytes of memory."""

    kind: bytes
    slot: int
    memory: int

    @classmethod
    def parsed(cls, message: bytes) -> "Order | None":
        """None when the pool has hung up."""
        return cls(*struct.unpack("<cIQ", message)) if message else None

    def packed(self) -> bytes:
        """For the socket."""
        return struct.pack("<cIQ", self.kind, self.slot, self.memory)


@dataclass(frozen=True, slots=True)
class Exited:
    """A child has ended: its status as the kernel gives it, seconds of processor time, bytes of memory."""

    slot: int
    status: int
    cpu: float
    memory: int

    @classmethod
    def parsed(cls, message: bytes) -> "Exited":
        """From the socket, without the letter."""
        return cls(*struct.unpack("<IidQ", message))

    def packed(self) -> bytes:
        """For the socket."""
        return struct.pack("<IidQ", *astuple(self))
