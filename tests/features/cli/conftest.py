"""The command line as a user has it: through its entry point, in this process or in one of its own."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from liteagent.app.cli.main import main


@dataclass(frozen=True, slots=True)
class Result:
    """What a command printed and ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output, which must be JSON and nothing else."""
        return json.loads(self.out)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder that is not there yet."""
    return tmp_path / "data"


@pytest.fixture
def handbook(tmp_path: Path) -> Path:
    """A folder with two readable documents and a binary one."""
    folder = tmp_path / "handbook"
    (folder / "more").mkdir(parents=True)
    filler = "Nobody should do this on a Friday afternoon, as everybody has gone home by then. " * 3
    (folder / "releases.md").write_text(
        f"# Releases\n\nTo roll back a release, run `deploy rollback VERSION`. {filler}\n", encoding="utf-8"
    )
    (folder / "more" / "support.txt").write_text("Support hours are from 9 to 17 on weekdays.\n")
    (folder / "broken.txt").write_bytes(b"\x00\x01\x02 not a text")
    return folder


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing configured, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITEAGENT_DATA", str(tmp_path / "unnamed"))
    for name in ("COLUMNS", "LITEAGENT_PASSWORD", "SECRET_KEY", "JWT_SECRET", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def cli(
    environment: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Result]:
    """Runs a command: `cli("ask", "…", typed="what stands on stdin")`."""

    def run(*arguments: object, typed: str = "") -> Result:
        monkeypatch.setattr(sys, "argv", ["liteagent", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return Result(int(str(code or 0)), said.out, said.err)

    return run


@pytest.fixture
def program(environment: None) -> list[str]:
    """How a process of its own is started."""
    return [sys.executable, "-m", "liteagent.app.cli.main"]
