"""`liteagent user` and `liteagent key`: for the operator, while the server runs or not."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from liteagent.app.cli.console import (
    DataOption,
    JsonOption,
    note,
    notes,
    out,
    print_json,
    run,
    say,
    translated,
)
from liteagent.contracts.errors import InvalidInputError

if TYPE_CHECKING:
    from liteagent.features.accounts.service import AccountService

__all__ = ["keys", "users"]

users = typer.Typer(no_args_is_help=True)
keys = typer.Typer(no_args_is_help=True)


@users.callback()
def _users() -> None:
    """People who may sign in."""


@keys.callback()
def _keys() -> None:
    """API keys for programs."""


@users.command("create")
def create_user(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.", show_default=False)],
    password: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            envvar="LITEAGENT_PASSWORD",
            help="8 to 200 characters; asked for when not given.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
) -> None:
    """Create a user of the default workspace; the first one owns it."""
    run(_create_user(email, password or _asked_password(), data))


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.", show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE",
            help="What it may do, like chat:write; may be repeated. Left out: everything.",
            show_default=False,
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create an API key of the default workspace and print it; it is shown only now."""
    run(_create_key(name, scope or [], data, as_json))


async def _create_user(email: str, password: str, data: Path | None) -> None:
    async with _accounts(data) as accounts:
        user = await accounts.create_user(email, password)
    say(f"{escape(user.email)} can sign in now.")


async def _create_key(name: str, scopes: list[str], data: Path | None, as_json: bool) -> None:
    async with _accounts(data) as accounts:
        key = await accounts.create_key(name, scopes)
    if as_json:
        print_json(key.model_dump(mode="json"))
    else:
        note("Keep this key; it is shown only now:")
        out.print(key.key, markup=False, soft_wrap=True)


@asynccontextmanager
async def _accounts(data: Path | None) -> "AsyncGenerator[AccountService]":
    from liteagent.app.settings import load_settings
    from liteagent.app.wiring import open_platform

    with translated():
        async with open_platform(load_settings(data), work=False) as platform:
            yield platform.accounts


def _asked_password() -> str:
    """The password that a person types twice, unseen; without a terminal, a line of the input.

    Raises:
        InvalidInputError: The two are not the same.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = notes.input("Password: ", password=True)
    if notes.input("Again: ", password=True) != first:
        raise InvalidInputError("The two passwords differ. Try again.")
    return first
