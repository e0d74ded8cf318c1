"""`liteagent user` and `liteagent key`: for the operator, while the server runs or not."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.prompt import Prompt

from liteagent.app.cli.console import DataOption, JsonOption, notes, out, print_json, run
from liteagent.app.settings import load_settings

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
    email: Annotated[str, typer.Argument(help="Their e-mail address.", show_default=False)],
    password: Annotated[
        str | None,
        typer.Option(envvar="LITEAGENT_PASSWORD", help="Asked for when not given.", show_default=False),
    ] = None,
    data: DataOption = None,
) -> None:
    """Create a user of the default workspace; the first one owns it."""
    secret = password or Prompt.ask("Password", password=True, console=notes)
    run(_create_user(email, secret, data))


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.", show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it may do, like `chat:write`; may be repeated. Left out: everything."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create an API key of the default workspace and print it; it is shown only now."""
    run(_create_key(name, scope or [], data, as_json))


async def _create_user(email: str, password: str, data: Path | None) -> None:
    from liteagent.app.wiring import open_platform

    async with open_platform(load_settings(data), work=False) as platform:
        await platform.accounts.create_user(email, password)
    out.print(f"{escape(email)} can sign in now.")


async def _create_key(name: str, scopes: list[str], data: Path | None, as_json: bool) -> None:
    from liteagent.app.wiring import open_platform

    async with open_platform(load_settings(data), work=False) as platform:
        key = await platform.accounts.create_key(name, scopes)
    if as_json:
        print_json(key.model_dump(mode="json"))
    else:
        notes.print("Keep this key; it is shown only now:")
        out.print(key.key, markup=False)
