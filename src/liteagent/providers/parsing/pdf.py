"""PDF: the text of each page, by PDFium; headings out of the outline."""

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Protocol, cast

from pypdfium2 import PdfDocument, PdfiumError
from pypdfium2 import raw as pdfium

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument, Section
from liteagent.contracts.documents import Scalar
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.causes import too_large, unreadable
from liteagent.providers.parsing.decoding import LARGEST
from liteagent.providers.parsing.headings import LONGEST_TITLE
from liteagent.providers.parsing.text_writer import TextWriter

__all__ = ["PdfParser", "create"]

_MOST_PAGES = 20_000
_MOST_BOOKMARKS = 10_000
_DEEPEST = 8
_METADATA = MappingProxyType(
    {
        "Author": "author",
        "CreationDate": "created",
        "Keywords": "keywords",
        "ModDate": "modified",
        "Subject": "subject",
    }
)
_LONGEST_VALUE = 500

# PDFium writes U+0002 or U+FFFE for a hyphen that it takes for one of a broken word.
_BROKEN = re.compile("[\x02\ufffe\u00ad][ \t]*\n?(?=\\w)|(?<=[a-zß-öø-ÿ])-\n(?=[a-zß-öø-ÿ])")
_SYMBOL_BULLET = "\uf0b7"  # of the font Symbol, which has no letters of Unicode
_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?")


class _Bookmark(Protocol):
    level: int

    def get_title(self) -> str: ...
    def get_dest(self) -> "_Destination | None": ...


class _Destination(Protocol):
    def get_index(self) -> int: ...


class _TextPage(Protocol):
    def get_text_bounded(self) -> str: ...
    def close(self) -> None: ...


class _Page(Protocol):
    def get_textpage(self) -> _TextPage: ...
    def close(self) -> None: ...


class _Document(Protocol):
    """The package's document; the package itself is only partly typed."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> _Page: ...
    def get_toc(self, max_depth: int) -> Iterator[_Bookmark]: ...
    def get_metadata_dict(self, *, skip_empty: bool) -> dict[str, str]: ...
    def close(self) -> None: ...


class PdfParser:
    """The text page by page in reading order; words that a line's end breaks are joined."""

    suffixes: tuple[str, ...] = (".pdf",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text.

        Raises:
            DocumentUnreadableError: Damaged, encrypted, with too many pages, or scanned: without any text.
        """
        if len(raw.data) > LARGEST:
            raise too_large(raw, "bytes", LARGEST)
        try:
            document = cast("_Document", PdfDocument(raw.data))
        except PdfiumError as error:
            raise _refused(raw, error) from error
        try:
            return _read(raw, document)
        except PdfiumError as error:
            raise _refused(raw, error) from error
        finally:
            document.close()


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return PdfParser()


def _refused(raw: RawDocument, error: PdfiumError) -> DocumentUnreadableError:
    if cast("int | None", vars(error).get("err_code")) in (
        pdfium.FPDF_ERR_PASSWORD,
        pdfium.FPDF_ERR_SECURITY,
    ):
        return unreadable(
            raw, "encrypted", "it is protected with a password. Save a copy without one and index that."
        )
    return unreadable(raw, "corrupt", "the PDF is damaged or cut short. Save or print it as a PDF again.")


def _read(raw: RawDocument, document: _Document) -> ParsedDocument:
    if len(document) > _MOST_PAGES:
        raise too_large(raw, "pages", _MOST_PAGES)
    writer = TextWriter(raw)
    for index in range(len(document)):
        writer.page()
        writer.paragraph(_page_text(document, index))
    properties = document.get_metadata_dict(skip_empty=True)
    parsed = writer.document("application/pdf", properties.get("Title"), dict(_metadata(properties)))
    sections = tuple(_sections(document, parsed))
    title = parsed.title or (sections[0].title if sections else None)
    return ParsedDocument(parsed.text, parsed.media_type, title, sections, parsed.pages, parsed.metadata)


def _page_text(document: _Document, index: int) -> str:
    try:
        page = document[index]
    except PdfiumError:  # one damaged page; the others are worth reading
        return ""
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_bounded()
        finally:
            text_page.close()
    finally:
        page.close()
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(_SYMBOL_BULLET, "•")
    return _BROKEN.sub("", text)


def _metadata(properties: dict[str, str]) -> Iterator[tuple[str, Scalar]]:
    for name, known in _METADATA.items():
        value = " ".join(properties.get(name, "").split())[:_LONGEST_VALUE]
        if value and (match := _DATE.match(value)) and known in ("created", "modified"):
            value = "-".join(part for part in match.groups() if part)
        if value:
            yield known, value


def _sections(document: _Document, parsed: ParsedDocument) -> list[Section]:
    """The outline's entries where their titles stand on their pages, else where the pages begin."""
    found: list[Section] = []
    after = 0
    for number, mark in enumerate(document.get_toc(max_depth=_DEEPEST)):
        title, page = " ".join(mark.get_title().split()), _page_of(mark)
        if number >= _MOST_BOOKMARKS:
            break
        if not title or page is None or page >= len(parsed.pages):
            continue
        after = _start(parsed, title, page, after)
        if after < len(parsed.text):
            found.append(Section(title[:LONGEST_TITLE], mark.level + 1, after))
    return sorted(found, key=lambda section: section.start)


def _page_of(mark: _Bookmark) -> int | None:
    try:
        target = mark.get_dest()
        return target.get_index() if target is not None else None
    except PdfiumError:
        return None


def _start(parsed: ParsedDocument, title: str, page: int, after: int) -> int:
    begin = parsed.pages[page]
    end = parsed.pages[page + 1] if page + 1 < len(parsed.pages) else len(parsed.text)
    place = parsed.text.find(title, after if begin <= after < end else begin, end)
    return place if place >= 0 else begin
