"""Every Python block of README.md and docs/ runs as a reader would paste it."""

import asyncio
import inspect
from pathlib import Path
from types import FunctionType

import pytest

from tools.documents import Block, documented_blocks

ROOT = Path(__file__).parents[2]


def _name(block: Block) -> str:
    return f"{block.path.relative_to(ROOT)}:{block.line}"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader's empty folder, with nothing configured."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LITEAGENT_DATA", str(tmp_path / "data"))
    for name in ("OPENAI_API_KEY", "DATABASE_URL", "SECRET_KEY", "JWT_SECRET", "LITEAGENT_ENV"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("block", documented_blocks(ROOT), ids=_name)
def test_a_python_block_runs(block: Block) -> None:
    code = block.compiled()
    if not block.runs:
        return
    # A function with the block's own code, so that one with a top-level `await` gives a coroutine.
    result = FunctionType(code, {"__name__": "__main__"})()
    if inspect.iscoroutine(result):
        asyncio.run(result)


def test_there_are_blocks_to_run() -> None:
    assert any(block.runs for block in documented_blocks(ROOT))
