"""Figures as lines of text."""

from collections.abc import Iterator, Mapping

from benchmarks.comparing.results import Results

__all__ = ["aligned", "number", "table"]


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


def table(results: Results, case: str, title: str, units: Mapping[str, str]) -> str:
    """A line for everyone who was measured, and a column for each figure that `units` names, in its order."""
    measured = results.names(case)
    names = [each for each in units if each in measured]
    rows = [["", *(units[name] for name in names)]]
    rows += [
        [each, *(number(results.median(case, each, name)) for name in names)] for each in results.rounds[case]
    ]
    return f"{title}  [{case}]\n" + "\n".join(aligned(rows))
