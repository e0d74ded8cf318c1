"""Rows of cells as a Markdown table."""

import re
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["cell", "rule", "table_lines"]

_UNEVEN = re.compile(r"[|\t-\r]|  | \0|\0 |^ | $")


def cell(text: str) -> str:
    r"""A cell's text in one line, its bars escaped.

    Example:
        >>> cell("a | b\n c")
        'a \\| b c'
    """
    return " ".join(text.replace("\\|", "|").split()).replace("|", "\\|")


def rule(columns: int) -> str:
    """The line between the header and the other rows."""
    return "|" + " --- |" * columns


def table_lines(rows: Iterable[Sequence[str]], columns: int) -> Iterator[str]:
    """The lines of a table, the first row as its header of at least `columns` cells.

    Blank rows are left out, and a row ends with its last cell that is not blank, so that a wide row costs
    nothing in the others.

    Example:
        >>> list(table_lines([["a", "b"], ["1", "2"]], 2))
        ['| a | b |', '| --- | --- |', '| 1 | 2 |']
    """
    begun = False
    for row in rows:
        cells = list(row) if not _UNEVEN.search("\0".join(row)) else [cell(each) for each in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if begun:
            yield _line(cells)
        else:
            begun = True
            cells += [""] * (columns - len(cells))
            yield _line(cells)
            yield rule(len(cells))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
