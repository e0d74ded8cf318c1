"""The public face: complete, sorted, and cheap to import."""

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import liteagent


def _typed_imports() -> set[str]:
    """What type checkers see."""
    tree = ast.parse(Path(liteagent.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    declared = {
        node.target.id
        for node in block.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    return imported | declared


@pytest.mark.parametrize("name", liteagent.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(liteagent, name) is not None


def test_all_is_sorted_and_what_type_checkers_see() -> None:
    assert list(liteagent.__all__) == sorted(liteagent.__all__)
    assert set(liteagent.__all__) == _typed_imports()
    assert dir(liteagent) == liteagent.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(liteagent, "nothing")  # noqa: B009  type checkers refuse the plain form


def test_the_version_is_the_package_s() -> None:
    assert liteagent.__version__ == version("liteagent")


def test_the_agent_has_two_names() -> None:
    assert liteagent.Agent is liteagent.TwelveFactorAgent


def test_importing_it_loads_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import liteagent; print(sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path = {sys.path!r}; {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['liteagent']"


def test_importing_the_engine_of_workflows_loads_nothing_that_only_some_runs_need() -> None:
    heavy = {"importlib.metadata", "pydantic", "sqlalchemy", "yaml"}
    code = f"import sys; from liteagent import WorkflowEngine; print(sorted({heavy!r} & set(sys.modules)))"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
