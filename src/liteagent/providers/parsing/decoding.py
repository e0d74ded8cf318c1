"""Bytes to text: byte order marks, UTF-8, a declared encoding, and legacy ones by statistics."""

import codecs
import re

from liteagent.contracts.datasource import RawDocument
from liteagent.providers.parsing.causes import too_large, unreadable

__all__ = ["LARGEST", "decode", "opening"]

LARGEST = 50 * 1024 * 1024
"""Bytes of a document."""

_SAMPLE = 1024 * 1024
_DETECTED = 65_536
_OPENING = 4096

# UTF-32-LE before UTF-16-LE, whose mark is a prefix of it.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Everything below U+0020 but tab, line feed, form feed, carriage return and escape (terminal colours in
# logs).
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_CONTROL_SHARE = 0.01

_LEAST_CONFIDENCE = 0.2
_WESTERN_SHARE = 0.3


def opening(data: bytes) -> str:
    """The first few thousand characters, good enough to tell a format by its ASCII."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) : _OPENING].decode(encoding, "replace")
    return data[:_OPENING].decode("latin-1")


def decode(raw: RawDocument, declared: str | None = None) -> str:
    """The text of a document, without its byte order mark and otherwise unchanged.

    Tried in this order: a byte order mark, strict UTF-8, `declared` (what the format itself names), and the
    encoding that the bytes look most like. The result has no NUL, no lone surrogate and hardly any control
    characters.

    Raises:
        DocumentUnreadableError: Binary, empty, over 50 MiB, or in an encoding that cannot be told.
    """
    if len(raw.data) > LARGEST:
        raise too_large(raw, "bytes", LARGEST)
    text = _marked(raw)
    if text is None:
        text = _unmarked(raw, declared)
    if _looks_binary(text):
        raise unreadable(
            raw,
            "unsupported",
            "this is binary data, not text. Convert it to text, or take it out of the source.",
        )
    if not text or text.isspace():
        raise unreadable(
            raw, "empty", "the document is empty. Put text into it, or take it out of the source."
        )
    return text


def _marked(raw: RawDocument) -> str | None:
    for mark, encoding in _MARKS:
        if raw.data.startswith(mark):
            try:
                return raw.data[len(mark) :].decode(encoding)
            except UnicodeDecodeError:
                raise unreadable(
                    raw,
                    "corrupt",
                    f"its first bytes promise {encoding.upper()}, but it is not. Save it as UTF-8.",
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
            raw,
            "unsupported",
            "it holds NUL bytes: binary data, or UTF-16 without its mark. Save it as UTF-8 text.",
        )
    for encoding in (_detected(raw.data), _western(raw.data)):
        if encoding is not None and (text := _try(raw.data, encoding)) is not None:
            return text
    raise unreadable(
        raw, "unsupported", "its encoding is unknown, or it is binary data. Save it as UTF-8 text."
    )


def _detected(data: bytes) -> str | None:
    # Imported when it is needed: few documents are not UTF-8.
    import chardet

    found = chardet.detect(data[:_DETECTED], prefer_superset=True, compat_names=False)
    return found["encoding"] if found["confidence"] >= _LEAST_CONFIDENCE else None


def _western(data: bytes) -> str | None:
    sample = data[:_SAMPLE]
    foreign = len(sample) - len(sample.decode("ascii", "ignore"))
    return "cp1252" if foreign <= _WESTERN_SHARE * len(sample) else None


def _looks_binary(text: str) -> bool:
    if "\x00" in text:
        return True
    sample = text[:_SAMPLE]
    return len(_CONTROL.findall(sample)) > _CONTROL_SHARE * len(sample)
