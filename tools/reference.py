"""The parts of docs/ that are made from the code: commands, settings, routes.

Run `python -m tools.reference` to write them anew; tests/docs fails while one is out of date. In a page such
a part stands between `<!-- made from the code: NAME -->` and `<!-- end of NAME -->`.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import typer.core
import typer.main

from liteagent.app.cli.main import app
from liteagent.app.settings import Settings
from tools.openapi import document

__all__ = ["main", "outdated", "renewed"]

_METHODS = ("get", "post", "put", "patch", "delete")
_UNLISTED = (
    ("WS", "/api/chat/ws", "Chat over one WebSocket."),
    ("GET", "/docs", "The reference of every route, with its fields, as a page."),
    ("GET", "/openapi.json", "The same as an OpenAPI document."),
)


def commands() -> str:
    """Every command with its arguments and options."""
    group = cast("typer.core.TyperGroup", typer.main.get_command(app))
    return "\n\n".join(_command(path, command) for path, command in _commands("liteagent", group))


def settings() -> str:
    """Every setting with its meaning and its default."""
    return "\n\n".join(_setting(name) for name in Settings.model_fields)


def routes() -> str:
    """Every route in one table."""
    rows = [*_routes(asyncio.run(document())), *_UNLISTED]
    lines = [f"| `{method} {path}` | {what} |" for method, path, what in rows]
    return "\n".join(["| route | what it does |", "|---|---|", *lines])


_PARTS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "commands": ("docs/cli.md", commands),
    "settings": ("docs/settings.md", settings),
    "routes": ("docs/http.md", routes),
}


def renewed(page: str, name: str, part: str) -> str:
    """`page` with its part `name` replaced.

    Raises:
        ValueError: The page has no such part.
    """
    start, end = f"<!-- made from the code: {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"there is no part {name!r} in the page")
    return pattern.sub(lambda _: f"{start}\n\n{part}\n\n{end}", page)


def outdated(root: Path) -> dict[Path, str]:
    """The pages that are not what the code says, each with its new text."""
    found: dict[Path, str] = {}
    for name, (page, make) in _PARTS.items():
        path = root / page
        text = path.read_text(encoding="utf-8")
        if (new := renewed(text, name, make())) != text:
            found[path] = new
    return found


def _commands(path: str, group: typer.core.TyperGroup) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from _commands(f"{path} {name}", command)
        else:
            yield f"{path} {name}", cast("typer.core.TyperCommand", command)


def _command(path: str, command: typer.core.TyperCommand) -> str:
    parameters = [cast("Any", each) for each in command.params]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    options = [each for each in parameters if each.param_type_name == "option"]
    usage = " ".join([path, *(each.metavar for each in arguments), *(["[OPTIONS]"] if options else [])])
    lines = [f"- `{each.metavar}`: {each.help}" for each in arguments]
    lines += [f"- {_spelt(each)}: {each.help}" for each in options]
    listed = "\n" + "\n".join(lines) + "\n" if lines else ""
    return f"### {path}\n\n```sh\n{usage}\n```\n\n{command.help}\n{listed}".rstrip()


def _spelt(option: Any) -> str:
    spelt = (
        f"`{option.opts[0]} {option.metavar}`".replace(" `", "`") if option.metavar else f"`{option.opts[0]}`"
    )
    return f"{spelt} (or `{option.envvar}` in the environment)" if option.envvar else spelt


def _setting(name: str) -> str:
    field = Settings.model_fields[name]
    kind = "" if field.default_factory else f" Default: {_shown(field.default)}."
    return f"### {name.upper()}\n\n{field.description}{kind}"


def _shown(value: object) -> str:
    if value is None or value == ():
        return "not set"
    return f"`{value}`"


def _routes(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    paths = cast("Mapping[str, Mapping[str, Mapping[str, Any]]]", document["paths"])
    for path, operations in paths.items():
        for method in (each for each in _METHODS if each in operations):
            description = str(operations[method].get("description", ""))
            yield method.upper(), path, " ".join(description.partition("\n\n")[0].split())


def main() -> int:
    """Write what is out of date in the current folder."""
    for path, text in outdated(Path()).items():
        path.write_text(text, encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
