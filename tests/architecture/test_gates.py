"""The gates of `make check` catch what they are there for: faults are planted in a copy of the tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Tree:
    """A copy of the source with the gates beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        generated = shutil.ignore_patterns("__pycache__")
        for name in ("src", "tools"):
            shutil.copytree(ROOT / name, folder / name, ignore=generated)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def append(self, path: str, line: str) -> None:
        """Add a line to a module, which is made when it is missing."""
        target = self.folder / "src" / "liteagent" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    def check(self, *gates: str) -> tuple[int, str]:
        """The exit code and the words of these gates, run as `make check` runs them."""
        done = subprocess.run(
            [sys.executable, "-m", "tools.check", *gates],
            cwd=self.folder,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.returncode, " ".join(done.stdout.split())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_an_untouched_copy_passes(tree: Tree) -> None:
    code, words = tree.check("imports", "sizes", "lint")
    assert code == 0, words


def test_an_engine_that_imports_a_client_fails(tree: Tree) -> None:
    tree.append("engine/rag/planted.py", "import sqlalchemy")
    code, words = tree.check("imports")
    assert code == 1
    assert "liteagent.engine.rag.planted -> sqlalchemy" in words


def test_a_slice_that_imports_upward_fails(tree: Tree) -> None:
    tree.append("features/accounts/planted.py", "import liteagent.features.chat.models")
    code, words = tree.check("imports")
    assert code == 1
    assert "liteagent.features.accounts.planted -> liteagent.features.chat.models" in words


def test_a_provider_that_knows_infra_fails(tree: Tree) -> None:
    tree.append("providers/llm/planted.py", "import liteagent.infra.system")
    code, words = tree.check("imports")
    assert code == 1
    assert "liteagent.providers.llm.planted -> liteagent.infra.system" in words


def test_a_room_without_a_place_fails(tree: Tree) -> None:
    tree.append("cellar/__init__.py", '"""A room nobody planned."""')
    code, words = tree.check("imports")
    assert code == 1
    assert "cellar" in words


@pytest.mark.parametrize(
    "path", ["engine/utils/__init__.py", "features/chat/helpers.py", "app/session_manager.py", "common.py"]
)
def test_a_nameless_file_fails(tree: Tree, path: str) -> None:
    tree.append(path, '"""Bits and pieces."""')
    code, words = tree.check("sizes")
    assert code == 1
    assert f"src/liteagent/{path}" in words


def test_a_long_file_fails(tree: Tree) -> None:
    tree.append("engine/agent/planted.py", "x = 1\n" * 601)
    code, words = tree.check("sizes")
    assert code == 1
    assert "src/liteagent/engine/agent/planted.py" in words


def test_a_long_function_fails(tree: Tree) -> None:
    tree.append("engine/agent/planted.py", "def endless() -> None:\n" + "    print()\n" * 61)
    code, words = tree.check("sizes")
    assert code == 1
    assert "endless()" in words


def test_a_tangled_function_fails(tree: Tree) -> None:
    branches = "".join(f"    if x == {n}:\n        return {n * n}\n" for n in range(20))
    tree.append("engine/agent/planted.py", f"def tangled(x: int) -> int:\n{branches}    return 0")
    code, words = tree.check("lint")
    assert code == 1
    assert "C901" in words


def test_a_link_that_leads_nowhere_fails(tree: Tree) -> None:
    text = "# One\n[two](#two) [file](missing.md) [one](#one)\n"
    (tree.folder / "README.md").write_text(text, encoding="utf-8")
    code, words = tree.check("docs")
    assert code == 1
    assert "`#two`" in words
    assert "`missing.md`" in words
    assert "`#one`" not in words


def test_a_block_that_is_not_python_fails(tree: Tree) -> None:
    (tree.folder / "README.md").write_text("# One\n\n```python\nif:\n```\n", encoding="utf-8")
    code, words = tree.check("docs")
    assert code == 1
    assert "README.md:4" in words


def test_a_package_host_fails(tree: Tree) -> None:
    (tree.folder / "notes.txt").write_text("from https://pypi" + ".org/simple\n", encoding="utf-8")
    code, words = tree.check("text")
    assert code == 1
    assert "notes.txt:1" in words


def test_a_dependency_that_is_not_locked_fails(tree: Tree) -> None:
    shutil.copytree(ROOT / "requirements", tree.folder / "requirements")
    code, words = tree.check("locks")
    assert code == 0, words
    project = tree.folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    project.write_text(text.replace('"alembic>=1.16"', '"alembic>=99", "left-pad"'), encoding="utf-8")
    code, words = tree.check("locks")
    assert code == 1
    assert "alembic" in words
    assert "left-pad is missing" in words


def test_no_import_is_ever_ignored() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "ignore_imports" not in project
    assert "unmatched_ignore_imports_alerting" not in project
