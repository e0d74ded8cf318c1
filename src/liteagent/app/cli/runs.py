"""`liteagent runs`: what was run in a data folder, and what can be done with it, with no server.

A run that is to go on is taken up by the server of the folder, or by `liteagent run --resume`.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.markup import escape

from liteagent.app.cli.console import DataOption, JsonOption, note, plain, print_json, run, say, translated
from liteagent.contracts.errors import InvalidInputError

if TYPE_CHECKING:
    from liteagent.app.wiring import Platform
    from liteagent.features.runs.schemas import ReplayView, RunView

__all__ = ["runs"]

T = TypeVar("T")

_DIFFERS = 1
_LONGEST = 120

runs = typer.Typer()

_RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id.", show_default=False)]


@runs.callback(invoke_without_command=True)
def _runs(context: typer.Context) -> None:
    """Runs: look, answer, pause, fork, replay."""
    if context.invoked_subcommand is None:
        list_runs()


@runs.command("list")
def list_runs(
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only these, like FAILED.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=200, help="How many at most.")] = 20,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the newest runs."""
    found = run(_with(data, lambda platform: _list(platform, status, limit)))
    if as_json:
        print_json([each.model_dump(mode="json") for each in found])
        return
    for each in found:
        say(f"{each.id}  {each.status:<13}  {each.kind:<9}  {each.updated_at:%Y-%m-%d %H:%M:%S}")


@runs.command("show")
def show_run(run_id: _RunId, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print one run: its inputs, and what it ended with or waits for."""
    found = run(_with(data, lambda platform: platform.runs.get(platform.operator, run_id)))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_run(found)


@runs.command("events")
def print_events(run_id: _RunId, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Print everything that has happened in a run."""
    found = run(_with(data, lambda platform: _events(platform, run_id)))
    if as_json:
        print_json(found)
        return
    for each in found:
        ref = f" <- {each['ref']}" if each["ref"] else ""
        what = json.dumps(each["data"], ensure_ascii=False)
        say(f"{each['seq']:>5}  {each['type']}{ref}  [dim]{escape(plain(_short(what)))}[/dim]")


@runs.command("replay")
def replay_run(
    run_id: _RunId,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="FLOW.yaml", help="Decide by this flow instead.", show_default=False
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fold a run anew, calling nothing; exit code 1 where something else would be decided now."""
    document = None if against is None else _document(against)
    found = run(_with(data, lambda platform: platform.runs.replay(platform.operator, run_id, document)))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_replay(found)
    if not found.ok:
        raise typer.Exit(_DIFFERS)


@runs.command("fork")
def fork_run(
    run_id: _RunId,
    at: Annotated[
        int, typer.Option("--at", metavar="SEQ", help="The last event to share.", show_default=False)
    ],
    patch: Annotated[
        str | None,
        typer.Option(
            metavar="JSON", help="A change to the state there, as a JSON object.", show_default=False
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start another run that shares the events of this one up to --at; print its id."""
    given = _object(patch)
    _print_after(
        run(_with(data, lambda platform: platform.runs.fork(platform.operator, run_id, at, given))), as_json
    )


@runs.command("cancel")
def cancel_run(run_id: _RunId, data: DataOption = None, as_json: JsonOption = False) -> None:
    """End a run and stop what it is doing."""
    _print_after(run(_with(data, lambda p: p.runs.cancel(p.operator, run_id))), as_json)


@runs.command("pause")
def pause_run(run_id: _RunId, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Let a run begin nothing new."""
    _print_after(run(_with(data, lambda p: p.runs.pause(p.operator, run_id))), as_json)


@runs.command("resume")
def resume_run(run_id: _RunId, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Let a paused run go on."""
    _print_after(run(_with(data, lambda p: p.runs.resume(p.operator, run_id))), as_json)


@runs.command("answer")
def answer_run(
    run_id: _RunId,
    answer: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The answer; a JSON object fills in a form.", show_default=False),
    ],
    request: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Which question, where several are open.", show_default=False),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer what a run asks."""
    value = _object(answer) if answer.lstrip().startswith("{") else answer
    _print_after(run(_with(data, lambda p: p.runs.answer(p.operator, run_id, value, request))), as_json)


@runs.command("export-test")
def export_test(
    run_id: _RunId,
    to: Annotated[
        Path, typer.Option("--to", metavar="DIR", help="Where to write it.", show_default=False)
    ] = Path(),
    data: DataOption = None,
) -> None:
    """Write a run as a pytest file with its journal beside it, without secrets; it runs offline."""
    name = run_id.replace("-", "")[-12:]
    journal, test = to / f"run_{name}.json", to / f"test_run_{name}.py"
    text, kept = run(
        _with(data, lambda platform: platform.runs.export_test(platform.operator, run_id, journal.name))
    )
    with translated():
        to.mkdir(parents=True, exist_ok=True)
        journal.write_bytes(kept)
        test.write_text(text, encoding="utf-8")
    say(escape(str(test)))
    note(f"[dim]Its journal is {escape(str(journal))}. Look it over before you share it.[/dim]")


async def _with(data: Path | None, work: "Callable[[Platform], Awaitable[T]]") -> T:
    async with _platform(data) as platform:
        return await work(platform)


@asynccontextmanager
async def _platform(data: Path | None) -> "AsyncGenerator[Platform]":
    from liteagent.app.settings import load_settings
    from liteagent.app.wiring import open_platform

    with translated():
        async with open_platform(load_settings(data), work=False) as platform:
            yield platform


async def _list(platform: "Platform", status: str | None, limit: int) -> "list[RunView]":
    from liteagent.contracts.runs import RunStatus

    if status is not None and status.upper() not in RunStatus.__members__:
        raise InvalidInputError(
            f"There is no status {status!r}. There are: {', '.join(RunStatus.__members__)}."
        )
    wanted = None if status is None else RunStatus(status.upper())
    return (await platform.runs.list(platform.operator, status=wanted, limit=limit)).items


async def _events(platform: "Platform", run_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = await platform.runs.events(platform.operator, run_id, after=int(cursor), limit=1000)
        found += [each.model_dump(mode="json") for each in page.items]
        cursor = page.next_cursor
    return found


def _document(path: Path) -> dict[str, Any]:
    from liteagent.app.flows import read_flow
    from liteagent.engine.workflow.document import to_document

    return to_document(read_flow(path).definition())


def _object(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidInputError(f"{plain(text)[:60]!r} is no JSON object.")
    return found  # pyright: ignore[reportUnknownVariableType]  out of JSON


def _print_after(found: "RunView", as_json: bool) -> None:
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    say(f"{found.id}  {found.status}")
    if found.status.runnable:
        note(f"[dim]The server takes it up; without one: liteagent run --resume {found.id}[/dim]")


def _print_run(found: "RunView") -> None:
    say(f"[bold]{found.id}[/bold]  {found.status}  {escape(found.kind)}")
    say(f"events   {found.seq}, the last at {found.updated_at:%Y-%m-%d %H:%M:%S}")
    for name in ("inputs", "outputs", "error", "usage"):
        if value := getattr(found, name):
            say(f"{name:<8} {escape(plain(json.dumps(value, ensure_ascii=False)))}")


def _print_replay(found: "ReplayView") -> None:
    if found.difference is None:
        say(f"The same: {found.checked} decisions.")
        return
    expected, actual = found.difference.expected, found.difference.actual
    say(f"Event {found.difference.seq} differs, after {found.checked} that are the same.")
    say(f"  then: {escape(plain(json.dumps(actual, ensure_ascii=False)))}")
    say(f"  now:  {escape(plain(json.dumps(expected, ensure_ascii=False)))}")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
