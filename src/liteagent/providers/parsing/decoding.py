"""Bytes to text: byte order marks, UTF-8, and the one legacy encoding that can be told from binary data."""

import codecs
import re

from liteagent.contracts.datasource import RawDocument
from liteagent.contracts.errors import DocumentUnreadableError

__all__ = ["decode", "unreadable"]

_LIMIT = 50 * 1024 * 1024
_SAMPLE = 1024 * 1024

# UTF-32-LE before UTF-16-LE, whose mark is a prefix of it.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document"),
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

# Everything below U+0020 but tab, line feed, form feed, carriage return and escape (terminal colours in
# logs).
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_CONTROL_SHARE = 0.01
_LEGACY_SHARE = 0.3


def unreadable(raw: RawDocument, why: str) -> DocumentUnreadableError:
    """The error for a document, with its name in front of `why`."""
    return DocumentUnreadableError(f"{raw.name}: {why}", details={"name": raw.name})


def decode(raw: RawDocument, declared: str | None = None) -> str:
    """The text of a document, without its byte order mark and otherwise unchanged.

    Tried in this order: a byte order mark, strict UTF-8, `declared` (what the format itself names), and
    Windows-1252 where at most 30 % of the bytes are outside of ASCII. The result has no NUL, no lone
    surrogate and hardly any control characters.

    Raises:
        DocumentUnreadableError: Binary, empty, over 50 MiB, or in an encoding that cannot be told.
    """
    data = raw.data
    if len(data) > _LIMIT:
        raise unreadable(raw, f"it has {len(data):,} bytes and the limit is {_LIMIT:,}; split it.")
    if (kind := _magic(data)) is not None:
        raise unreadable(raw, f"this is {kind}, not text. Convert it to text, Markdown or HTML first.")
    text = _marked(raw)
    if text is None:
        text = _unmarked(raw, declared)
    if _looks_binary(text):
        raise unreadable(
            raw, "this is binary data, not text. Convert it to text, or take it out of the source."
        )
    if not text or text.isspace():
        raise unreadable(raw, "the document is empty. Put text into it, or take it out of the source.")
    return text


def _magic(data: bytes) -> str | None:
    return next((kind for start, kind in _MAGIC if data.startswith(start)), None)


def _marked(raw: RawDocument) -> str | None:
    for mark, encoding in _MARKS:
        if raw.data.startswith(mark):
            try:
                return raw.data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise unreadable(
                    raw, f"its first bytes promise {encoding.upper()}, but it is not. Save it as UTF-8."
                ) from None
    return None


def _unmarked(raw: RawDocument, declared: str | None) -> str:
    for encoding in ("utf-8", declared):
        if encoding is not None and (text := _try(raw.data, encoding)) is not None:
            return text
    return _legacy(raw)


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):  # LookupError: no such encoding, or one that makes no text
        return None


def _legacy(raw: RawDocument) -> str:
    if b"\x00" in raw.data:
        raise unreadable(
            raw, "it holds NUL bytes: binary data, or UTF-16 without its mark. Save it as UTF-8 text."
        )
    sample = raw.data[:_SAMPLE]
    foreign = len(sample) - len(sample.decode("ascii", "ignore"))
    text = _try(raw.data, "cp1252") if foreign <= _LEGACY_SHARE * len(sample) else None
    if text is None:
        raise unreadable(raw, "its encoding is unknown, or it is binary data. Save it as UTF-8 text.")
    return text


def _looks_binary(text: str) -> bool:
    if "\x00" in text:
        return True
    sample = text[:_SAMPLE]
    return len(_CONTROL.findall(sample)) > _CONTROL_SHARE * len(sample)
