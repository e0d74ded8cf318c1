"""Figures as lines of text."""

from collections.abc import Iterator

__all__ = ["aligned", "number"]


def number(value: float | None) -> str:
    """With as many digits as are worth reading."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def aligned(rows: list[list[str]]) -> Iterator[str]:
    """One line a row, the first column to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [text.rjust(width) for text, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
