"""Modules say what they offer: `__all__` is sorted and complete, and every name in it is there."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import liteagent

SOURCE = Path(__file__).parents[2] / "src" / "liteagent"


def _modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if path.read_text(encoding="utf-8").strip())


def _named(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _place(name: str) -> tuple[int, list[tuple[int, str]]]:
    """Constants, then classes, then the rest, numbers by value: the order of ruff's RUF022."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, [(int(number or 0), text) for number, text in re.findall(r"(\d+)|(\D+)", name)]


def _is_registered(node: ast.stmt) -> bool:
    """Whether a decorator such as `@router.get("/")` takes the function in; nobody imports it by its name."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) for each in node.decorator_list
    )


def _is_type_variable(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(value=ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec"))):
            return True
        case _:
            return False


def _public(tree: ast.Module) -> set[str]:
    nodes = [node for node in tree.body if not (_is_registered(node) or _is_type_variable(node))]
    names = {name for node in nodes for name in _targets(node)}
    return {name for name in names if not name.startswith("_") and name != "TYPE_CHECKING"}


def _targets(node: ast.stmt) -> list[str]:
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return [node.name]
        case ast.Assign():
            return [each.id for each in node.targets if isinstance(each, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if "__all__" in _targets(node) and isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            return list(ast.literal_eval(node.value))
    return None


@pytest.mark.parametrize("path", _modules(), ids=_named)
def test_all_is_sorted_and_complete(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = _public(tree)
    exported = _exported(tree)
    if exported is None:
        assert not defined, "this module has public names and no __all__"
        return
    assert exported == sorted(exported, key=_place)
    assert len(exported) == len(set(exported))
    hidden = sorted(defined.difference(exported))
    assert not hidden, "make these names private or export them"


def test_the_public_face_is_sorted_and_importable() -> None:
    assert list(liteagent.__all__) == sorted(liteagent.__all__, key=_place)
    for name in liteagent.__all__:
        assert getattr(liteagent, name) is not None


def test_the_public_face_hides_nothing_behind_a_typo() -> None:
    with pytest.raises(AttributeError, match="Agnet"):
        getattr(importlib.import_module("liteagent"), "Agnet")  # noqa: B009
