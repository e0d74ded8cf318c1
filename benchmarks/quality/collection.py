"""Questions with a known answer, made from documentation that Debian ships: nothing of it is kept here."""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["Collection", "Query", "Text", "build"]

_LEFT_OUT = {"changelog.html", "genindex.html", "search.html", "py-modindex.html", "contents.html"}
_NOISE = "nav, script, style, table.docutils.footnote, div.toctree-wrapper, div.sphinxsidebar, a.headerlink"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SHORTEST = 80
_TITLES = 300
_SEED = 7

_Node: TypeAlias = LexborNode


@dataclass(frozen=True)
class Text:
    """A section without its heading; what is to be found."""

    id: str
    title: str
    body: str


@dataclass(frozen=True)
class Query:
    """A question, and the one section that answers it. `tuning` parts the halves that must not be mixed."""

    text: str
    relevant: str

    @property
    def tuning(self) -> bool:
        """Whether it belongs to the half that settings are chosen on."""
        return hashlib.sha256(self.text.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class Collection:
    """Sections, and two sets of queries: questions as people ask them, and titles of sections."""

    texts: tuple[Text, ...]
    questions: tuple[Query, ...]
    titles: tuple[Query, ...]


def build(folder: Path) -> Collection:
    """The collection of Sphinx's HTML pages in `folder`."""
    texts = [text for page in _pages(folder) for text in _sections(folder, page)]
    times = Counter(text.title for text in texts)
    questions = [
        Query(text.title, text.id) for text in texts if _is_question(text) and times[text.title] == 1
    ]
    named = [text for text in texts if _is_title(text) and times[text.title] == 1]
    chosen = random.Random(_SEED).sample(named, min(_TITLES, len(named)))
    return Collection(tuple(texts), tuple(questions), tuple(Query(text.title, text.id) for text in chosen))


def _pages(folder: Path) -> Sequence[Path]:
    return sorted(page for page in folder.rglob("*.html") if page.name not in _LEFT_OUT and page.is_file())


def _sections(folder: Path, page: Path) -> Iterator[Text]:
    tree = LexborHTMLParser(page.read_text(encoding="utf-8"))
    for noise in tree.css(_NOISE):
        noise.decompose()
    for number, node in enumerate(tree.css("section")):
        title = _title(node)
        body = re.sub(r"\n\s*\n+", "\n\n", "".join(_own(node))).strip()
        if title and len(body) >= _SHORTEST:
            yield Text(f"{page.relative_to(folder)}#{number}", title, body)


def _title(node: _Node) -> str:
    heading = next((child for child in node.iter() if child.tag in _HEADINGS), None)
    text = "" if heading is None else " ".join(heading.text().split())
    return re.sub(r"^[\d.]+\s+", "", text)


def _own(node: _Node) -> Iterator[str]:
    """The texts of a section's blocks, without its heading and the sections in it."""
    for child in node.iter():
        if child.tag not in ("section", *_HEADINGS):
            yield child.text().strip() + "\n\n"


def _is_question(text: Text) -> bool:
    return text.id.startswith("faq/") and text.title.endswith("?")


def _is_title(text: Text) -> bool:
    return not text.id.startswith("faq/") and 3 <= len(text.title.split()) <= 9
