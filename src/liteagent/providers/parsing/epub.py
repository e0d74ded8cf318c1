"""EPUB: the chapters in reading order, each read as a page of HTML."""

from collections.abc import Iterator, Mapping
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.archive import Archive, attribute, children, local
from liteagent.providers.parsing.causes import unreadable
from liteagent.providers.parsing.decoding import decode
from liteagent.providers.parsing.html import read_page
from liteagent.providers.parsing.office_properties import dublin_core
from liteagent.providers.parsing.text_writer import TextWriter

__all__ = ["EpubParser", "create"]

_PAGES = frozenset(("application/xhtml+xml", "application/x-dtbook+xml", "text/html"))


class EpubParser:
    """The chapters of the book's spine, without its table of contents."""

    suffixes: tuple[str, ...] = (".epub",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The book's text.

        Raises:
            DocumentUnreadableError: Damaged, protected, or without text.
        """
        archive = Archive(raw)
        package_name = _package_name(archive)
        package = archive.xml(package_name)
        _refuse_protected(archive)
        writer = TextWriter(raw)
        for name in _spine(package):
            path = archive.resolve(package_name, unquote(name))
            if path in archive:
                _write_chapter(archive, writer, path)
        about = next((each for each in package if local(each) == "metadata"), None)
        properties = dublin_core(about if about is not None else package)
        return writer.document("application/epub+zip", properties.title, properties.metadata)


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return EpubParser()


def _package_name(archive: Archive) -> str:
    container = archive.optional_xml("META-INF/container.xml")
    for each in container.iter() if container is not None else ():
        if local(each) == "rootfile" and (name := each.get("full-path")) and name in archive:
            return name
    raise archive.corrupt()


def _refuse_protected(archive: Archive) -> None:
    """Fonts may be obfuscated; a protected book has its pages encrypted."""
    encryption = archive.optional_xml("META-INF/encryption.xml")
    for each in encryption.iter() if encryption is not None else ():
        if local(each) == "CipherReference" and (attribute(each, "URI") or "").endswith(
            ("html", ".htm", ".xml")
        ):
            raise unreadable(
                archive.raw,
                "encrypted",
                "the book is protected by digital rights management and cannot be read.",
            )


def _spine(package: Element) -> Iterator[str]:
    items: Mapping[str, Element] = {
        each.get("id", ""): each for part in children(package, "manifest") for each in children(part, "item")
    }
    for part in children(package, "spine"):
        for reference in children(part, "itemref"):
            item = items.get(reference.get("idref", ""))
            if item is None or "nav" in item.get("properties", "").split():
                continue
            if item.get("media-type", "") in _PAGES:
                yield item.get("href", "")


def _write_chapter(archive: Archive, writer: TextWriter, path: str) -> None:
    chapter = RawDocument(f"{archive.raw.name}/{path}", archive.read(path))
    try:
        page = read_page(archive.raw, decode(chapter), whole=True)
    except DocumentUnreadableError as error:
        if error.details.get("cause") == "empty":
            return
        raise
    writer.include(page.text, page.sections)
