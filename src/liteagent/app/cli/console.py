"""What every command prints with, and how its failures end: results on stdout, everything else on stderr."""

import asyncio
import json
import sys
import textwrap
from collections.abc import AsyncGenerator, Coroutine, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from liteagent.contracts.errors import ConfigurationError, InvalidInputError, LiteAgentError

if TYPE_CHECKING:
    from liteagent.app.embedded import LiteAgent

__all__ = [
    "WIDEST",
    "DataOption",
    "HostOption",
    "JsonOption",
    "fail",
    "indented",
    "note",
    "notes",
    "opened",
    "out",
    "plain",
    "print_json",
    "run",
    "say",
    "translated",
]

T = TypeVar("T")

WIDEST = 100
"""Columns of running text in a terminal, at most."""

out = Console(highlight=False, emoji=False)
notes = Console(stderr=True, highlight=False, emoji=False)

HostOption = Annotated[
    str | None,
    typer.Option(metavar="HOST", help="Address to listen on; 127.0.0.1 unless set.", show_default=False),
]

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Folder of the database, documents and key file.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.", metavar="")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's async part."""
    return asyncio.run(work)


@asynccontextmanager
async def opened(data: Path | None) -> AsyncGenerator["LiteAgent"]:
    """The platform in a data folder.

    Raises:
        LiteAgentError: What went wrong inside, foreign failures that a user can cause among them.
    """
    from liteagent.app.embedded import LiteAgent

    with translated():
        async with LiteAgent(data) as lite:
            yield lite


@contextmanager
def translated() -> Generator[None]:
    """Foreign failures that a user can cause, as ours: a folder that will not do, values out of range.

    Raises:
        ConfigurationError: A file or folder cannot be used.
        InvalidInputError: A value was refused by its model.
    """
    from pydantic import ValidationError

    try:
        yield
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(f"{place}: {first['msg']}.") from None
    except OSError as error:
        if error.filename is None:
            raise
        raise ConfigurationError(
            f"{error.filename} cannot be used: {error.strerror}. Name another folder with --data, or mend "
            "this one; `liteagent doctor` looks it over."
        ) from None


def say(text: str) -> None:
    """Print a result; lines are wrapped in a terminal and whole anywhere else."""
    out.print(text, soft_wrap=not out.is_terminal)


def note(text: str) -> None:
    """Print a remark on stderr."""
    notes.print(text, soft_wrap=not notes.is_terminal)


def indented(text: str) -> str:
    """A paragraph, indented; wrapped in a terminal and one line anywhere else."""
    if not out.is_terminal:
        return f"    {text}"
    width = max(40, min(out.width, WIDEST)) - 4
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n".join(lines), "    ")


def plain(text: str) -> str:
    """Foreign text without control characters, which could steer a terminal."""
    return "".join(char for char in text if char.isprintable() or char in "\n\t")


def print_json(value: object) -> None:
    """Print a value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def fail(error: LiteAgentError) -> NoReturn:
    """Print an error on stderr and exit: 2 where the input was wrong, 1 otherwise."""
    from rich.markup import escape

    note(f"[red]error[/red] {escape(plain(error.message))} [dim]({error.error_code})[/dim]")
    sys.exit(2 if isinstance(error, InvalidInputError) else 1)
