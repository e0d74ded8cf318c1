"""Documents that are ZIP archives of XML: opened within limits, parsed without entities."""

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from posixpath import dirname, join, normpath
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

from liteagent.contracts.datasource import RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.causes import too_large, unreadable
from liteagent.providers.parsing.decoding import LARGEST

__all__ = ["Archive", "attribute", "children", "local"]

_MOST_ENTRIES = 10_000
_LARGEST_ENTRY = 128 * 1024 * 1024
_LARGEST_TOTAL = 512 * 1024 * 1024
_HARMLESS = 16 * 1024 * 1024
_MOST_RATIO = 100

_PROLOG_SIZE = 1024
_PROLOG = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{2,40})""")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*>", re.IGNORECASE)


def local(element: Element) -> str:
    """The name of an element without its namespace, of which there are a strict and a usual one."""
    return element.tag.rpartition("}")[2]


def attribute(element: Element, name: str) -> str | None:
    """An attribute by its name without a namespace."""
    for key, value in element.attrib.items():
        if key == name or key.endswith("}" + name):
            return value
    return None


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The child elements of a name."""
    return (child for child in element or () if local(child) == name)


class Archive:
    """The entries of a document's archive.

    Raises:
        DocumentUnreadableError: Damaged, encrypted, or made to unpack to much more than it is.
    """

    def __init__(self, raw: RawDocument) -> None:
        if len(raw.data) > LARGEST:
            raise too_large(raw, "bytes", LARGEST)
        self.raw = raw
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw.data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise self.corrupt() from error
        entries = self._zip.infolist()
        self._check(entries)
        self._entries = {entry.filename.lstrip("/"): entry for entry in entries}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """The bytes of an entry."""
        try:
            return self._zip.read(self._entries[name])
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, KeyError) as error:
            raise self.corrupt() from error

    def xml(self, name: str) -> Element:
        """The root element of an entry."""
        text = self._decoded(self.read(name))
        text = _DOCTYPE.sub("", text, count=1)
        if "<!ENTITY" in text or "<!DOCTYPE" in text:
            raise self._entities()
        try:
            return ET.fromstring(text)  # noqa: S314  entities are refused above, and this is a child
        except ET.ParseError as error:
            raise self.corrupt() from error

    def optional_xml(self, name: str) -> Element | None:
        """The root element of an entry; None where there is no such entry, or it is damaged."""
        try:
            return self.xml(name) if name in self._entries else None
        except DocumentUnreadableError as error:
            if error.details.get("cause") == "bomb":
                raise
            return None

    def refuse_entities(self) -> None:
        """Refuse an archive whose XML defines entities, where another program reads the entries."""
        for name, entry in self._entries.items():
            if name.endswith((".xml", ".rels")):
                with self._zip.open(entry) as file:
                    if b"<!ENTITY" in (begin := file.read(_PROLOG_SIZE)) or b"<!DOCTYPE" in begin:
                        raise self._entities()

    def relations(self, name: str) -> Mapping[str, tuple[str, str]]:
        """What an entry refers to by id: the last part of the kind of relation, and the entry's name."""
        folder = dirname(name)
        root = self.optional_xml(join(folder, "_rels", name.rpartition("/")[2] + ".rels"))
        return {
            each.get("Id", ""): (
                each.get("Type", "").rpartition("/")[2],
                self.resolve(name, each.get("Target", "")),
            )
            for each in children(root, "Relationship")
            if each.get("TargetMode") != "External"
        }

    def resolve(self, base: str, target: str) -> str:
        """The name of the entry that `target` means in the entry `base`."""
        return normpath(target.lstrip("/") if target.startswith("/") else join(dirname(base), target))

    def corrupt(self) -> DocumentUnreadableError:
        """The error for an archive that is not what it should be."""
        return unreadable(
            self.raw, "corrupt", "the file is damaged or cut short. Save it again in its own program."
        )

    def _entities(self) -> DocumentUnreadableError:
        return unreadable(
            self.raw, "bomb", "its XML defines entities, which no office program writes. Save it again."
        )

    def _check(self, entries: list[zipfile.ZipInfo]) -> None:
        if any(entry.flag_bits & 1 for entry in entries):
            raise unreadable(
                self.raw,
                "encrypted",
                "it is protected with a password. Save a copy without one and index that.",
            )
        total = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if (
            len(entries) > _MOST_ENTRIES
            or total > _LARGEST_TOTAL
            or max((entry.file_size for entry in entries), default=0) > _LARGEST_ENTRY
            or (total > _HARMLESS and total > _MOST_RATIO * min(packed, len(self.raw.data)))
        ):
            raise unreadable(
                self.raw,
                "bomb",
                f"its archive unpacks to {total:,} bytes in {len(entries):,} files, far more than it is. "
                "If it is honest, split it.",
            )

    def _decoded(self, data: bytes) -> str:
        match = _PROLOG.match(data)
        encoding = match[1].decode("ascii") if match else "utf-8"
        if data.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
            encoding = "utf-16"
        try:
            return data.removeprefix(codecs.BOM_UTF8).decode(encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise self.corrupt() from error
