"""`liteagent flow`: flow files are checked, converted and compared; nothing of them is run."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liteagent.app.cli.console import JsonOption, out, plain, print_json
from liteagent.contracts.errors import InvalidInputError

if TYPE_CHECKING:
    from liteagent.engine.workflow.problems import Places, Problem
    from liteagent.engine.workflow.state import WorkflowDefinition

__all__ = ["Face", "flows"]

_STDIN = Path("-")
_MAX_BYTES = 4_000_000

flows = typer.Typer(no_args_is_help=True)

_FlowFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="A flow as YAML or JSON; - reads stdin.", show_default=False)
]


class Face(StrEnum):
    """What a flow can be written as."""

    YAML = "yaml"
    PYTHON = "python"
    JSON = "json"


@flows.callback()
def _flows() -> None:
    """Flow files."""


@flows.command("validate")
def validate(file: _FlowFile, as_json: JsonOption = False) -> None:
    """Say what is wrong with a flow, with node, field and line; exit code 1 where it cannot run."""
    problems, summary = _problems(_text(file), _is_json(file))
    failed = any(each.severity == "error" for each in problems)
    if as_json:
        print_json({"valid": not failed, "problems": [each.to_json() for each in problems]})
    else:
        for each in problems:
            _print(_line(file, each))
        if not failed:
            _print(f"{file}: {summary}")
    if failed:
        raise typer.Exit(1)


@flows.command("convert")
def convert(
    file: _FlowFile,
    to: Annotated[Face, typer.Option("--to", help="What to write.", show_default=False)],
) -> None:
    """Write a flow as YAML, JSON or the Python code that builds it, on stdout."""
    from liteagent.engine.workflow.document import to_json, to_yaml
    from liteagent.engine.workflow.python_source import to_python

    writers = {Face.YAML: to_yaml, Face.JSON: to_json, Face.PYTHON: to_python}
    sys.stdout.write(writers[to](_read(file)))


@flows.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A flow; - reads stdin.", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Say what makes B out of A: nodes, fields and edges, one a line; nothing where they are equal."""
    from liteagent.engine.workflow.comparison import compare

    if before == after == _STDIN:
        raise InvalidInputError("Only one of the two flows can come from stdin. Name a file for the other.")
    changes = compare(_read(before), _read(after))
    if as_json:
        print_json({"equal": not changes, "changes": [each.to_json() for each in changes]})
        return
    for each in changes:
        _print(each.text)


def _problems(text: str, is_json: bool) -> "tuple[tuple[Problem, ...], str]":
    from liteagent.engine.workflow.kinds import installed_kinds
    from liteagent.engine.workflow.problems import placed, problems_of
    from liteagent.engine.workflow.validation import validate

    try:
        definition, places = _parsed(text, is_json)
    except InvalidInputError as error:
        return problems_of(error), ""
    found = validate(definition, installed_kinds().get)
    return tuple(placed(each, places) for each in found), _summary(definition)


def _summary(definition: "WorkflowDefinition") -> str:
    from liteagent.engine.workflow.levels import levels

    graphs = [each.graph for each in levels(definition)]
    nodes, edges = sum(len(each.nodes) for each in graphs), sum(len(each.edges) for each in graphs)
    return f"{definition.id} is valid: {nodes} nodes, {edges} edges"


def _read(file: Path) -> "WorkflowDefinition":
    return _parsed(_text(file), _is_json(file))[0]


def _parsed(text: str, is_json: bool) -> "tuple[WorkflowDefinition, Places]":
    from liteagent.engine.workflow.document import from_json, from_yaml, places_of

    if is_json:
        return from_json(text), {}
    return from_yaml(text), places_of(text)


def _is_json(file: Path) -> bool:
    return file.suffix.lower() == ".json"


def _text(file: Path) -> str:
    """The text of a file.

    Raises:
        InvalidInputError: There is none that can be read as a flow.
    """
    if file.suffix.lower() in {".py", ".pyw"}:
        raise InvalidInputError(
            f"{file} is Python, and reading a flow out of it would mean running it. Run it yourself and "
            "write `to_yaml(workflow)` of liteagent.engine.workflow.document to a file."
        )
    try:
        return sys.stdin.read(_MAX_BYTES) if file == _STDIN else _limited(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{file} is no UTF-8 text (byte {error.start:,}). Save it as UTF-8."
        ) from None
    except FileNotFoundError:
        raise InvalidInputError(f"There is no {file}.") from None
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}.") from None


def _limited(file: Path) -> bytes:
    """The beginning of a file, longer than any flow may be."""
    with file.open("rb") as opened:
        return opened.read(_MAX_BYTES)


def _line(file: Path, problem: "Problem") -> str:
    place = f"{file}:{problem.line}:{problem.column}" if problem.line else str(file)
    field = f" {problem.field}:" if problem.field else ""
    return f"{place}: {problem.severity}{field} {problem.message} ({problem.code})"


def _print(text: Any) -> None:
    out.print(plain(str(text)), markup=False, soft_wrap=True)
