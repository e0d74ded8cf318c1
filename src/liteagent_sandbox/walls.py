"""The walls of one run, raised by the forked process around itself before it reads what to run."""

import os
import resource
import struct
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from liteagent_sandbox import bpf, headcount, kernel, landlock, root, seccomp
from liteagent_sandbox.blueprint import Blueprint
from liteagent_sandbox.headcount import Headcount
from liteagent_sandbox.launch import NOBODY

__all__ = ["SLOT_USER", "Walls", "limit_data", "limit_memory", "limit_processor"]

SLOT_USER = 60000
"""Where there are no user namespaces and root starts the sandbox, the run in slot n is this user + n: the
kernel counts the tasks of a user."""

_RECOUNT = 1.0
_SOME_PID = 0x7FEDCBA9
_SIGNALS = 256
_TMPFS = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC


@dataclass(slots=True)
class Walls:
    """What is prepared once, before anything is forked.

    Attributes:
        headcount: Of the threads of each run, where the kernel would count them all together.
        weakness: What could not be had for want of it, in words; empty for nothing.
    """

    plan: Blueprint
    headcount: Headcount | None = None
    weakness: str = ""
    _rules: int | None = None
    _reads_as_root: bool = False
    _filters: dict[bool, bytes] = field(default_factory=dict[bool, bytes])
    _counted: tuple[float, int] = (0.0, 0)

    def prepare(self) -> None:
        """Make the rules that all runs share.

        Raises:
            OSError: The kernel lacks a layer that was asked for.
        """
        plan = self.plan
        kernel.drop_bounding()
        if plan.landlock and landlock.abi():
            writable = [os.path.dirname(root.WORK)] if plan.namespaces else []  # noqa: PTH120
            memory = [root.MEMORY] if plan.namespaces else []
            self._rules = landlock.ruleset(
                [*plan.paths, *memory], plan.hidden, writable, root.DEVICES, network=plan.network
            )
            # Where only root may look the interpreter up, runs have to; Landlock bounds what they see.
            is_open = _is_open((plan.python, plan.package))
            self._reads_as_root = not plan.namespaces and os.getuid() == 0 and not is_open
        for is_program in (False, True):
            policy = seccomp.Policy(_SOME_PID, is_program, not is_program, plan.network)
            self._filters[is_program] = bpf.assembled(seccomp.program(policy))
        shares_user = not plan.namespaces and os.getuid() != 0
        if shares_user and plan.seccomp and headcount.is_possible():
            self.headcount = Headcount(plan.tasks)
        elif shares_user:
            self.weakness = "threads: those of all runs are counted together, so that one can use up all"

    @property
    def descriptors(self) -> list[int]:
        """Those that a forked process keeps until it has raised them."""
        rules = [] if self._rules is None else [self._rules]
        return rules if self.headcount is None else [*rules, self.headcount.descriptor]

    def before_fork(self) -> int:
        """What has to be looked up outside: how many tasks the run's user may have."""
        return self._tasks() + self.plan.tasks

    def enter_pid_namespace(self, own: int) -> None:
        """Make the next fork the first process of a namespace of its own."""
        kernel.setns(own, kernel.CLONE_NEWPID)
        kernel.unshare(kernel.CLONE_NEWPID)

    def confine(self, slot: int, tasks: int, *, is_program: bool) -> None:
        """Raise them around this process, for good."""
        plan = self.plan
        if plan.namespaces:
            self._work_folder()
        self._step_down(slot)
        if plan.namespaces:
            kernel.unshare(kernel.CLONE_NEWUSER)  # the kernel counts tasks by user and namespace
        kernel.hold_capabilities()
        kernel.die_with_parent()
        kernel.set_no_new_privs()
        self._limit(tasks)
        if self.headcount is not None:
            self.headcount.introduce()
        if self._rules is not None:
            landlock.restrict(self._rules)
            os.close(self._rules)
        if plan.seccomp:
            own = struct.pack("I", os.getpid())
            bpf.install(self._filters[is_program].replace(struct.pack("I", _SOME_PID), own))

    def _work_folder(self) -> None:
        kernel.unshare(kernel.CLONE_NEWNS)
        options = f"size={self.plan.work_bytes},nr_inodes={self.plan.work_files},mode=777"
        kernel.mount("work", root.WORK, "tmpfs", _TMPFS, options)
        os.chdir(root.WORK)

    def _step_down(self, slot: int) -> None:
        """Be nobody, where this process may choose."""
        if os.getuid() != 0:
            return
        user = NOBODY if self.plan.namespaces else SLOT_USER + slot
        if self._reads_as_root:
            kernel.keep_capabilities()
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        except OSError:
            if not self.plan.namespaces:
                raise
        if self._reads_as_root:
            kernel.hold_capabilities(kernel.CAP_SETUID)
            kernel.syscall("setfsuid", 0)

    def _limit(self, tasks: int) -> None:
        plan = self.plan
        files = plan.work_bytes if plan.namespaces else 0
        limits = {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NOFILE: plan.open_files,
            resource.RLIMIT_FSIZE: files,
            resource.RLIMIT_MEMLOCK: 1 << 16,
            resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_SIGPENDING: _SIGNALS,
        }
        if self.headcount is None:
            limits[resource.RLIMIT_NPROC] = tasks
        for kind, value in limits.items():
            resource.setrlimit(kind, (value, value))

    def _tasks(self) -> int:
        """How many tasks this user already has, where those of a run are counted with them."""
        if self.plan.namespaces or os.getuid() == 0 or self.headcount is not None:
            return 0
        when, count = self._counted
        if time.monotonic() - when > _RECOUNT:
            count = sum(map(_threads, filter(str.isdigit, os.listdir("/proc"))))  # noqa: PTH208
            self._counted = (time.monotonic(), count)
        return count


def _is_open(paths: Iterable[str]) -> bool:
    """Whether anybody may get there."""
    return all(os.stat(folder).st_mode & 0o001 for path in paths for folder in _above(path))  # noqa: PTH116


def _above(path: str) -> Iterator[str]:
    parts = path.split("/")[1:-1]
    yield from ("/" + "/".join(parts[:count]) for count in range(len(parts) + 1))


def _threads(pid: str) -> int:
    try:
        if os.stat(f"/proc/{pid}").st_uid != os.getuid():  # noqa: PTH116
            return 0
        return len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
    except OSError:
        return 0


def limit_memory(held: int, memory: int) -> None:
    """Let this process map so many bytes beyond what it has."""
    resource.setrlimit(resource.RLIMIT_AS, (held + memory, held + memory))


def limit_data(size: int) -> None:
    """Let this process have so many bytes of private memory: Node maps far more than it ever touches."""
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def limit_processor(seconds: float) -> None:
    """Let this process compute so many seconds, rounded up; then the kernel ends it, whatever it does."""
    whole = max(1, int(-(-seconds // 1)))
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
