"""What every command prints with: results on stdout, everything else on stderr."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from liteagent.contracts.errors import InvalidInputError, LiteAgentError

__all__ = ["DataOption", "JsonOption", "fail", "notes", "out", "print_json", "run"]

T = TypeVar("T")

out = Console(highlight=False, soft_wrap=True)
notes = Console(stderr=True, highlight=False, soft_wrap=True)

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the database, documents and key file.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's async part."""
    return asyncio.run(work)


def print_json(value: object) -> None:
    """Print a value as JSON on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def fail(error: LiteAgentError) -> NoReturn:
    """Print an error on stderr and exit: 2 where the input was wrong, 1 otherwise."""
    notes.print(f"[red]error[/red] {escape(error.message)} [dim]({error.error_code})[/dim]")
    sys.exit(2 if isinstance(error, InvalidInputError) else 1)
