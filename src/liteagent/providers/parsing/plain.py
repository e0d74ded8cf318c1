"""Text that is read as it stands: plain text, Markdown, reStructuredText and source code."""

import re

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument, Section
from liteagent.providers.parsing.decoding import decode
from liteagent.providers.parsing.headings import markdown_sections, restructured_sections
from liteagent.providers.parsing.kinds import suffix_of
from liteagent.providers.parsing.media_types import PLAIN

__all__ = ["PlainParser", "create"]

_PROLOG = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""")
_CODING = re.compile(rb"[^\n]{0,200}?coding[:=][ \t]*([-\w.]{2,40})")
_DECLARED = frozenset(("text/markdown", "text/x-rst"))


class PlainParser:
    r"""Decodes and finds headings; the text keeps every character, line endings included.

    Example:
        >>> document = PlainParser().parse(RawDocument("notes.md", b"# Notes\n\nBuy milk."))
        >>> document.title, document.sections
        ('Notes', (Section(title='Notes', level=1, start=0),))
    """

    suffixes: tuple[str, ...] = tuple(sorted(PLAIN))

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text.

        Raises:
            DocumentUnreadableError: Binary, empty, over 50 MiB, or in an encoding that cannot be told.
        """
        text = decode(raw, _declared(raw.data))
        media_type = _media_type(raw)
        sections = _sections(media_type, text)
        return ParsedDocument(text, media_type, sections[0].title if sections else None, sections)


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return PlainParser()


def _declared(data: bytes) -> str | None:
    """What an XML prolog or a first line for editors says."""
    match = _PROLOG.match(data) or _CODING.match(data)
    return match[1].decode("ascii", "ignore") if match else None


def _media_type(raw: RawDocument) -> str:
    declared = (raw.media_type or "").partition(";")[0].strip()
    return declared if declared in _DECLARED else PLAIN.get(suffix_of(raw), "text/plain")


def _sections(media_type: str, text: str) -> tuple[Section, ...]:
    if media_type == "text/markdown":
        return markdown_sections(text)
    return restructured_sections(text) if media_type == "text/x-rst" else ()
