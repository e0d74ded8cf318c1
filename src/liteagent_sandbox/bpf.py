"""Seccomp filters: the few instructions of the kernel's packet filter that they need."""

import ctypes
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence

from liteagent_sandbox.kernel import syscall

__all__ = [
    "ALLOW",
    "ASK",
    "KILL",
    "Instruction",
    "assembled",
    "deny",
    "install",
    "jump",
    "load",
    "low_word",
    "ret",
    "searched",
]

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand."""

ALLOW = 0x7FFF0000
ASK = 0x7FC00000
KILL = 0x80000000
_ERRNO = 0x00050000
_LOAD, _RETURN, _ALWAYS = 0x20, 0x06, 0x05
_JUMPS = {"==": 0x15, ">": 0x25, ">=": 0x35, "&": 0x45}
_SET_MODE_FILTER = 1
_NEW_LISTENER = 8


def deny(errno: int) -> int:
    """The call is not made and fails with this number; 0 makes it seem to have succeeded."""
    return _ERRNO | errno


def load(offset: int) -> Instruction:
    """Take a word of the call: 0 its number, 4 the machine, 16 + 8 n argument n."""
    return (_LOAD, 0, 0, offset)


def low_word(argument: int) -> Instruction:
    """Take the low 32 bits of an argument."""
    return load(16 + 8 * argument)


def jump(test: str, operand: int, then: int, otherwise: int) -> Instruction:
    """Skip so many instructions, by a comparison of the word that was taken."""
    return (_JUMPS[test], then, otherwise, operand)


def ret(action: int) -> Instruction:
    """Decide."""
    return (_RETURN, 0, 0, action)


def searched(bodies: Mapping[int, Sequence[Instruction]], otherwise: Instruction) -> list[Instruction]:
    """What to do by the number of the call, which has been taken.

    A binary search: the kernel tries a filter on every number that there is when it is installed.
    """
    ranges: list[tuple[int, list[Instruction]]] = []
    for first, body in sorted({0: [otherwise], **dict(_bounded(bodies, otherwise))}.items()):
        if not ranges or ranges[-1][1] != list(body):
            ranges.append((first, list(body)))
    return _tree(ranges)


def _bounded(
    bodies: Mapping[int, Sequence[Instruction]], otherwise: Instruction
) -> Iterator[tuple[int, Sequence[Instruction]]]:
    for number in sorted(bodies):
        yield number, bodies[number]
        if number + 1 not in bodies:
            yield number + 1, [otherwise]


def _tree(ranges: list[tuple[int, list[Instruction]]]) -> list[Instruction]:
    if len(ranges) == 1:
        return ranges[0][1]
    half = len(ranges) // 2
    below, above = _tree(ranges[:half]), _tree(ranges[half:])
    pivot = ranges[half][0]
    if len(below) < 256:
        return [jump(">=", pivot, len(below), 0), *below, *above]
    return [jump(">=", pivot, 0, 1), (_ALWAYS, 0, 0, len(below)), *below, *above]


def assembled(program: Iterable[Instruction]) -> bytes:
    """The filter as the kernel reads it."""
    return b"".join(struct.pack("HBBI", *each) for each in program)


def install(code: bytes, *, is_asking: bool = False) -> int:
    """Put this process behind an assembled filter, for good. It must have no new privileges by then.

    One that is asking gives the descriptor on which its questions are heard; else the number is of no use.
    """
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    return syscall("seccomp", _SET_MODE_FILTER, _NEW_LISTENER if is_asking else 0, header)
