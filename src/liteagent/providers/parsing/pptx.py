"""Presentations (PPTX): a page for each slide, with its title, texts, tables and notes."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.providers.parsing.archive import Archive, attribute, children, local
from liteagent.providers.parsing.office_properties import office_properties
from liteagent.providers.parsing.text_writer import TextWriter

__all__ = ["PptxParser", "create"]

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_TITLES = frozenset(("ctrTitle", "title"))
_FURNITURE = frozenset(("dt", "ftr", "hdr", "sldImg", "sldNum"))


class PptxParser:
    """The slides in their order; a slide's title is a section, its notes follow its text."""

    suffixes: tuple[str, ...] = (".potx", ".ppsx", ".pptm", ".pptx")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The presentation's text.

        Raises:
            DocumentUnreadableError: Damaged, encrypted, or without text.
        """
        archive = Archive(raw)
        writer = TextWriter(raw)
        for name in _slides(archive):
            writer.page()
            _write_slide(archive, writer, name)
        properties = office_properties(archive)
        return writer.document(_MEDIA_TYPE, _worth(properties.title), properties.metadata)


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return PptxParser()


def _worth(title: str | None) -> str | None:
    """What programs write where nobody has given a title is none."""
    return None if title in (None, "PowerPoint Presentation", "Presentation") else title


def _slides(archive: Archive) -> Iterator[str]:
    main = next((name for kind, name in archive.relations("").values() if kind == "officeDocument"), None)
    main = main if main is not None and main in archive else "ppt/presentation.xml"
    root, relations = archive.xml(main), archive.relations(main)
    for part in children(root, "sldIdLst"):
        for each in children(part, "sldId"):
            _, name = relations.get(_relation(each), ("", ""))
            if name in archive:
                yield name


def _relation(slide: Element) -> str:
    """The relation's id; the slide's own id has the same name, without a namespace."""
    return next((value for key, value in slide.attrib.items() if key.endswith("}id")), "")


def _write_slide(archive: Archive, writer: TextWriter, name: str) -> None:
    shapes = list(_shapes(archive.xml(name)))
    for shape in shapes:
        if _placeholder(shape) in _TITLES:
            writer.heading(" ".join(_paragraph(each) for each in _paragraphs(shape)), 1)
    for shape in shapes:
        if local(shape) == "graphicFrame":
            _write_tables(writer, shape)
        elif _placeholder(shape) not in _TITLES | _FURNITURE:
            _write_text(writer, shape)
    _write_notes(archive, writer, name)


def _shapes(parent: Element) -> Iterator[Element]:
    for each in parent:
        if local(each) in ("sp", "graphicFrame"):
            yield each
        elif local(each) not in ("Fallback", "txBody"):
            yield from _shapes(each)


def _placeholder(shape: Element) -> str | None:
    """What the shape stands in for; `body` where the layout does not say what."""
    for properties in shape:
        if local(properties).startswith("nv"):
            found = next((each for each in properties.iter() if local(each) == "ph"), None)
            return None if found is None else found.get("type", "body")
    return None


def _write_text(writer: TextWriter, shape: Element) -> None:
    listed = _placeholder(shape) == "body"
    texts = [(each, text) for each in _paragraphs(shape) if (text := _paragraph(each).strip())]
    writer.gap()
    for paragraph, text in texts:
        level = _level(paragraph)
        bulleted = (listed and len(texts) > 1) or level > 0
        writer.line("  " * level + "- " + " ".join(text.split()) if bulleted else text)
    writer.gap()


def _level(paragraph: Element) -> int:
    for properties in children(paragraph, "pPr"):
        level = properties.get("lvl", "0")
        return min(int(level), 8) if level.isdigit() else 0
    return 0


def _paragraphs(shape: Element) -> Iterator[Element]:
    for body in children(shape, "txBody"):
        yield from children(body, "p")


def _paragraph(paragraph: Element) -> str:
    parts: list[str] = []
    for each in paragraph.iter():
        name = local(each)
        if name == "t":
            parts.append(each.text or "")
        elif name == "br":
            parts.append("\n")
    return "".join(parts)


def _write_tables(writer: TextWriter, frame: Element) -> None:
    for table in frame.iter():
        if local(table) == "tbl":
            rows = [[_cell(each) for each in children(row, "tc")] for row in children(table, "tr")]
            writer.table(rows, max(map(len, rows), default=0))


def _cell(cell: Element) -> str:
    if attribute(cell, "hMerge") or attribute(cell, "vMerge"):
        return ""
    return " ".join(_paragraph(each) for each in _paragraphs(cell))


def _write_notes(archive: Archive, writer: TextWriter, slide: str) -> None:
    for kind, name in archive.relations(slide).values():
        root = archive.optional_xml(name) if kind == "notesSlide" else None
        for shape in _shapes(root) if root is not None else ():
            if _placeholder(shape) == "body":
                lines = [_paragraph(each) for each in _paragraphs(shape)]
                if any(line.strip() for line in lines):
                    writer.paragraph("Notes: " + "\n".join(lines).strip())
