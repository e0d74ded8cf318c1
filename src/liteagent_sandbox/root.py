"""The root that runs see: an empty one with the interpreter, its libraries and packages, all read-only."""

import os
from collections.abc import Collection, Iterable

from liteagent_sandbox import kernel

__all__ = ["DEVICES", "MEMORY", "WORK", "build"]

WORK = "/sandbox/work"
"""Where the private folder of a run is mounted; /tmp leads there."""

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
"""The only ones."""

MEMORY = "/proc/meminfo"
"""The only file there. It says that there is twice the memory of a run: Node takes half for its heap."""

_LINKS = ("/bin", "/lib", "/lib32", "/lib64", "/libx32")
_MOUNTING = "/tmp"  # noqa: S108 - a folder that every root has; what is mounted there is seen in here only
_PASSWD = "nobody:x:65534:65534::/tmp:/bin/false\nroot:x:0:0::/tmp:/bin/false\n"  # noqa: S105
_MEMORY = "MemTotal: {size} kB\nMemFree: {size} kB\nMemAvailable: {size} kB\n"
_READ_ONLY = kernel.MOUNT_ATTR_RDONLY | kernel.MOUNT_ATTR_NOSUID
_PRIVATE = kernel.MS_REC | kernel.MS_PRIVATE
_BIND = kernel.MS_BIND | kernel.MS_REC


def build(paths: Collection[str], hidden: Collection[str], memory: int) -> None:
    """Make it of what is under these paths, without the hidden folders below them, and enter it.

    This process must be alone in its mount namespace.

    Raises:
        OSError: The host forbids one of the steps, which it names.
    """
    kernel.mount("none", "/", flags=_PRIVATE)
    # Opened first: what is mounted below may cover them.
    inside = {path for path in paths if _is_below(path, hidden)}
    sources = {path: os.open(path, os.O_PATH) for path in _outermost(set(paths) - inside)}
    kept = {path: os.open(path, os.O_PATH) for path in inside}
    devices = {path: os.open(path, os.O_PATH) for path in DEVICES if os.path.exists(path)}  # noqa: PTH110
    links = {path: os.readlink(path) for path in _LINKS if os.path.islink(path)}  # noqa: PTH114, PTH115
    kernel.mount("sandbox", _MOUNTING, "tmpfs", kernel.MS_NOSUID, "size=1m,mode=755")
    if not any(path.startswith("/tmp/") for path in sources):  # noqa: S108
        links["/tmp"] = WORK  # noqa: S108
    _furnish(links, memory)
    for path, source in sources.items():
        _bind(source, path, _READ_ONLY | kernel.MOUNT_ATTR_NODEV)
    for path in hidden:
        kernel.mount("none", _MOUNTING + path, "tmpfs", kernel.MS_NOSUID, "size=64k,mode=755")
    for path, source in kept.items():
        _bind(source, path, _READ_ONLY | kernel.MOUNT_ATTR_NODEV)
    for path in hidden:
        kernel.restrict_mounts(_MOUNTING + path, _READ_ONLY, recursive=False)
    for path, source in devices.items():
        _bind(source, path, kernel.MOUNT_ATTR_NOSUID | kernel.MOUNT_ATTR_NOEXEC)
    os.chdir(_MOUNTING)
    kernel.pivot_root(".", ".")
    kernel.umount(".", kernel.MNT_DETACH)
    os.chdir("/")
    kernel.restrict_mounts("/", _READ_ONLY | kernel.MOUNT_ATTR_NODEV, recursive=False)


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(f"{each}/") for each in folders)


def _outermost(paths: Iterable[str]) -> list[str]:
    """Those that are not below another, which brings them along."""
    found: list[str] = []
    for path in sorted({os.path.realpath(each) for each in paths if os.path.exists(each)}):  # noqa: PTH110
        if path not in found and not _is_below(path, found):
            found.append(path)
    return found


def _furnish(links: dict[str, str], memory: int) -> None:
    for folder in ("/etc", "/proc", WORK):
        os.makedirs(_MOUNTING + folder)  # noqa: PTH103
    for path, target in links.items():
        os.symlink(target, _MOUNTING + path)  # noqa: PTH211
    _write("/etc/passwd", _PASSWD)
    _write(MEMORY, _MEMORY.format(size=2 * memory // 1024))


def _write(path: str, text: str) -> None:
    with open(_MOUNTING + path, "w", encoding="ascii") as file:  # noqa: PTH123
        file.write(text)


def _bind(source: int, path: str, attributes: int) -> None:
    target = _MOUNTING + path
    origin = f"/proc/self/fd/{source}"
    if os.path.isdir(origin):  # noqa: PTH112
        os.makedirs(target, exist_ok=True)  # noqa: PTH103
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o444))
    kernel.mount(origin, target, flags=_BIND)
    kernel.restrict_mounts(target, attributes)
    os.close(source)
