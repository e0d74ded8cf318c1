"""What docs/ lists is what there is: commands, settings, routes, error codes."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import liteagent
from liteagent.app.settings import Settings
from liteagent.contracts.errors import LiteAgentError
from tools.reference import outdated, renewed
from tools.source import python_files

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OF_THE_WEB_SERVER = {"method_not_allowed": 405, "unsupported_media_type": 415, "http_error": None}
PAGES = [
    "agents",
    "chunking",
    "cli",
    "embedding",
    "errors",
    "expressions",
    "extending",
    "fetch",
    "flows",
    "formats",
    "getting-started",
    "http",
    "knowledge",
    "mcp",
    "models",
    "openai-api",
    "providers",
    "retrieval",
    "runs",
    "sandbox",
    "settings",
    "sources",
    "tools",
    "triggers",
    "troubleshooting",
    "vector-stores",
    "workflows",
]


def test_commands_settings_and_routes_are_up_to_date() -> None:
    stale = [path.relative_to(ROOT).as_posix() for path in outdated(ROOT)]
    assert not stale, "run: python -m tools.reference"


def test_a_missing_part_is_noticed() -> None:
    with pytest.raises(ValueError, match="no part 'routes'"):
        renewed("# A page", "routes", "| route |")


def test_every_setting_has_its_heading() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    headings = re.findall(r"^### (\w+)$", page, re.MULTILINE)
    assert headings == [name.upper() for name in Settings.model_fields]
    assert all(field.description for field in Settings.model_fields.values())


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page for page in PAGES if f"docs/{page}.md" not in readme] == []
    assert [page for page in PAGES if not (DOCS / f"{page}.md").is_file()] == []


@cache
def _classes() -> dict[str, type[LiteAgentError]]:
    """Every error of the product by its name, wherever it is defined."""
    for module in pkgutil.walk_packages(liteagent.__path__, "liteagent."):
        importlib.import_module(module.name)
    return {each.__name__: each for each in _tree(LiteAgentError) if each.__module__.startswith("liteagent.")}


def _tree(root: type[LiteAgentError]) -> Iterator[type[LiteAgentError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def _raised() -> Iterator[tuple[str, int]]:
    """Codes that are given where an error is made, with the status of its class."""
    classes = _classes()
    for file in python_files(ROOT, "src/liteagent"):
        for node in ast.walk(ast.parse(file.text)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            for keyword in node.keywords:
                code = keyword.value
                if keyword.arg == "code" and isinstance(code, ast.Constant) and isinstance(code.value, str):
                    assert node.func.id in classes, f"{file.path}:{node.lineno}: {node.func.id}"
                    yield code.value, classes[node.func.id].status


def _listed() -> dict[str, int | None]:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    lines = re.findall(r"^- `(\w+)`(?: \((\d{3})\))?: \S.*\.$", page, re.MULTILINE)
    codes = [code for code, _ in lines]
    assert len(codes) == len(set(codes)), "a code is listed twice"
    return {code: int(status) if status else None for code, status in lines}


def test_every_code_is_listed_with_its_status() -> None:
    known: dict[str, int | None] = {each.code: each.status for each in _classes().values()}
    known |= dict(_raised())
    assert _listed() == known | OF_THE_WEB_SERVER
