"""`liteagent index`, and the indexing that `ask` and `chat` begin with."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from liteagent.app.cli.console import DataOption, JsonOption, note, notes, opened, plain, print_json, run

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from liteagent.app.embedded import IndexReport, LiteAgent

__all__ = ["DocsOption", "index", "index_all", "report_json"]

_ERRORS_SHOWN = 5

DocsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--docs",
        metavar="PATH",
        help="A file or folder to answer from; may be repeated.",
        show_default=False,
    ),
]


def index(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH|URL...", help="Files, folders or web pages.", show_default=False),
    ],
    datasource: Annotated[
        str | None,
        typer.Option(
            "--datasource", metavar="NAME", help="What to call the data source.", show_default=False
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index files, folders and web pages, each as one data source; what has not changed costs nothing."""
    run(_index(paths, datasource, data, as_json))


async def _index(paths: Sequence[str], name: str | None, data: Path | None, as_json: bool) -> None:
    async with opened(data) as lite:
        titles = [name if name is None or len(paths) == 1 else f"{name}: {_short(path)}" for path in paths]
        reports = [await _index_one(lite, path, title) for path, title in zip(paths, titles, strict=True)]
    if as_json:
        print_json([report_json(report) for report in reports])
    _require_readable(reports)


async def index_all(lite: "LiteAgent", paths: Sequence[Path]) -> "list[IndexReport]":
    """Index files and folders and say on stderr how it went.

    Raises:
        Exit: Of one of them no document could be read.
    """
    reports = [await _index_one(lite, path, None) for path in paths]
    _require_readable(reports)
    return reports


def report_json(report: "IndexReport") -> dict[str, Any]:
    """A report as `--json` prints it."""
    numbers = {key: value for key, value in asdict(report).items() if key != "datasource"}
    source = report.datasource
    return {"datasource_id": source.id, "name": source.name, "status": source.status, **numbers}


def _require_readable(reports: Sequence["IndexReport"]) -> None:
    failed = [report.datasource for report in reports if report.datasource.status == "failed"]
    for source in failed:
        why = source.error.message if source.error else "Indexing failed."
        note(f"[red]error[/red] {escape(plain(source.name))}: {escape(why)}")
    if failed:
        raise typer.Exit(1)


async def _index_one(lite: "LiteAgent", path: str | Path, name: str | None) -> "IndexReport":
    from liteagent.app.embedded import Progress as Reached

    started = perf_counter()
    with _bar(f"Indexing {_short(path)}") as (bar, task):

        def show(reached: Reached) -> None:
            bar.update(task, completed=reached.done, total=reached.total)

        report = await lite.index(path, name=name, on_progress=show)
    _print_report(report, perf_counter() - started)
    return report


def _short(path: str | Path) -> str:
    return str(path).rstrip("/").rpartition("/")[2] or str(path)


@contextmanager
def _bar(title: str) -> "Generator[tuple[Progress, TaskID]]":
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("documents"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=True, disable=not notes.is_terminal) as progress:
        yield progress, progress.add_task(escape(title), total=None)


def _print_report(report: "IndexReport", seconds: float) -> None:
    fresh = report.documents - report.unchanged
    counted = {
        "indexed": fresh,
        "unchanged": report.unchanged,
        "unreadable": report.failed,
        "removed": report.removed,
    }
    said = ", ".join(f"{number:,} {what}" for what, number in counted.items() if number) or "no documents"
    note(
        f"[dim]{escape(plain(report.datasource.name))}: {said}; {report.chunks:,} chunks; "
        f"{_pace(report.bytes, seconds, fresh)}[/dim]"
    )
    for error in report.errors[:_ERRORS_SHOWN]:
        note(f"[yellow]unreadable[/yellow] {escape(plain(str(error.get('message'))))}")
    if report.failed > _ERRORS_SHOWN:
        note(f"[yellow]unreadable[/yellow] and {report.failed - _ERRORS_SHOWN:,} more")


def _pace(size: int, seconds: float, fresh: int) -> str:
    amount = f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
    pace = f" ({size / 1e6 / seconds:.1f} MB/s)" if fresh and size >= 1e5 else ""
    return f"{amount} in {seconds:.1f} s{pace}"
