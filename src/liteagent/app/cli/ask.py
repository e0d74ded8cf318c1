"""`liteagent ask`, `chat` and `index`: the product at the command line, with no server."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import anyio.to_thread
import typer
from rich.markup import escape
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.prompt import Prompt

from liteagent.app.cli.console import DataOption, JsonOption, notes, out, print_json, run
from liteagent.contracts.runs import RunStatus

if TYPE_CHECKING:
    from liteagent.app.embedded import Answer, IndexReport, LiteAgent

__all__ = ["ask", "chat", "index"]

_WAITING = 3
_EXCERPT = 300

AgentOption = Annotated[
    str | None, typer.Option("--agent", help="Slug or id of an agent.", show_default=False)
]
DocsOption = Annotated[
    list[Path] | None,
    typer.Option("--docs", help="A file or folder to answer from; may be repeated.", show_default=False),
]


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.", show_default=False)],
    docs: DocsOption = None,
    agent: AgentOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index what is named, answer with citations, exit."""
    run(_ask(question, docs or [], agent, data, as_json))


def chat(agent: AgentOption = None, docs: DocsOption = None, data: DataOption = None) -> None:
    """Talk with an agent; an empty line ends it."""
    run(_chat(agent, docs or [], data))


def index(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", show_default=False)],
    datasource: Annotated[
        str | None, typer.Option("--datasource", help="What to call the data source.", show_default=False)
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index files and folders, each as one data source; what has not changed costs nothing."""
    run(_index(paths, datasource, data, as_json))


async def _ask(
    question: str, docs: Sequence[Path], agent: str | None, data: Path | None, as_json: bool
) -> None:
    from liteagent.app.embedded import LiteAgent

    async with LiteAgent(data) as lite:
        reports = [await _index_one(lite, path, None) for path in docs]
        answer = await lite.ask(question, docs=docs, agent=agent, on_text=None if as_json else _print_text)
    if as_json:
        print_json({**_answer_json(answer), "indexed": [_report_json(report) for report in reports]})
    else:
        out.print()
        _print_citations(answer)
    if answer.status is RunStatus.WAITING_HUMAN:
        notes.print(f"[yellow]waiting for a human[/yellow], run {answer.run_id}: {escape(answer.text)}")
        raise typer.Exit(_WAITING)


async def _chat(agent: str | None, docs: Sequence[Path], data: Path | None) -> None:
    from liteagent.app.embedded import LiteAgent

    async with LiteAgent(data) as lite:
        for path in docs:
            await _index_one(lite, path, None)
        chosen = await lite.agent_for(docs, agent)
        notes.print(f"[bold]{escape(chosen.name)}[/bold]  [dim]an empty line ends the conversation[/dim]")
        conversation_id: str | None = None
        while question := await _hear("[green]you[/green]"):
            answer = await lite.ask(
                question, agent=chosen.id, conversation_id=conversation_id, on_text=_print_text
            )
            while answer.status is RunStatus.WAITING_HUMAN:
                answer = await lite.reply(answer, await _hear(escape(answer.text)), _print_text)
            out.print()
            _print_citations(answer)
            conversation_id = answer.conversation_id


async def _hear(prompt: str) -> str:
    """What the person types; the event loop goes on meanwhile."""

    def read() -> str:
        try:
            return Prompt.ask(prompt, default="", show_default=False, console=out).strip()
        except EOFError:
            return ""

    return await anyio.to_thread.run_sync(read)


async def _index(paths: Sequence[Path], name: str | None, data: Path | None, as_json: bool) -> None:
    from liteagent.app.embedded import LiteAgent

    async with LiteAgent(data) as lite:
        titles = [name if name is None or len(paths) == 1 else f"{name}: {path.name}" for path in paths]
        reports = [await _index_one(lite, path, title) for path, title in zip(paths, titles, strict=True)]
    if as_json:
        print_json([_report_json(report) for report in reports])


async def _index_one(lite: "LiteAgent", path: Path, name: str | None) -> "IndexReport":
    from liteagent.app.embedded import Progress as Reached

    started = perf_counter()
    with _bar(f"Indexing {path.name or path}") as (bar, task):

        def show(reached: Reached) -> None:
            bar.update(task, completed=reached.done, total=reached.total)

        report = await lite.index(path, name=name, on_progress=show)
    _print_report(report, perf_counter() - started)
    return report


@contextmanager
def _bar(title: str) -> Generator[tuple[Progress, Any]]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("documents"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=True) as progress:
        yield progress, progress.add_task(escape(title), total=None)


def _print_report(report: "IndexReport", seconds: float) -> None:
    fresh = report.documents - report.unchanged - report.failed
    megabytes = report.bytes / 1e6
    text = (
        f"[dim]{escape(report.datasource.name)}: {report.documents} documents, {fresh} indexed, "
        f"{report.unchanged} unchanged, {report.failed} unreadable, {report.removed} removed; "
        f"{report.chunks:,} chunks"
    )
    speed = (
        f", {megabytes:.1f} MB in {seconds:.1f} s ({megabytes / seconds:.1f} MB/s)"
        if fresh
        else f", {seconds:.1f} s"
    )
    notes.print(f"{text}{speed}[/dim]")
    for error in report.errors[:5]:
        notes.print(f"[yellow]{escape(str(error.get('name')))}[/yellow] {escape(str(error.get('message')))}")


def _print_text(text: str) -> None:
    out.print(text, end="", markup=False)


def _print_citations(answer: "Answer") -> None:
    for number, citation in enumerate(answer.citations):
        excerpt = " ".join(citation.text.split())
        excerpt = excerpt if len(excerpt) <= _EXCERPT else f"{excerpt[:_EXCERPT]}…"
        name = escape(citation.document.name)
        place = f"[bold]\\[{citation.marker}][/bold] {name} [dim]{citation.start}-{citation.end}[/dim]"
        out.print(f"\n{place}" if number == 0 else place)
        out.print(Padding(f"[dim]{escape(excerpt)}[/dim]", (0, 0, 0, 4)))


def _answer_json(answer: "Answer") -> dict[str, Any]:
    return {
        "answer": answer.text,
        "citations": [asdict(citation) for citation in answer.citations],
        "status": answer.status.value,
        "run_id": answer.run_id,
        "conversation_id": answer.conversation_id,
        "usage": answer.usage,
    }


def _report_json(report: "IndexReport") -> dict[str, Any]:
    return {
        "datasource_id": report.datasource.id,
        **{k: v for k, v in asdict(report).items() if k != "datasource"},
    }
