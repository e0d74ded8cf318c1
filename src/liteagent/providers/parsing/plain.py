"""Text that is read as it stands: plain text, Markdown, reStructuredText, JSON, CSV and source code."""

from types import MappingProxyType

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument, Section
from liteagent.providers.parsing.decoding import decode
from liteagent.providers.parsing.headings import markdown_sections, restructured_sections

__all__ = ["PlainParser", "create"]

_SOURCE_CODE = """
.bash .bat .c .cc .cfg .clj .cmake .conf .cpp .cs .css .cxx .dart .ex .exs .go .gradle .graphql .h .hpp .hs
.ini .java .jl .js .jsx .kt .kts .less .lua .mjs .php .pl .properties .proto .ps1 .py .pyi .r .rb .rs .scala
.scss .sh .sql .svelte .swift .tf .toml .ts .tsx .vue .xml .yaml .yml .zig .zsh
"""

_MEDIA_TYPES = MappingProxyType(
    {
        ".csv": "text/csv",
        ".json": "application/json",
        ".jsonl": "application/jsonl",
        ".log": "text/plain",
        ".markdown": "text/markdown",
        ".md": "text/markdown",
        ".rst": "text/x-rst",
        ".text": "text/plain",
        ".tsv": "text/tab-separated-values",
        ".txt": "text/plain",
        **dict.fromkeys(_SOURCE_CODE.split(), "text/x-source"),
    }
)


class PlainParser:
    r"""Decodes and finds headings; the text keeps every character, line endings included.

    Example:
        >>> document = PlainParser().parse(RawDocument("notes.md", b"# Notes\n\nBuy milk."))
        >>> document.title, document.sections
        ('Notes', (Section(title='Notes', level=1, start=0),))
    """

    suffixes: tuple[str, ...] = tuple(sorted(_MEDIA_TYPES))

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text.

        Raises:
            DocumentUnreadableError: Binary, empty, over 50 MiB, or in an encoding that cannot be told.
        """
        text = decode(raw)
        media_type = _media_type(raw.name)
        sections = _sections(media_type, text)
        return ParsedDocument(text, media_type, sections[0].title if sections else None, sections)


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return PlainParser()


def _media_type(name: str) -> str:
    """By suffix; a `.txt` behind another known one (`os.rst.txt`) gives way to it."""
    stem, dot, suffix = name.casefold().rpartition(".")
    _, _, inner = stem.rpartition(".")
    if suffix == "txt" and f".{inner}" in (".md", ".rst"):
        suffix = inner
    return _MEDIA_TYPES.get(dot + suffix, "text/plain")


def _sections(media_type: str, text: str) -> tuple[Section, ...]:
    if media_type == "text/markdown":
        return markdown_sections(text)
    return restructured_sections(text) if media_type == "text/x-rst" else ()
