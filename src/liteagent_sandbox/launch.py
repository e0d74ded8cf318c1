"""Starts the server of forks: in namespaces of its own where it is to have them."""

import os
import sys
from collections.abc import Callable

from liteagent_sandbox import kernel, root
from liteagent_sandbox.blueprint import Blueprint
from liteagent_sandbox.wire import REFUSED

__all__ = ["NOBODY", "main"]

NOBODY = 65534
"""Who runs are where the sandbox was started by root."""

_ALL = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)
_BOTH = f"0 0 1\n{NOBODY} {NOBODY} 1\n"
_NAME = b"sandbox"
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def main(text: str) -> None:
    """The whole life of the process between the pool and the server of forks."""
    plan = Blueprint.parsed(text)
    os.umask(0o022)
    try:
        if plan.cgroup:
            _join(plan.cgroup)
        if plan.namespaces:
            _fork_inside(plan)
        # There is no /proc in the new root, and the server has to know how large it is.
        size = os.open("/proc/self/statm", os.O_RDONLY)
        if plan.namespaces:
            _enter(plan)
        _become(plan, size)
    except OSError as error:
        _say(plan, error)
        sys.exit(1)


def _join(path: str) -> None:
    descriptor = os.open(f"{path}/cgroup.procs", os.O_WRONLY)
    try:
        os.write(descriptor, b"0")
    finally:
        os.close(descriptor)


def _say(plan: Blueprint, error: OSError) -> None:
    """Tell the pool why there will be no server."""
    where = f" ({error.filename})" if error.filename else ""
    os.write(plan.control, REFUSED + f"{error.strerror}{where}".encode())


def _fork_inside(plan: Blueprint) -> None:
    """Unshare everything and go on as the first process of a namespace; this one waits for it."""
    mapped = _mapper(os.getpid())
    kernel.unshare(_ALL | (0 if plan.network else kernel.CLONE_NEWNET))
    mapped()
    child = os.fork()
    if child:
        os.close(plan.control)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    kernel.die_with_parent()


def _enter(plan: Blueprint) -> None:
    kernel.syscall("sethostname", _NAME, len(_NAME))
    root.build(plan.paths, plan.hidden, plan.memory)


def _mapper(pid: int) -> Callable[[], None]:
    """A process that stays outside, to write the maps of this one when it is told."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0 if _write_maps(pid) else 1)
    os.close(read)

    def mapped() -> None:
        os.close(write)
        if os.waitpid(child, 0)[1]:
            raise OSError(1, "the maps of a user namespace could not be written", "user namespaces")

    return mapped


def _write_maps(pid: int) -> bool:
    """Root brings nobody along, so that runs can be someone else; anyone else has only themselves."""
    user, group = os.geteuid(), os.getegid()
    if user == 0 and all(_written(pid, f"{kind}_map", _BOTH) for kind in ("uid", "gid")):
        return True
    _written(pid, "setgroups", "deny")
    return _written(pid, "uid_map", f"0 {user} 1\n") and _written(pid, "gid_map", f"0 {group} 1\n")


def _written(pid: int, file: str, text: str) -> bool:
    try:
        descriptor = os.open(f"/proc/{pid}/{file}", os.O_WRONLY)
    except OSError:
        return False
    try:
        os.write(descriptor, text.encode())
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _become(plan: Blueprint, size: int) -> None:
    """Turn into the server: nothing of this process is left in its memory, and nothing in its environment."""
    for descriptor in (plan.control, size):
        os.set_inheritable(descriptor, True)
    command = plan.command("zygote", str(size))
    os.execve(plan.python, command, _ENVIRONMENT)  # noqa: S606 - no shell
