"""The lines of a text, whatever ends them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Line", "lines"]

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")


class Line(NamedTuple):
    """A line from `start` to before its end mark, which reaches to `next`."""

    start: int
    end: int
    next: int
    text: str


def lines(text: str, start: int, end: int) -> Iterator[Line]:
    """The lines of [start, end); the first and the last may be parts of one."""
    for match in _LINE.finditer(text, start, end):
        if match.end() == match.start():
            break
        yield Line(match.start(), match.end(1), match.end(), match[1])
