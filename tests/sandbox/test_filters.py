"""The seccomp filters decide as they are meant to, on both machines."""

import errno

import pytest

from liteagent_sandbox.bpf import ALLOW, KILL, Instruction, deny
from liteagent_sandbox.seccomp import Policy, program
from liteagent_sandbox.syscalls import AUDIT_ARCH, MACHINES, number

_MASK = 0xFFFFFFFF
_RETURN, _AND = 0x06, 0x54


def decided(code: list[Instruction], machine: int, call: int, arguments: tuple[int, ...]) -> int:
    """What the kernel would decide: its interpreter, as far as these filters use it."""
    words = {0: call, 4: machine}
    for index, each in enumerate((*arguments, *[0] * (6 - len(arguments)))):
        words[16 + 8 * index] = each & _MASK
        words[20 + 8 * index] = each >> 32 & _MASK
    value = at = 0
    while True:
        operation, then, otherwise, operand = code[at]
        at += 1
        match operation:
            case 0x20:
                value = words[operand]
            case 0x05:
                at += operand
            case 0x54:
                value &= operand
            case 0x06:
                return operand
            case _:
                test = {
                    0x15: value == operand,
                    0x25: value > operand,
                    0x35: value >= operand,
                    0x45: value & operand,
                }
                at += then if test[operation] else otherwise


THREAD, NEWUSER, FORK = 0x3D0F00, 0x10000000 | 17, 17
DECISIONS = [
    ("read", (), ALLOW),
    ("mmap", (), ALLOW),
    ("clone", (THREAD,), ALLOW),
    ("clone", (FORK,), deny(errno.EAGAIN)),
    ("clone", (NEWUSER,), KILL),
    ("clone3", (), deny(errno.ENOSYS)),
    ("execve", (), deny(errno.EPERM)),
    ("socket", (2, 1), deny(errno.EPERM)),
    ("connect", (), deny(errno.EPERM)),
    ("socketpair", (1, 1 | 0o4000), ALLOW),
    ("socketpair", (1, 2), deny(errno.EPERM)),
    ("sendto", (3, 5, 1, 0, 0), ALLOW),
    ("sendto", (3, 5, 1, 0, 1 << 40), deny(errno.EPERM)),
    ("kill", (7, 9), ALLOW),
    ("kill", (1, 9), deny(errno.EPERM)),
    ("tkill", (7, 9), deny(errno.ENOSYS)),
    ("fcntl", (3, 3), ALLOW),
    ("fcntl", (3, 6), deny(0)),
    ("fcntl", (3, 1024), deny(errno.EPERM)),
    ("ioctl", (1, 0x5401), ALLOW),
    ("ioctl", (0, 0x5412), deny(errno.ENOTTY)),
    ("prctl", (15,), ALLOW),
    ("prctl", (22,), deny(errno.EPERM)),
    ("prlimit64", (0,), ALLOW),
    ("prlimit64", (1,), deny(errno.EPERM)),
    ("ptrace", (), KILL),
    ("bpf", (), KILL),
    ("io_uring_setup", (), KILL),
    ("setuid", (), deny(errno.EPERM)),
    ("seccomp", (), deny(errno.ENOSYS)),
]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(("call", "arguments", "expected"), DECISIONS)
def test_a_decision(machine: str, call: str, arguments: tuple[int, ...], expected: int) -> None:
    found = number(call, machine)
    assert found is not None
    code = program(Policy(pid=7), machine)
    assert decided(code, AUDIT_ARCH[machine], found, arguments) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_on_no_list_does_not_exist(machine: str) -> None:
    code = program(Policy(), machine)
    for call in (500, 1000, 450, _MASK >> 2):
        assert decided(code, AUDIT_ARCH[machine], call, ()) == deny(errno.ENOSYS)


def test_the_numbers_of_another_machine_are_fatal() -> None:
    code = program(Policy(), "x86_64")
    assert decided(code, AUDIT_ARCH["aarch64"], 0, ()) == KILL
    assert decided(code, 0x40000003, 0, ()) == KILL
    assert decided(code, AUDIT_ARCH["x86_64"], 0x40000000, ()) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_a_program_may_start_but_shares_no_memory(machine: str) -> None:
    code = program(Policy(runs_program=True, shares_memory=False), machine)
    execute, mapping, uring = (number(each, machine) or 0 for each in ("execve", "mmap", "io_uring_setup"))
    assert decided(code, AUDIT_ARCH[machine], execute, ()) == ALLOW
    assert decided(code, AUDIT_ARCH[machine], mapping, (0, 1, 3, 0x22)) == ALLOW
    assert decided(code, AUDIT_ARCH[machine], mapping, (0, 1, 3, 0x21)) == deny(errno.EPERM)
    assert decided(code, AUDIT_ARCH[machine], mapping, (0, 1, 1, 0x01)) == ALLOW
    assert decided(code, AUDIT_ARCH[machine], uring, ()) == deny(errno.ENOSYS)


@pytest.mark.parametrize("machine", MACHINES)
def test_with_a_network_only_the_internet_can_be_reached(machine: str) -> None:
    code = program(Policy(network=True), machine)
    socket = number("socket", machine) or 0
    assert [decided(code, AUDIT_ARCH[machine], socket, (family, 1)) for family in (2, 10, 1, 16, 40)] == [
        ALLOW,
        ALLOW,
        *[deny(errno.EPERM)] * 3,
    ]
