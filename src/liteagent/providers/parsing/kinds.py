"""Which format a document has: told by its bytes first, then by its media type, then by its name."""

import io
import re
import zipfile
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Literal, TypeAlias

from liteagent.contracts.datasource import RawDocument
from liteagent.providers.parsing.causes import unreadable
from liteagent.providers.parsing.decoding import LARGEST, opening
from liteagent.providers.parsing.media_types import PLAIN

__all__ = ["SUFFIXES", "Kind", "is_light", "kind_of", "suffix_of"]

Kind: TypeAlias = Literal[
    "delimited", "docx", "email", "epub", "html", "json", "pdf", "plain", "pptx", "workbook"
]

SUFFIXES: MappingProxyType[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(PLAIN, "plain"),
        **dict.fromkeys((".csv", ".tab", ".tsv"), "delimited"),
        **dict.fromkeys((".docm", ".docx", ".dotx"), "docx"),
        ".eml": "email",
        ".epub": "epub",
        **dict.fromkeys((".htm", ".html", ".xhtml"), "html"),
        **dict.fromkeys((".json", ".jsonl", ".ndjson", ".geojson"), "json"),
        ".pdf": "pdf",
        **dict.fromkeys((".potx", ".pptm", ".pptx", ".ppsx"), "pptx"),
        **dict.fromkeys((".ods", ".xls", ".xlsb", ".xlsm", ".xlsx"), "workbook"),
    }
)
"""The format that a suffix stands for, where the bytes do not say otherwise."""

_OFFICE = "application/vnd.openxmlformats-officedocument."
_MEDIA_TYPES: MappingProxyType[str, Kind] = MappingProxyType(
    {
        "application/epub+zip": "epub",
        "application/json": "json",
        "application/jsonl": "json",
        "application/pdf": "pdf",
        "application/vnd.ms-excel": "workbook",
        "application/vnd.oasis.opendocument.spreadsheet": "workbook",
        "application/x-ndjson": "json",
        "application/xhtml+xml": "html",
        "message/rfc822": "email",
        "text/csv": "delimited",
        "text/html": "html",
        "text/markdown": "plain",
        "text/tab-separated-values": "delimited",
        _OFFICE + "presentationml.presentation": "pptx",
        _OFFICE + "spreadsheetml.sheet": "workbook",
        _OFFICE + "wordprocessingml.document": "docx",
    }
)
_BINARY: frozenset[Kind] = frozenset(("docx", "epub", "pdf", "pptx", "workbook"))

_OLD = ("WordDocument", "PowerPoint Document", "__properties_version1.0", "VisioDocument")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "an RTF document"),
    (b"%!PS-", "a PostScript document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"RIFF", "a WebP image or a RIFF media file"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"OggS", "an Ogg media file"),
    (b"ID3", "an MP3 file"),
    (b"fLaC", "a FLAC file"),
    (b"\x7fELF", "an ELF program"),
    (b"MZ\x90", "a Windows program"),
    (b"\xca\xfe\xba\xbe", "a Java class or a macOS program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\x00asm", "a WebAssembly module"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
)

_HTML = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!doctype\s+html|<html[\s>]|<table[\s>])", re.IGNORECASE)
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9-]*):[ \t]")
_OF_MESSAGES = frozenset(("message-id", "mime-version", "received"))
_ADDRESSED = frozenset(("date", "from", "subject", "to"))

_LIGHT = 256 * 1024


def suffix_of(raw: RawDocument) -> str:
    """The suffix of its name in small letters; a `.txt` behind a known one (`os.rst.txt`) gives way to it."""
    path = PurePosixPath(raw.name.casefold())
    inner = PurePosixPath(path.stem).suffix
    return inner if path.suffix == ".txt" and inner in (".md", ".rst") else path.suffix


def is_light(raw: RawDocument) -> bool:
    """Whether a thread of this process may read it: short UTF-8 text that nothing has to be built from."""
    if len(raw.data) > _LIGHT or _starts_binary(raw.data) or _textual(raw) != "plain":
        return False
    try:
        raw.data.decode()
    except UnicodeDecodeError:
        return False
    return True


def kind_of(raw: RawDocument) -> Kind:
    """The format of a document; its name may lie.

    Raises:
        DocumentUnreadableError: Empty, or of a format that cannot be read: the message names it.
    """
    data = raw.data
    if not data or not data[:_LIGHT].strip(b" \t\r\n"):
        raise unreadable(
            raw, "empty", "the document is empty. Put text into it, or take it out of the source."
        )
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(_ZIP):
        return _packed(raw)
    if data.startswith(_COMPOUND):
        return _compound(raw)
    if kind := next((kind for start, kind in _FOREIGN if data.startswith(start)), None):
        raise unreadable(
            raw, "unsupported", f"this is {kind}. Convert it to text, HTML, PDF or a current office format."
        )
    return _textual(raw)


def _starts_binary(data: bytes) -> bool:
    starts = (*_ZIP, _COMPOUND, *(start for start, _ in _FOREIGN))
    return b"%PDF-" in data[:1024] or data.startswith(starts)


def _claimed(raw: RawDocument) -> Kind | None:
    media_type = (raw.media_type or "").partition(";")[0].strip().casefold()
    return _MEDIA_TYPES.get(media_type) or SUFFIXES.get(suffix_of(raw))


def _textual(raw: RawDocument) -> Kind:
    claimed = _claimed(raw)
    text = opening(raw.data)
    source = claimed == "plain" and PLAIN.get(suffix_of(raw)) == "text/x-source"
    if not source and _HTML.match(text):
        return "html"
    if claimed == "email" or (claimed in (None, "plain", *_BINARY) and _is_message(text)):
        return "email"
    if claimed in _BINARY:
        return _instead_of(raw, text, claimed)
    return _tagged(claimed, text)


def _tagged(claimed: Kind | None, text: str) -> Kind:
    """What is called a page and has not one tag is text."""
    return claimed if claimed and (claimed != "html" or "<" in text) else "plain"


def _instead_of(raw: RawDocument, text: str, claimed: Kind) -> Kind:
    """What a document is that promises to be binary and begins like text."""
    if _is_binary(text, raw.data):
        raise unreadable(
            raw, "corrupt", f"it is damaged, or no {claimed} file at all. Save it again in its own program."
        )
    return "delimited" if claimed == "workbook" else "plain"


def _is_binary(text: str, data: bytes) -> bool:
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"))
    strange = sum(1 for each in text if (each < " " and each not in "\t\n\f\r\x1b") or each == "\ufffd")
    return strange > len(text) * 0.02 if not marked else False


def _is_message(text: str) -> bool:
    """Whether it begins with the headers of a message, a server's or a program's among them."""
    names: set[str] = set()
    for line in text.splitlines()[:60]:
        if match := _HEADER.match(line):
            names.add(match[1].casefold())
        elif not line.startswith((" ", "\t")):
            break
    return bool(names & _OF_MESSAGES) and bool(names & _ADDRESSED)


def _packed(raw: RawDocument) -> Kind:
    if len(raw.data) > LARGEST:
        return "docx"  # its archive refuses it
    try:
        with zipfile.ZipFile(io.BytesIO(raw.data)) as archive:
            names = frozenset(archive.namelist())
            declared = archive.getinfo("mimetype").file_size if "mimetype" in names else 0
            media_type = archive.read("mimetype") if 0 < declared < 200 else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise unreadable(
            raw, "corrupt", "the archive that it consists of is damaged or cut short. Save it again."
        ) from error
    if kind := _by_contents(names, media_type.strip()):
        return kind
    raise unreadable(
        raw,
        "unsupported",
        "this is a ZIP archive or an office document of a kind that cannot be read. Unpack it, or save it as "
        "DOCX, PPTX, XLSX, PDF or HTML.",
    )


def _by_contents(names: frozenset[str], media_type: bytes) -> Kind | None:
    if media_type == b"application/epub+zip" or "META-INF/container.xml" in names:
        return "epub"
    if media_type.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "workbook"
    if "[Content_Types].xml" not in names:
        return None
    folders = {name.partition("/")[0] for name in names}
    office: dict[str, Kind] = {"word": "docx", "ppt": "pptx", "xl": "workbook"}
    return next((kind for folder, kind in office.items() if folder in folders), None)


def _compound(raw: RawDocument) -> Kind:
    """Old Office documents and encrypted new ones are one container; its directory names the contents."""
    if _utf16("EncryptedPackage") in raw.data:
        raise unreadable(
            raw, "encrypted", "it is protected with a password. Save a copy without one and index that."
        )
    if _utf16("Workbook") in raw.data or _utf16("Book") in raw.data:
        return "workbook"
    if not any(_utf16(name) in raw.data for name in _OLD):
        raise unreadable(raw, "corrupt", "it is damaged or cut short. Save it again in its own program.")
    raise unreadable(
        raw,
        "unsupported",
        "this is an old Microsoft Office document or message. Save it as DOCX, PPTX, XLSX or PDF.",
    )


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le") + b"\x00\x00"
