"""`liteagent doctor` and `version`."""

import asyncio
import platform as machine
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from liteagent.app.cli.console import DataOption, JsonOption, print_json, say
from liteagent.contracts.runs import RunStatus

if TYPE_CHECKING:
    from liteagent.app.settings import Settings

__all__ = ["doctor", "version"]

_UNDER_WAY = (RunStatus.PENDING, RunStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class _Finding:
    """What was looked at, whether it is well, and what it is or how to mend it."""

    check: str
    ok: bool
    detail: str


def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed_version

    say(f"LiteAgent {installed_version('liteagent')} (Python {machine.python_version()})")


def doctor(data: DataOption = None, as_json: JsonOption = False) -> None:
    """Look over the installation and say how to mend what is not well."""
    from liteagent.app.settings import load_settings

    findings = list(_examine(load_settings(data)))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = "[green]ok  [/green]" if finding.ok else "[red]FAIL[/red]"
            say(f"{mark} {finding.check}: {escape(finding.detail)}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def _examine(settings: "Settings") -> Iterator[_Finding]:
    yield _Finding("python", sys.version_info >= (3, 11), machine.python_version())
    parts = [
        _try("data folder", lambda: _folder(settings.liteagent_data)),
        _try("key file", lambda: _key(settings)),
        _try("database", lambda: _database(settings.database_path)),
    ]
    yield from parts
    if all(part.ok for part in parts):
        yield _try("work", lambda: asyncio.run(_open(settings)))
    yield _Finding("providers", ok=True, detail=_providers())


def _try(check: str, look: Callable[[], str]) -> _Finding:
    try:
        return _Finding(check, ok=True, detail=look())
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _Finding(check, ok=False, detail=f"{where}{error.strerror or error}")
    except Exception as error:  # noqa: BLE001  whatever is wrong is the finding
        return _Finding(check, ok=False, detail=str(error) or type(error).__name__)


def _folder(folder: Path) -> str:
    if not folder.exists():
        ancestor = next(each for each in folder.parents if each.exists())
        _probe(ancestor)
        return f"{folder} will be made at the first start"
    _probe(folder)
    return f"{folder} is writable"


def _probe(folder: Path) -> None:
    probe = folder / ".liteagent-doctor"
    probe.write_bytes(b"")
    probe.unlink()


def _key(settings: "Settings") -> str:
    from liteagent.infra.security.keyfile import KEY_FILE, load_keys

    if settings.secret_key is not None:
        return "SECRET_KEY is set"
    path = settings.liteagent_data / KEY_FILE
    if not path.exists():
        return "will be made at the first start"
    load_keys(settings.liteagent_data)
    return f"{path} is there and private"


def _database(path: Path) -> str:
    import sqlite3

    if not path.exists():
        return "will be made at the first start"
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    finally:
        connection.close()
    if verdict != "ok":
        first = str(verdict).splitlines()[-1]
        raise RuntimeError(f"{path} is damaged ({first}). Stop the server and restore a backup.")
    return f"{path} is whole, {path.stat().st_size / 1e6:.1f} MB"


async def _open(settings: "Settings") -> str:
    from liteagent.app.wiring import open_platform

    if not settings.database_path.exists():
        return "nothing to look at before the first start"
    async with open_platform(settings, work=False) as platform:
        waiting = [await platform.runs.list(platform.operator, status=each, limit=200) for each in _UNDER_WAY]
        runs = sum(len(page.items) for page in waiting)
        providers = await platform.providers.list(platform.operator)
        return f"opens; {runs} runs under way, {len(providers.items)} providers configured"


def _providers() -> str:
    from importlib.util import find_spec

    if find_spec("openai") is not None:
        return "builtin, openai_compatible"
    return "builtin; pip install 'liteagent[openai]' adds openai_compatible"
