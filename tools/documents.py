"""Markdown as the gates and the tests read it: links, headings, and Python blocks."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from tools.source import files

__all__ = ["Block", "anchors", "documented_blocks", "links", "python_blocks"]

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>\w*)")
_NO_RUN = re.compile(r"<!--\s*no-run:\s*\S.*-->")
_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*#*$")
_EXPLICIT_ANCHOR = re.compile(r"""<a\s+(?:id|name)=["'](?P<anchor>[^"']+)["']""")
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)[^)]*\)")
_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*`]")
_NOT_IN_A_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it starts, its language, its text, and whether it may be run."""

    path: Path
    line: int
    language: str
    text: str
    runs: bool

    def compiled(self) -> CodeType:
        """The block as code in which `await` is allowed at the top.

        Raises:
            SyntaxError: It is not Python.
        """
        # The blank lines make a traceback point at the line in the document.
        text = "\n" * self.line + self.text
        return compile(text, str(self.path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def _split(path: Path) -> tuple[list[tuple[int, str]], list[Block]]:
    """The document's prose lines and its fenced blocks."""
    prose: list[tuple[int, str]] = []
    blocks: list[Block] = []
    opened: tuple[int, re.Match[str]] | None = None
    inside: list[str] = []
    said = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened, inside = (number, fence), []
        elif opened is None:
            prose.append((number, line))
            said = line if line.strip() else said
        elif fence and line.strip() == opened[1]["fence"]:
            start, first = opened
            text = "\n".join(each.removeprefix(first["indent"]) for each in inside) + "\n"
            blocks.append(Block(path, start, first["language"], text, _NO_RUN.search(said) is None))
            opened, said = None, ""
        else:
            inside.append(line)
    return prose, blocks


def python_blocks(path: Path) -> list[Block]:
    """The blocks marked as Python; one behind `<!-- no-run: reason -->` is not to be run."""
    return [block for block in _split(path)[1] if block.language in ("python", "py")]


def documented_blocks(root: Path) -> list[Block]:
    """The Python blocks of the pages that promise to run: README.md and docs/."""
    pages = [root / "README.md", *files(root / "docs", ".md")]
    return [block for page in pages if page.exists() for block in python_blocks(page)]


def _slug(title: str) -> str:
    plain = _MARKUP.sub(lambda match: match[1] or "", title).lower()
    return _NOT_IN_A_SLUG.sub("", plain).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    """What a link's `#fragment` may name: headings as GitHub slugs them, and explicit anchors."""
    found: set[str] = set()
    for _, line in _split(path)[0]:
        found.update(match["anchor"] for match in _EXPLICIT_ANCHOR.finditer(line))
        heading = _HEADING.match(line)
        if heading:
            slug = _slug(heading["title"])
            taken = sum(
                each == slug or re.fullmatch(re.escape(slug) + r"-\d+", each) is not None for each in found
            )
            found.add(f"{slug}-{taken}" if slug in found else slug)
    return found


def links(path: Path) -> Iterator[tuple[int, str]]:
    """The targets of the document's links, each with its line."""
    for number, line in _split(path)[0]:
        for match in _LINK.finditer(_CODE.sub("", line)):
            yield number, match["target"].strip("<>")
