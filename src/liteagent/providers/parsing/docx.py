"""Word documents (DOCX): headings, paragraphs, lists, tables and notes."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from xml.etree.ElementTree import Element

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.providers.parsing.archive import Archive, attribute, children, local
from liteagent.providers.parsing.docx_styles import Look, Styles
from liteagent.providers.parsing.office_properties import office_properties
from liteagent.providers.parsing.text_writer import TextWriter

__all__ = ["DocxParser", "create"]

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MARKS = MappingProxyType({"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"})
_SKIPPED = frozenset(("Fallback", "del", "delText", "instrText", "moveFrom", "pPr", "rPr"))
_CONTAINERS = frozenset(("customXml", "ins", "moveTo", "sdt", "sdtContent", "smartTag"))
_NOTES = MappingProxyType({"endnoteReference": "endnotes", "footnoteReference": "footnotes"})


class DocxParser:
    """The document's body; headers, footers and comments are left out, tracked deletions too."""

    suffixes: tuple[str, ...] = (".docm", ".docx", ".dotx")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text.

        Raises:
            DocumentUnreadableError: Damaged, encrypted, or without text.
        """
        archive = Archive(raw)
        main = _main(archive)
        body = _Body(archive, main, TextWriter(raw))
        for part in children(archive.xml(main), "body"):
            body.write(part)
        return body.finish()


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return DocxParser()


def _main(archive: Archive) -> str:
    found = (name for kind, name in archive.relations("").values() if kind == "officeDocument")
    main = next(found, "word/document.xml")
    return main if main in archive else "word/document.xml"


class _Body:
    """Writes blocks; knows the numbers of lists and the notes that were referred to."""

    def __init__(self, archive: Archive, main: str, writer: TextWriter) -> None:
        parts = {kind: name for kind, name in archive.relations(main).values() if name in archive}
        self._archive = archive
        self._writer = writer
        self._styles = Styles.of(archive, parts)
        self._notes = {each: _notes(archive, parts.get(each)) for each in ("footnotes", "endnotes")}
        self._referred: list[Element] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._listed: str | None = None
        self._title: str | None = None

    def write(self, parent: Element) -> None:
        """Every block below `parent`."""
        for each in parent:
            name = local(each)
            if name == "p":
                self._paragraph(each)
            elif name == "tbl":
                self._table(each)
            elif name in _CONTAINERS:
                self.write(each)

    def finish(self) -> ParsedDocument:
        """The notes, and the document."""
        for number, note in enumerate(self._referred, 1):
            text = " ".join(self._text(each, []) for each in children(note, "p"))
            self._writer.paragraph(f"[^{number}]: {text.strip()}")
        properties = office_properties(self._archive)
        return self._writer.document(_MEDIA_TYPE, properties.title or self._title, properties.metadata)

    def _paragraph(self, paragraph: Element) -> None:
        boxes: list[Element] = []
        text = self._text(paragraph, boxes)
        if text.strip():
            look = self._styles.look(paragraph)
            self._block(text, look)
        for box in boxes:
            self.write(box)

    def _block(self, text: str, look: Look) -> None:
        if look.list_id != self._listed and not (self._listed and look.depth):
            self._writer.gap()
            self._listed = look.list_id
        if look.is_title and self._title is None:
            self._title = text.strip()
        if look.level is not None:
            self._writer.heading(text, look.level)
        elif look.list_id is not None:
            self._item(text, look.list_id, look.depth)
        elif look.verbatim:
            self._writer.verbatim(text)
        else:
            self._writer.paragraph(text)

    def _item(self, text: str, list_id: str, depth: int) -> None:
        indent = "  " * depth
        mark = "-"
        if self._styles.is_numbered(list_id, depth):
            number = self._numbers.get((list_id, depth), 0) + 1
            self._numbers[list_id, depth] = number
            mark = f"{number}."
        for deeper in [key for key in self._numbers if key[0] == list_id and key[1] > depth]:
            del self._numbers[deeper]
        self._writer.line(f"{indent}{mark} {text.strip()}")

    def _table(self, table: Element) -> None:
        rows = [list(_cells(row)) for row in _rows(table)]
        columns = max((sum(span for _, span in row) for row in rows), default=0)
        self._listed = None
        if columns <= 1:
            for cell, _ in (each for row in rows for each in row):
                self.write(cell)
            return
        self._writer.table((self._row(row) for row in rows), columns)

    def _row(self, row: list[tuple[Element, int]]) -> list[str]:
        texts: list[str] = []
        for cell, span in row:
            texts += [self._cell(cell), *[""] * (span - 1)]
        return texts

    def _cell(self, cell: Element) -> str:
        boxes: list[Element] = []
        texts = [self._text(each, boxes) for each in cell.iter() if local(each) == "p"]
        return " ".join(text.strip() for text in texts if text.strip())

    def _text(self, parent: Element, boxes: list[Element]) -> str:
        parts: list[str] = []
        self._collect(parent, parts, boxes)
        return "".join(parts)

    def _collect(self, parent: Element, parts: list[str], boxes: list[Element]) -> None:
        for each in parent:
            name = local(each)
            if name == "t":
                parts.append(each.text or "")
            elif name in _MARKS:
                parts.append(_MARKS[name])
            elif name in _NOTES:
                parts.append(self._note(_NOTES[name], attribute(each, "id")))
            elif name == "txbxContent":
                boxes.append(each)
            elif name not in _SKIPPED:
                self._collect(each, parts, boxes)

    def _note(self, kind: str, note_id: str | None) -> str:
        note = self._notes[kind].get(note_id or "")
        if note is None:
            return ""
        self._referred.append(note)
        return f"[^{len(self._referred)}]"


def _notes(archive: Archive, name: str | None) -> Mapping[str, Element]:
    root = archive.optional_xml(name) if name else None
    return {
        attribute(each, "id") or "": each
        for each in (root if root is not None else ())
        if attribute(each, "type") is None
    }


def _rows(parent: Element) -> Iterator[Element]:
    for each in parent:
        if local(each) == "tr":
            yield each
        elif local(each) in _CONTAINERS:
            yield from _rows(each)


def _cells(row: Element) -> Iterator[tuple[Element, int]]:
    """Each cell of a row and how many columns it has; one that continues the cell above is blank."""
    for each in row:
        if local(each) in _CONTAINERS:
            yield from _cells(each)
        elif local(each) == "tc":
            properties = next(children(each, "tcPr"), None)
            continued = any(
                (attribute(m, "val") or "continue") == "continue" for m in children(properties, "vMerge")
            )
            spans = [attribute(span, "val") or "1" for span in children(properties, "gridSpan")]
            span = int(spans[0]) if spans and spans[0].isdigit() and len(spans[0]) < 4 else 1
            yield (Element("tc") if continued else each), max(1, span)
