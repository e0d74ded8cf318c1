"""A control group of version 2 around all runs together, where the operator has given us one."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from liteagent_sandbox.settings import Settings

__all__ = ["Cgroup"]

_MB = 1 << 20
_SERVER = 256 * _MB
_OVERHEAD = 128 * _MB


@dataclass(slots=True)
class Cgroup:
    """One that has been made.

    Attributes:
        weaknesses: Limits that it could not be given, in words.
    """

    path: Path
    weaknesses: list[str]

    @classmethod
    def made(cls, settings: Settings) -> "Cgroup":
        """Below the folder that the operator names.

        Raises:
            OSError: It cannot be made there.
        """
        path = Path(settings.cgroup) / f"sandbox-{os.getpid()}"
        path.mkdir(exist_ok=True)
        found = cls(path, [])
        processes = settings.at_a_time + settings.spares + settings.node_spares
        found._limit("memory.max", settings.at_a_time * (settings.max_mem + _OVERHEAD) + _SERVER)
        found._limit("memory.swap.max", 0)
        found._limit("pids.max", processes * settings.tasks + 8)
        return found

    def _limit(self, name: str, value: int) -> None:
        try:
            (self.path / name).write_text(str(value), encoding="ascii")
        except OSError as error:
            self.weaknesses.append(f"cgroup: {name} cannot be set: {error.strerror}")

    def remove(self) -> None:
        """Take it away, and whatever should still run in it."""
        with contextlib.suppress(OSError):
            (self.path / "cgroup.kill").write_text("1", encoding="ascii")
        with contextlib.suppress(OSError):
            self.path.rmdir()
