"""Which processes of one data folder are alive: each holds a lock on a file that the kernel lets go with it.

A process killed in any way is dead at once, a reused process id fools nobody, and there is no clock in it.
"""

import fcntl
import os
from pathlib import Path

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
        self._held = _hold(self._file(owner_id))
        self._sweep()

    @property
    def owner_id(self) -> str:
        """The id of the own process."""
        return self._owner_id

    def is_alive(self, owner_id: str) -> bool:
        """Whether the process of that id still holds its lock."""
        if owner_id == self._owner_id:
            return True
        try:
            handle = os.open(self._file(owner_id), os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def release(self) -> None:
        """Let go: from now on this process counts as dead."""
        self._file(self._owner_id).unlink(missing_ok=True)
        os.close(self._held)

    def _file(self, owner_id: str) -> Path:
        return self._folder / f"{owner_id}.lock"

    def _sweep(self) -> None:
        for file in self._folder.glob("*.lock"):
            if not self.is_alive(file.stem):
                file.unlink(missing_ok=True)


def _hold(file: Path) -> int:
    """Open and lock `file`; again, if another process swept it away between the two."""
    while True:
        handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if file.exists() and file.stat().st_ino == os.fstat(handle).st_ino:
            return handle
        os.close(handle)
