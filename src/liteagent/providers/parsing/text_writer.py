"""Puts a document together out of paragraphs, headings, lists, tables and pages."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from liteagent.contracts.datasource import ParsedDocument, RawDocument, Section
from liteagent.contracts.documents import Scalar
from liteagent.providers.parsing.causes import too_large, unreadable
from liteagent.providers.parsing.headings import LONGEST_TITLE
from liteagent.providers.parsing.markdown_table import table_lines

__all__ = ["LONGEST_TEXT", "TextWriter"]

LONGEST_TEXT = 50 * 1024 * 1024
"""Code points that a document may have as text."""

_BATCH = 1000  # lines of a table that are one part
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


class TextWriter:
    """Knows where everything begins; raises before the text gets too long."""

    def __init__(self, raw: RawDocument) -> None:
        self._raw = raw
        self._parts: list[str] = []
        self._length = 0
        self._gap = 0
        self._sections: list[Section] = []
        self._pages: list[int] = []
        self._waiting_pages = 0

    def paragraph(self, text: str) -> None:
        """A block of text with an empty line before and after it; nothing for blank text."""
        self._write(text.strip(), 2, 2)

    def verbatim(self, text: str) -> None:
        """A block whose indentation is kept: code."""
        self._write(text.strip("\r\n").rstrip(), 2, 2)

    def line(self, text: str) -> None:
        """A line under the one before it: a row, an item of a list."""
        self._write(text.rstrip(), 1, 1)

    def gap(self) -> None:
        """An empty line before what comes next."""
        self._gap = max(self._gap, 2)

    def heading(self, title: str, level: int) -> None:
        """A heading, which begins a section."""
        title = " ".join(_NOT_TEXT.sub("", title).split())
        if title:
            self._write(title, 2, 2)
            self._sections.append(Section(title[:LONGEST_TITLE], level, self._length - len(title)))

    def table(self, rows: Iterable[Sequence[str]], columns: int) -> None:
        """A Markdown table; the first row is its header."""
        self.gap()
        lines = table_lines(rows, columns)
        while batch := list(islice(lines, _BATCH)):
            self.line("\n".join(batch))
        self.gap()

    def page(self) -> None:
        """A page begins."""
        self._waiting_pages += 1
        self.gap()

    def include(self, text: str, sections: Iterable[Section], deeper: int = 0) -> None:
        """Another document's text, its headings `deeper` levels down."""
        text = text.rstrip()
        if not text:
            return
        self._write(text, 2, 2, clean=False)
        start = self._length - len(text)
        self._sections.extend(
            Section(each.title, each.level + deeper, each.start + start)
            for each in sections
            if each.start < len(text)
        )

    def document(
        self, media_type: str, title: str | None = None, metadata: Mapping[str, Scalar] | None = None
    ) -> ParsedDocument:
        """What was written; the first heading is the title where there is no other.

        Raises:
            DocumentUnreadableError: Nothing was.
        """
        if not self._length:
            raise unreadable(
                self._raw,
                "empty",
                "the document holds no text; pictures and scans cannot be read. Add text, or take it out of "
                "the source.",
            )
        self._pages.extend([self._length] * self._waiting_pages)
        self._waiting_pages = 0
        title = " ".join(title.split()) if title else ""
        if not title and self._sections:
            title = self._sections[0].title
        return ParsedDocument(
            "".join(self._parts),
            media_type,
            title[:LONGEST_TITLE] or None,
            tuple(self._sections),
            tuple(self._pages),
            metadata or {},
        )

    def _write(self, text: str, before: int, after: int, *, clean: bool = True) -> None:
        if clean:
            text = _NOT_TEXT.sub("", text)
        if not text or text.isspace():
            return
        gap = "\n" * max(self._gap, before) if self._length else ""
        self._length += len(gap) + len(text)
        if self._length > LONGEST_TEXT:
            raise too_large(self._raw, "characters of text", LONGEST_TEXT)
        if self._waiting_pages:
            # The first page begins where the text does.
            self._pages.extend([self._length - len(text)] * self._waiting_pages)
            self._waiting_pages = 0
        self._parts += (gap, text)
        self._gap = after
