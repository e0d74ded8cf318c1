"""Writes the tree of a page as text: one walk without recursion, so that no nesting is too deep."""

import re
from dataclasses import dataclass
from types import MappingProxyType

from selectolax.lexbor import LexborNode

from liteagent.contracts.datasource import Section
from liteagent.providers.parsing.headings import LONGEST_TITLE
from liteagent.providers.parsing.markdown_table import rule

__all__ = ["PageText"]

_BLANKS = re.compile(r"[ \t\n\r\f]+")
_HEADINGS = MappingProxyType({f"h{level}": level for level in range(1, 7)})
_NOT_TEXT = """
audio button canvas datalist dialog embed frame frameset head iframe input math noembed noframes noscript
object script select style svg template textarea title video
"""
_SKIPPED = frozenset(_NOT_TEXT.split())
_CHROME = frozenset(("aside", "footer", "header", "nav"))

_PARAGRAPHS = """
article aside blockquote dl fieldset figure h1 h2 h3 h4 h5 h6 hr main menu ol p pre section table ul
"""
_LINES = """
address body caption dd details div dt figcaption footer form header hgroup legend li listing nav optgroup
plaintext search summary tbody tfoot thead tr xmp
"""
_GAPS = MappingProxyType({**dict.fromkeys(_PARAGRAPHS.split(), 2), **dict.fromkeys(_LINES.split(), 1)})
"""Line ends around an element."""

_LISTS = frozenset(("menu", "ol", "ul"))
_CELLS = frozenset(("td", "th"))
_VERBATIM = frozenset(("listing", "plaintext", "pre", "xmp"))
_SPECIAL = _LISTS | _CELLS | _VERBATIM | frozenset(_HEADINGS) | {"br", "li", "table", "tr"}

# A table that holds any of these arranges a page; its cells are blocks, not columns.
_LAYOUT = "table, h1, h2, h3, h4, pre, ul, ol, dl"

_SECOND_CELL = "td + td, td + th, th + td, th + th"
_WIDEST_SPAN = 100


@dataclass(frozen=True, slots=True)
class PageText:
    """What a reader sees, and where its headings are."""

    text: str
    sections: tuple[Section, ...]

    @classmethod
    def of(cls, root: LexborNode, unseen: frozenset[int], *, inside_main: bool) -> "PageText":
        """The text below `root`; headers, footers and asides count only `inside_main`, navigation never.

        `unseen` holds the `mem_id` of nodes that are left out with all that is in them.
        """
        writer = _Writer(_SKIPPED | ({"nav"} if inside_main else _CHROME), unseen)
        writer.walk(root)
        return cls(writer.text(), tuple(sorted(writer.sections, key=lambda section: section.start)))


def _arranges_a_page(table: LexborNode) -> bool:
    # A selector matches the node that it is asked of as well, so the table's children are asked.
    if any(child.css_first(_LAYOUT) is not None for child in table.iter()):
        return True
    return all(child.css_first(_SECOND_CELL) is None for child in table.iter())


@dataclass(slots=True)
class _Table:
    """A table that is being written: its rows stand under a header."""

    arranges_a_page: bool
    header: int = 0
    columns: int = 0


def _first_number(node: LexborNode) -> int:
    start = node.attributes.get("start") or ""
    return int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1


def _spanned(node: LexborNode) -> int:
    """The further columns that a cell reaches over."""
    span = node.attrs.get("colspan") or ""
    return min(int(span), _WIDEST_SPAN) - 1 if span.isascii() and span.isdigit() and 0 < len(span) < 6 else 0


class _Writer:
    """Holds what is written, and what has to be written before the next visible character."""

    def __init__(self, skipped: frozenset[str], unseen: frozenset[int]) -> None:
        self.sections: list[Section] = []
        self._skipped = skipped
        self._unseen = unseen
        self._parts: list[str] = []
        self._length = 0
        self._gap = 0
        self._blank = False
        self._prefix = ""
        self._lists: list[int | None] = []
        self._verbatim = 0
        self._tables: list[_Table] = []
        self._cells = 0
        self._span = 0
        self._headings: list[tuple[int, int, int]] = []

    def text(self) -> str:
        return "".join(self._parts).rstrip()

    def walk(self, root: LexborNode) -> None:
        stack: list[str] = []
        node = root.first_child
        while node is not None:
            tag = node.tag or ""
            if tag == "-text":
                self._write(node.text_content or "")
            elif tag not in self._skipped and not (self._unseen and node.mem_id in self._unseen):
                child = node.first_child
                self._enter(node, tag)
                if child is not None:
                    stack.append(tag)
                    node = child
                    continue
                self._leave(tag)
            node = self._onward(node, stack)

    def _onward(self, node: LexborNode | None, stack: list[str]) -> LexborNode | None:
        """The node after this one and its descendants, leaving every element that ends in between."""
        while node is not None:
            following = node.next
            if following is not None or not stack:
                return following
            self._leave(stack.pop())
            node = node.parent
        return None

    def _enter(self, node: LexborNode, tag: str) -> None:
        if gap := _GAPS.get(tag):
            self._break(1 if tag in _LISTS and self._lists else gap)
        if tag in _SPECIAL:
            self._enter_special(node, tag)

    def _enter_special(self, node: LexborNode, tag: str) -> None:
        if tag in _HEADINGS:
            self._flush()
            self._headings.append((_HEADINGS[tag], len(self._parts), self._length))
        elif tag in _LISTS:
            self._lists.append(_first_number(node) if tag == "ol" else None)
        elif tag in _VERBATIM:
            self._verbatim += 1
        elif tag in _CELLS:
            self._enter_cell(node)
        elif tag == "table":
            self._tables.append(_Table(_arranges_a_page(node)))
        else:
            self._enter_line(tag)

    def _enter_line(self, tag: str) -> None:
        if tag == "br":
            self._break(min(2, self._gap + 1))
        elif tag == "tr":
            if self._tables and not self._tables[-1].arranges_a_page:
                self._tables[-1].columns = 0
        else:
            self._prefix = "  " * max(0, len(self._lists) - 1) + self._mark()

    def _mark(self) -> str:
        if not self._lists or (number := self._lists[-1]) is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "

    def _enter_cell(self, node: LexborNode) -> None:
        if self._layout():
            self._break(1)
            return
        if not self._cells:
            table = self._tables[-1]
            self._put("|", " " if table.columns else "")
            self._blank = True
            self._span = _spanned(node)
            table.columns += 1 + self._span
        self._cells += 1

    def _leave(self, tag: str) -> None:
        if tag in _SPECIAL:
            self._leave_special(tag)
        if gap := _GAPS.get(tag):
            self._break(1 if tag in _LISTS and self._lists else gap)

    def _leave_special(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._leave_heading()
        elif tag in _LISTS:
            self._lists.pop()
        elif tag in _VERBATIM:
            self._verbatim -= 1
            self._trim()
        elif tag in _CELLS:
            self._leave_cell()
        elif tag == "table":
            self._tables.pop()
        elif tag == "tr":
            self._leave_row()
        elif tag == "li":
            self._prefix = ""

    def _leave_cell(self) -> None:
        if self._layout():
            self._break(1)
            return
        self._cells -= 1
        if not self._cells:
            if self._span:
                self._put(" |" * self._span, "")
                self._span = 0
            self._blank = True

    def _leave_row(self) -> None:
        if self._layout() or self._cells or not self._tables[-1].columns:
            return
        table = self._tables[-1]
        self._put("|", " ")
        self._blank = False
        if not table.header:
            table.header = table.columns
            self._put("\n" + rule(table.columns), "")

    def _leave_heading(self) -> None:
        level, part, start = self._headings.pop()
        written = "".join(self._parts[part:])
        if title := " ".join(written.split()):
            self.sections.append(
                Section(title[:LONGEST_TITLE], level, start + len(written) - len(written.lstrip()))
            )

    def _layout(self) -> bool:
        return not self._tables or self._tables[-1].arranges_a_page

    def _break(self, lines: int) -> None:
        """Ask for line ends before the next text; inside a table's cell a blank has to do."""
        if self._cells:
            self._blank = True
        else:
            self._gap = max(self._gap, lines)

    def _write(self, text: str) -> None:
        if self._verbatim and not self._cells:
            if self._gap:
                self._flush()
            self._append(text)
            return
        if "\n" in text or "  " in text or "\t" in text or "\r" in text:
            text = _BLANKS.sub(" ", text)
        core = text.strip(" ")
        if self._cells and "|" in core:
            core = core.replace("|", "\\|")
        if core:
            self._put(core, " " if self._blank or text[0] == " " else "")
            self._blank = text[-1] == " "
        elif text:
            self._blank = True

    def _put(self, text: str, space: str) -> None:
        if self._gap or self._prefix or not self._parts:
            self._flush()
            self._append(text)
        else:
            self._append(space + text)

    def _flush(self) -> None:
        """Write what stands before the next text: line ends, then a list item's mark."""
        if self._gap and self._parts:
            self._append("\n" * self._gap)
        if self._prefix:
            self._append(self._prefix)
        self._gap, self._prefix, self._blank = 0, "", False

    def _trim(self) -> None:
        """Take back the line ends at the end of verbatim text."""
        kept = ""
        while self._parts and not kept:
            part = self._parts.pop()
            kept = part.rstrip("\n")
            self._length -= len(part)
        if kept:
            self._append(kept)

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
