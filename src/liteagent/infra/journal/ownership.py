"""Which processes of one data folder are alive: each holds a lock on a file that the kernel lets go with it.

A process killed in any way is dead at once, a reused process id fools nobody, and there is no clock in it.
"""

import fcntl
import os
from pathlib import Path

import anyio.to_thread

__all__ = ["FileOwnership"]


class FileOwnership:
    """Liveness by file lock, for processes that share a folder on one machine.

    Args:
        folder: Where the lock files are; made if missing.
        owner_id: The id of this process, unique for ever.
    """

    def __init__(self, folder: Path, owner_id: str) -> None:
        self._folder = folder
        self._owner_id = owner_id
        folder.mkdir(parents=True, exist_ok=True)
        self._held: int | None = _hold(self._file(owner_id))
        self._sweep()

    @property
    def owner_id(self) -> str:
        """The id of the own process."""
        return self._owner_id

    async def living(self) -> frozenset[str]:
        """The ids whose lock is held, the own among them."""
        return await anyio.to_thread.run_sync(self._living)

    async def beat(self) -> None:
        """Nothing to do: the kernel knows that this process lives."""

    async def release(self) -> None:
        """Let go: from now on this process counts as dead."""
        if self._held is not None:
            self._file(self._owner_id).unlink(missing_ok=True)
            os.close(self._held)
            self._held = None

    def _living(self) -> frozenset[str]:
        others = {file.stem for file in self._folder.glob("*.lock") if file.stem != self._owner_id}
        own = () if self._held is None else (self._owner_id,)
        return frozenset((*own, *(other for other in others if _is_held(self._file(other)))))

    def _file(self, owner_id: str) -> Path:
        return self._folder / f"{owner_id}.lock"

    def _sweep(self) -> None:
        for file in self._folder.glob("*.lock"):
            if file.stem != self._owner_id:
                _remove_if_dead(file)


def _hold(file: Path) -> int:
    """Open and lock `file`; again, if another process swept it away between the two."""
    while True:
        handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if _is_in_place(file, handle):
            return handle
        os.close(handle)


def _is_held(file: Path) -> bool:
    """Whether a process holds `file`; any number may ask at once."""
    try:
        handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _remove_if_dead(file: Path) -> None:
    """Remove `file` under its lock, so that it is never taken from a process that has just locked it."""
    try:
        handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_in_place(file, handle):
            file.unlink(missing_ok=True)
    except BlockingIOError:
        return
    finally:
        os.close(handle)


def _is_in_place(file: Path, handle: int) -> bool:
    """Whether `file` is still what `handle` has open."""
    try:
        return file.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False
