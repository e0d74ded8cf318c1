"""Markdown tables: which lines are one, and where their cells are."""

import re
from collections.abc import Sequence

from liteagent.contracts.documents import Span
from liteagent.engine.rag.chunking.lines import Line

__all__ = ["cells", "has_header", "is_row", "rows_of", "starts_table"]

_DELIMITER = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_CELL = re.compile(r"(?:[^|\\]|\\.)*", re.DOTALL)


def starts_table(line: str, below: str) -> bool:
    """Whether a line begins a table: it is its header, or a row that is fenced by bars."""
    return "|" in line and (_is_delimiter(below) or line.lstrip()[:1] == "|")


def is_row(line: str) -> bool:
    """Whether a line goes on with a table."""
    return "|" in line


def has_header(rows: Sequence[Line]) -> bool:
    """Whether the second line tells that the first one is a header."""
    return len(rows) > 1 and _is_delimiter(rows[1].text)


def rows_of(table: Sequence[Line]) -> Sequence[Line]:
    """The rows below the header of a table that has one."""
    return table[2:]


def cells(row: Line) -> list[Span]:
    """The ranges of the cells' contents without blanks around them; an escaped bar does not end a cell."""
    spans: list[Span] = []
    place = 0
    while place <= len(row.text):
        match = _CELL.match(row.text, place)
        end = match.end() if match else place
        spans.append(_stripped(row, place, end))
        place = end + 1
    if row.text.lstrip()[:1] == "|":
        spans = spans[1:]
    if row.text.rstrip()[-1:] == "|" and spans and spans[-1].start == spans[-1].end:
        spans = spans[:-1]
    return spans


def _stripped(row: Line, start: int, end: int) -> Span:
    body = row.text[start:end]
    first = start + len(body) - len(body.lstrip())
    return Span(row.start + first, row.start + max(start + len(body.rstrip()), first))


def _is_delimiter(line: str) -> bool:
    return "|" in line and "-" in line and _DELIMITER.match(line) is not None
