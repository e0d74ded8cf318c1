"""What the gates know of the source: which files are ours, and how long their functions are."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["Function", "SourceFile", "files", "python_files"]

_FOREIGN = {"__pycache__", "node_modules", "dist", "build", "htmlcov"}
_HIDDEN_BUT_OURS = {".ci", ".github"}


def _is_ours(folder: str) -> bool:
    return folder in _HIDDEN_BUT_OURS or not (folder in _FOREIGN or folder.startswith("."))


def files(root: Path, suffix: str = "") -> Iterator[Path]:
    """Every file of the repository whose name ends in `suffix`, in a stable order; nothing generated."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(each for each in folders if _is_ours(each))
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(suffix))


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its name, the line it starts on, its body's lines without the docstring."""

    name: str
    line: int
    body: int
    annotated: bool


@dataclass(frozen=True)
class SourceFile:
    """One Python file."""

    path: Path

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text(encoding="utf-8")

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Its functions and methods, nested ones too."""
        tree = ast.parse(self.text, str(self.path))
        return tuple(
            _function(node)
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        )


def python_files(root: Path, *folders: str) -> list[SourceFile]:
    """The Python files below these folders of the repository; below all of it when none is named."""
    tops = [root / folder for folder in folders] or [root]
    return [SourceFile(path) for top in tops for path in files(top, ".py")]


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    body = node.body
    last = body[-1].end_lineno or body[-1].lineno
    if ast.get_docstring(node, clean=False) is not None:
        first = body[1].lineno if len(body) > 1 else last + 1
    else:
        first = body[0].lineno
    return Function(node.name, node.lineno, last - first + 1, _is_annotated(node))


def _is_annotated(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    named = [each for each in arguments if each.arg not in ("self", "cls")]
    extra = [each for each in (node.args.vararg, node.args.kwarg) if each is not None]
    return node.returns is not None and all(each.annotation for each in [*named, *extra])
