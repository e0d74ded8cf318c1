"""The machine's own clock and ids."""

import ctypes
import os
import secrets
import sys
import time
from pathlib import Path

__all__ = ["SystemClock", "new_id", "release_memory", "sync_folder"]


class SystemClock:
    """The wall clock."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return time.time()


def new_id() -> str:
    """A fresh UUID, version 7 (RFC 9562, method 3: the 12 bits after the millisecond are its fraction).

    Ids made later sort later, so an id is also a position in a list.
    """
    nanoseconds = time.time_ns()
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | fraction << 64
    value |= 0b10 << 62 | _random_bits() >> 2
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _random_bits() -> int:
    """64 random bits. The system is asked for many at once, since asking is most of what an id costs."""
    try:
        return _stock.pop()
    except IndexError:
        fresh = secrets.token_bytes(8 * _STOCK)
        _stock.extend(int.from_bytes(fresh[place : place + 8]) for place in range(0, len(fresh), 8))
        return _stock.pop()


_STOCK = 256
_stock: list[int] = []
os.register_at_fork(after_in_child=_stock.clear)


def release_memory() -> None:
    """Hand memory that was freed back to the system; takes milliseconds, and does nothing without glibc.

    Its allocator keeps what the threads of a large piece of work have freed, for work that may never come.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder has: a rename or a new name survives power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
