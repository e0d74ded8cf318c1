"""The system calls that Python 3.11 has no functions for."""

import ctypes
import os
import struct

from liteagent_sandbox.syscalls import number

__all__ = [
    "CAP_SETUID",
    "CLONE_NEWCGROUP",
    "CLONE_NEWIPC",
    "CLONE_NEWNET",
    "CLONE_NEWNS",
    "CLONE_NEWPID",
    "CLONE_NEWUSER",
    "CLONE_NEWUTS",
    "MNT_DETACH",
    "MOUNT_ATTR_NODEV",
    "MOUNT_ATTR_NOEXEC",
    "MOUNT_ATTR_NOSUID",
    "MOUNT_ATTR_RDONLY",
    "MS_BIND",
    "MS_NODEV",
    "MS_NOEXEC",
    "MS_NOSUID",
    "MS_PRIVATE",
    "MS_REC",
    "die_with_parent",
    "drop_bounding",
    "hold_capabilities",
    "keep_capabilities",
    "mount",
    "pivot_root",
    "restrict_mounts",
    "set_no_new_privs",
    "setns",
    "syscall",
    "umount",
    "unshare",
]

CAP_SETUID = 7

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 1, 2, 4, 8

_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 1, 24, 38, 47
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_CAPABILITY_VERSION = 0x20080522
_SIGKILL = 9
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def syscall(name: str, *arguments: int | bytes | None) -> int:
    """Make a system call by its name.

    Raises:
        OSError: It failed, or this machine has no such call.
    """
    found = number(name)
    if found is None:
        raise OSError(38, os.strerror(38), name)
    done: int = _libc.syscall(ctypes.c_long(found), *map(_word, arguments))
    if done < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
    return done


def _word(value: int | bytes | None) -> "ctypes.c_char_p | ctypes.c_long":
    return ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value)


def unshare(flags: int) -> None:
    """Leave the namespaces that are named for fresh ones."""
    syscall("unshare", flags)


def setns(descriptor: int, kind: int) -> None:
    """Enter the namespace of a process, given its descriptor."""
    syscall("setns", descriptor, kind)


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount a file system, or a place a second time."""
    try:
        texts = [os.fsencode(each) for each in (source, target, kind, options)]
        syscall("mount", texts[0], texts[1], texts[2] or None, flags, texts[3] or None)
    except OSError as error:
        raise OSError(error.errno, os.strerror(error.errno or 0), f"mount {source} on {target}") from error


def restrict_mounts(target: str, attributes: int, *, recursive: bool = True) -> None:
    """Take rights away from a mount and those below it; the kernel has this from 5.12."""
    packed = struct.pack("QQQQ", attributes, 0, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    syscall("mount_setattr", _AT_FDCWD, os.fsencode(target), flags, packed, len(packed))


def umount(target: str, flags: int = 0) -> None:
    """Take a mount away."""
    syscall("umount2", os.fsencode(target), flags)


def pivot_root(new: str, old: str) -> None:
    """Make a mount the root, and put the old one somewhere."""
    syscall("pivot_root", os.fsencode(new), os.fsencode(old))


def set_no_new_privs() -> None:
    """Never gain a right again by running a program."""
    syscall("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def die_with_parent() -> None:
    """Be killed when the thread that started this process ends."""
    syscall("prctl", _PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def drop_bounding() -> None:
    """No program that is run from here can gain a capability."""
    for capability in range(64):
        try:
            syscall("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            return


def keep_capabilities() -> None:
    """Becoming another user does not take capabilities away."""
    syscall("prctl", _PR_SET_KEEPCAPS, 1, 0, 0, 0)


def hold_capabilities(*held: int) -> None:
    """Be left with these capabilities and with no other."""
    mask = sum(1 << each for each in held)
    syscall("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    syscall(
        "capset", struct.pack("Ii", _CAPABILITY_VERSION, 0), struct.pack("III", mask, mask, 0) + bytes(12)
    )
