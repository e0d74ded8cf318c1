"""Landlock: which files a process may touch, by its own will and for good."""

import os
import struct
from collections.abc import Collection, Iterable

from liteagent_sandbox.kernel import syscall

__all__ = ["abi", "restrict", "ruleset"]

_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | 1 << 14 | 1 << 15
_ALL = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_NEWEST_FILES = (1 << 16) - 1
_TCP = 0b11
_SCOPES = 0b11
_DEVICES = 1 << 6 | 1 << 11  # making nodes
_O_PATH = os.O_PATH | os.O_CLOEXEC


def abi() -> int:
    """How much of it this kernel has; 0 for none."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _VERSION)
    except OSError:
        return 0


def ruleset(
    readable: Iterable[str],
    hidden: Collection[str],
    writable: Iterable[str],
    devices: Iterable[str],
    *,
    network: bool,
) -> int:
    """The descriptor of a set of rules: everything that is not named, or is hidden, is out of reach.

    Raises:
        OSError: This kernel has no Landlock.
    """
    version = abi()
    files = _ALL.get(version, _NEWEST_FILES)
    handled = [files]
    if version >= 4:
        handled.append(0 if network else _TCP)
    if version >= 6:
        handled.append(_SCOPES)
    attributes = struct.pack("Q" * len(handled), *handled)
    made = syscall("landlock_create_ruleset", attributes, len(attributes), 0)
    listed, read = _split(readable, hidden)
    for paths, rights in (
        (listed, _READ_DIR),
        (read, _READ),
        (writable, files & ~_DEVICES),
        (devices, _READ_FILE | _WRITE_FILE),
    ):
        for path in paths:
            _allow(made, path, rights & files)
    return made


def _split(readable: Iterable[str], hidden: Collection[str]) -> tuple[list[str], list[str]]:
    """Folders that may only be listed, since they have hidden ones in them, and what may be read."""
    listed: list[str] = []
    read: list[str] = []
    for path in readable:
        within = [each for each in hidden if each.startswith(f"{path}/")]
        if not within:
            read.append(path)
            continue
        listed.append(path)
        read += [f"{path}/{name}" for name in os.listdir(path) if f"{path}/{name}" not in within]  # noqa: PTH208
    return listed, read


def _allow(made: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, _O_PATH)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - pathlib is too slow to be in every zygote
            rights &= _OF_FILES
        packed = struct.pack("=Qi", rights, descriptor)
        syscall("landlock_add_rule", made, _PATH_BENEATH, packed, 0)
    finally:
        os.close(descriptor)


def restrict(made: int) -> None:
    """Put this process behind the rules. It must have no new privileges by then."""
    syscall("landlock_restrict_self", made, 0)
