"""Which system calls a run may make.

What is on no list does not exist (ENOSYS: the C library then falls back to what does). What no honest program
calls ends the run.
"""

import errno
import platform
from collections.abc import Iterator
from dataclasses import dataclass

from liteagent_sandbox import kernel
from liteagent_sandbox.bpf import ALLOW, KILL, Instruction, deny, jump, load, low_word, ret, searched
from liteagent_sandbox.syscalls import AUDIT_ARCH, number

__all__ = ["Policy", "program"]

_ALLOWED = """
 read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 open openat close close_range
creat stat fstat lstat newfstatat statx lseek mprotect munmap brk mremap madvise msync mincore
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack access
faccessat faccessat2 pipe pipe2 select pselect6 poll ppoll epoll_create epoll_create1 epoll_ctl
epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 timerfd_create timerfd_settime timerfd_gettime
timer_create timer_settime timer_gettime timer_getoverrun timer_delete getitimer setitimer alarm pause
dup dup2 dup3 nanosleep clock_gettime clock_getres clock_nanosleep gettimeofday time getpid getppid
gettid getuid geteuid getgid getegid getgroups getresuid getresgid getpgid getpgrp getsid getrusage
getrlimit setrlimit times uname sysinfo getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename
renameat renameat2 link linkat symlink symlinkat readlink readlinkat chmod fchmod fchmodat truncate
ftruncate fallocate fsync fdatasync sync_file_range fadvise64 readahead getdents getdents64 utime utimes
utimensat futimesat umask statfs fstatfs getrandom futex futex_waitv set_robust_list get_robust_list
set_tid_address rseq arch_prctl sched_yield sched_getaffinity sched_getparam sched_getscheduler
sched_get_priority_max sched_get_priority_min getpriority getcpu exit exit_group restart_syscall
membarrier copy_file_range sendfile shutdown recvfrom recvmsg getsockname getpeername getsockopt capget
mlock munlock wait4 waitid
"""
_NETWORK = "connect bind sendmsg sendmmsg recvmmsg setsockopt accept accept4 listen"
_REFUSED = """
 setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset chown fchown
lchown fchownat setsid setpgid setpriority sethostname setdomainname mknod mknodat
"""
_FATAL = """
 ptrace process_vm_readv process_vm_writev kexec_load kexec_file_load init_module finit_module
delete_module bpf perf_event_open mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig
fsmount fspick mount_setattr setns unshare keyctl add_key request_key userfaultfd reboot swapon swapoff
iopl ioperm quotactl quotactl_fd acct settimeofday clock_settime adjtimex clock_adjtime
open_by_handle_at name_to_handle_at lookup_dcookie vhangup syslog kcmp pidfd_getfd fanotify_init
fanotify_mark process_madvise modify_ldt
"""
_URING = "io_uring_setup io_uring_enter io_uring_register"
_NEW_NAMESPACES = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWCGROUP
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
)
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000
_AF_UNIX, _AF_INET, _AF_INET6, _SOCK_STREAM, _SOCK_KIND = 1, 2, 10, 1, 0xF
_IOCTLS = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5450,
    0x5451,
)  # TCGETS TIOCGWINSZ FIONREAD FIONBIO FIONCLEX FIOCLEX
_FCNTLS = (
    0,
    1,
    2,
    3,
    4,
    1030,
    1032,
    1034,
)  # F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL, and newer ones that read
_LOCKS = (6, 7, 37, 38)  # F_SETLK F_SETLKW and those of open files
_PRCTLS = (3, 15, 16, 23, 39, 0x53564D41)  # PR_GET_DUMPABLE PR_SET_NAME PR_GET_NAME … PR_SET_VMA
_MAP_SHARED, _MAP_ANONYMOUS = 0x01, 0x20
_NONE_OF_IT = ret(deny(errno.EPERM))


@dataclass(frozen=True, slots=True)
class Policy:
    """What differs from run to run.

    Attributes:
        pid: The number under which the run knows itself; it may send signals to no other.
        runs_program: Whether it starts as a program of its own, as Node does.
        shares_memory: Whether it may map anonymous shared memory (a limit on address space counts it).
        network: Whether it may open sockets.
    """

    pid: int = 1
    runs_program: bool = False
    shares_memory: bool = True
    network: bool = False


def program(policy: Policy, machine: str = platform.machine()) -> list[Instruction]:
    """The filter, for a machine."""
    found = [load(4), jump("==", AUDIT_ARCH[machine], 1, 0), ret(KILL), load(0)]
    if machine == "x86_64":
        found += [jump(">=", _X32, 0, 1), ret(KILL)]
    bodies = {known: body for name, body in _rules(policy) if (known := number(name, machine)) is not None}
    return [*found, *searched(bodies, ret(deny(errno.ENOSYS)))]


def _rules(policy: Policy) -> Iterator[tuple[str, list[Instruction]]]:
    yield "mmap", _mapping(policy)
    for name in _ALLOWED.split():
        yield name, [ret(ALLOW)]
    yield from _of_arguments(policy)
    if policy.network:
        for name in _NETWORK.split():
            yield name, [ret(ALLOW)]
    refused = _REFUSED if policy.network else f"{_REFUSED} {_NETWORK}"
    for name in refused.split():
        yield name, [_NONE_OF_IT]
    fatal = _FATAL if policy.runs_program else f"{_FATAL} {_URING}"
    for name in fatal.split():
        yield name, [ret(KILL)]


def _of_arguments(policy: Policy) -> Iterator[tuple[str, list[Instruction]]]:
    # A second process is refused as one too many; threads share the fate of the first.
    for name in ("fork", "vfork"):
        yield name, [ret(deny(errno.EAGAIN))]
    yield (
        "clone",
        [
            low_word(0),
            jump("&", _NEW_NAMESPACES, 0, 1),
            ret(KILL),
            jump("&", _CLONE_THREAD, 0, 1),
            ret(ALLOW),
            ret(deny(errno.EAGAIN)),
        ],
    )
    yield "execve", [ret(ALLOW if policy.runs_program else deny(errno.EPERM))]
    yield "execveat", [_NONE_OF_IT]
    yield "ioctl", _one_of(1, _IOCTLS, deny(errno.ENOTTY))
    # A lock is of no use to a run that is alone with its files, and a channel between those that are not.
    locks = _one_of(1, _LOCKS, deny(errno.EPERM), deny(0))
    yield "fcntl", [*_one_of(1, _FCNTLS, None), *locks]
    yield "flock", [ret(deny(0))]
    yield "prctl", _one_of(0, _PRCTLS, deny(errno.EPERM))
    yield "prlimit64", _one_of(0, (0, policy.pid), deny(errno.EPERM))
    for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
        yield name, _one_of(0, (policy.pid,), deny(errno.EPERM))
    yield "personality", _one_of(0, (0xFFFFFFFF,), deny(errno.EPERM))
    yield "socket", _socket(policy)
    yield "socketpair", _pair()
    yield "sendto", [ret(ALLOW)] if policy.network else _unaddressed()


def _one_of(
    argument: int, values: tuple[int, ...], otherwise: int | None, action: int = ALLOW
) -> list[Instruction]:
    """An action for some values of an argument; None goes on to what follows."""
    found = [low_word(argument)]
    for value in values:
        found += [jump("==", value, 0, 1), ret(action)]
    return found if otherwise is None else [*found, ret(otherwise)]


def _mapping(policy: Policy) -> list[Instruction]:
    if policy.shares_memory:
        return [ret(ALLOW)]
    return [
        low_word(3),
        jump("&", _MAP_SHARED, 0, 2),
        jump("&", _MAP_ANONYMOUS, 0, 1),
        _NONE_OF_IT,
        ret(ALLOW),
    ]


def _socket(policy: Policy) -> list[Instruction]:
    if not policy.network:
        return [_NONE_OF_IT]
    return _one_of(0, (_AF_INET, _AF_INET6), deny(errno.EPERM))


def _pair() -> list[Instruction]:
    """Connected pairs of streams: what asyncio wakes itself with."""
    return [
        low_word(0),
        jump("==", _AF_UNIX, 1, 0),
        _NONE_OF_IT,
        low_word(1),
        (0x54, 0, 0, _SOCK_KIND),
        jump("==", _SOCK_STREAM, 0, 1),
        ret(ALLOW),
        _NONE_OF_IT,
    ]


def _unaddressed() -> list[Instruction]:
    """Sending into what is connected, to no address."""
    return [
        low_word(4),
        jump("==", 0, 0, 3),
        load(16 + 8 * 4 + 4),
        jump("==", 0, 0, 1),
        ret(ALLOW),
        _NONE_OF_IT,
    ]
