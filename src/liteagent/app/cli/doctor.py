"""`liteagent doctor` and `version`."""

import asyncio
import platform as machine
import sqlite3
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path

import typer

from liteagent.app.cli.console import DataOption, JsonOption, out, print_json
from liteagent.app.settings import Settings, load_settings

__all__ = ["doctor", "version"]

Finding = tuple[str, bool, str]
"""What was looked at, whether it is well, and what it is or how to mend it."""


def version() -> None:
    """Print the version."""
    out.print(f"LiteAgent {installed_version('liteagent')} (Python {machine.python_version()})")


def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Look over the installation and say how to mend what is not well."""
    findings = list(_examine(load_settings(data)))
    if as_json:
        print_json([{"check": name, "ok": ok, "detail": detail} for name, ok, detail in findings])
    else:
        for name, ok, detail in findings:
            out.print(f"{'[green]ok  [/green]' if ok else '[red]FAIL[/red]'} {name}: {detail}")
    if not all(ok for _, ok, _ in findings):
        raise typer.Exit(1)


def _examine(settings: Settings) -> Iterator[Finding]:
    yield "python", sys.version_info >= (3, 11), machine.python_version()
    yield _try("data folder", lambda: _folder(settings.liteagent_data))
    yield _try("key file", lambda: _key(settings))
    yield _try("database", lambda: _database(settings.database_path))
    yield _try("work", lambda: asyncio.run(_open(settings)))
    has_openai = find_spec("openai") is not None
    yield (
        "providers",
        True,
        "builtin, openai_compatible"
        if has_openai
        else "builtin; pip install 'liteagent[openai]' adds openai_compatible",
    )


def _try(name: str, look: Callable[[], str]) -> Finding:
    try:
        return name, True, look()
    except Exception as error:  # noqa: BLE001  whatever is wrong is the finding
        return name, False, str(error) or type(error).__name__


def _folder(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    probe = folder / ".doctor"
    probe.write_bytes(b"")
    probe.unlink()
    return f"{folder} is writable"


def _key(settings: Settings) -> str:
    from liteagent.infra.security.keyfile import KEY_FILE, load_keys

    if settings.secret_key is not None:
        return "SECRET_KEY is set"
    path = settings.liteagent_data / KEY_FILE
    if not path.exists():
        return "will be made at the first start"
    load_keys(settings.liteagent_data)
    return f"{path} is there and private"


def _database(path: Path) -> str:
    if not path.exists():
        return "will be made at the first start"
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    finally:
        connection.close()
    if verdict != "ok":
        raise RuntimeError(f"{path} is damaged: {verdict}. Restore a backup.")
    return f"{path} is whole, {path.stat().st_size / 1e6:.1f} MB"


async def _open(settings: Settings) -> str:
    from liteagent.app.wiring import open_platform

    async with open_platform(settings, work=False) as platform:
        runs = await platform.journal.runnable()
        providers = await platform.providers.list(platform.operator)
        return f"opens; {len(runs)} runs under way, {len(providers.items)} providers configured"
