"""`liteagent run`: a flow file, run to its end in a data folder, with no server."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.markup import escape

from liteagent.app.cli.console import DataOption, JsonOption, note, opened, plain, print_json, run, say
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.runs import RunStatus

if TYPE_CHECKING:
    from liteagent.app.embedded import LiteAgent
    from liteagent.app.flows import FlowRun

__all__ = ["run_command"]

_FAILED, _WAITING = 1, 3

_Flow = Annotated[
    Path | None, typer.Argument(metavar="FLOW.yaml", help="A flow file, YAML or JSON.", show_default=False)
]
_Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input", metavar="NAME=VALUE", help="An input; as JSON unless it is a text.", show_default=False
    ),
]
_Inputs = Annotated[
    Path | None,
    typer.Option("--inputs", metavar="FILE.json", help="A JSON object with the inputs.", show_default=False),
]
_Resume = Annotated[
    str | None,
    typer.Option("--resume", metavar="RUN_ID", help="Go on with this run instead.", show_default=False),
]
_Answer = Annotated[
    str | None,
    typer.Option(
        "--answer", metavar="TEXT", help="With --resume: what to answer its question.", show_default=False
    ),
]


def run_command(
    flow: _Flow = None,
    given: _Input = None,
    inputs: _Inputs = None,
    resume: _Resume = None,
    answer: _Answer = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run a flow file and print what it ends with.

    The run is kept in the data folder: whatever ended this command, --resume goes on with it.
    When it asks a person, question and run id are printed, and the exit code is 3.
    """
    if (flow is None) == (resume is None):
        raise InvalidInputError("Name a flow file to run, or a run to go on with: --resume RUN_ID.")
    if resume is None and answer is not None:
        raise InvalidInputError("An answer belongs to a run that asks: --resume RUN_ID --answer TEXT.")
    if resume is not None and (given or inputs):
        raise InvalidInputError("A run has its inputs since its start; --resume takes none.")
    run(_run(flow, given or [], inputs, resume, answer, data, as_json))


async def _run(
    flow: Path | None,
    given: Sequence[str],
    inputs: Path | None,
    resume: str | None,
    answer: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    from liteagent.app.flows import take_up

    async with opened(data) as lite:
        run_id = resume or await _started(lite, flow, given, inputs)
        note(f"[dim]run {escape(plain(run_id))}[/dim]")
        done = await take_up(lite.platform, run_id, answer)
    _print(done, as_json)


async def _started(lite: "LiteAgent", flow: Path | None, given: Sequence[str], inputs: Path | None) -> str:
    from liteagent.app.flows import inputs_from_texts, read_flow, run_flow

    assert flow is not None
    sent = read_flow(flow)
    texts = dict(_pair(each) for each in given)
    values = {**_from_file(inputs), **inputs_from_texts(sent.definition().inputs, texts)}
    return await run_flow(lite.platform, sent, values)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InvalidInputError(f"--input is NAME=VALUE; {plain(text)[:60]!r} is none.")
    return name.strip(), value


def _from_file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found: object = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error.strerror}.", code="path_not_found") from None
    except (ValueError, RecursionError):
        raise InvalidInputError(f"{path} is no JSON.") from None
    if not isinstance(found, dict):
        raise InvalidInputError(f"{path} is to hold a JSON object with the inputs by name.")
    return cast("dict[str, Any]", found)


def _print(done: "FlowRun", as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "run_id": done.run_id,
                "status": done.status.value,
                "outputs": done.outputs,
                "error": done.error,
                "questions": done.questions,
                "usage": done.usage,
            }
        )
    elif done.status is RunStatus.COMPLETED:
        _print_outputs(done)
    if done.status is not RunStatus.COMPLETED:
        _leave(done)


def _print_outputs(done: "FlowRun") -> None:
    for name, value in done.outputs.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        shown = escape(plain(text))
        say(shown if len(done.outputs) == 1 else f"[bold]{escape(plain(name))}[/bold]: {shown}")


def _leave(done: "FlowRun") -> None:
    """Say why there is nothing to print, and exit."""
    if done.status is RunStatus.WAITING_HUMAN:
        for asked in done.questions:
            note(f"[yellow]waiting for a human[/yellow]: {escape(plain(str(asked.get('question', ''))))}")
            if options := asked.get("options"):
                note(f"  one of: {escape(plain(', '.join(map(str, options))))}")
        note(f"Go on with: liteagent run --resume {done.run_id} --answer TEXT")
        raise typer.Exit(_WAITING)
    error = done.error or {"code": done.status.value.lower(), "message": f"The run is {done.status.value}."}
    code = plain(str(error.get("code")))
    note(f"[red]error[/red] {escape(plain(str(error.get('message'))))} [dim]({escape(code)})[/dim]")
    raise typer.Exit(_FAILED)
