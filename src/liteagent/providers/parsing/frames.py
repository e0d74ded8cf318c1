"""What passes between a child that parses and its parent: frames of a length and so many bytes.

A request is a header and the document; an answer is a header and the text in pieces, so that neither side
holds its interpreter's lock for long.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

import orjson

from liteagent.contracts.datasource import ParsedDocument, RawDocument, Section
from liteagent.contracts.errors import DocumentUnreadableError

__all__ = [
    "FrameError",
    "TextTooLongError",
    "answer_of",
    "failure_frames",
    "read_answer",
    "read_request",
    "success_frames",
    "write_request",
]

_LENGTH = struct.Struct("<I")
_LARGEST_HEADER = 4 * 1024 * 1024
_PIECE = 256 * 1024  # code points of text
_BATCH = 1000  # sections
_READ = 1024 * 1024


class FrameError(Exception):
    """The other side has gone, or says what no side may say."""


class TextTooLongError(FrameError):
    """The text has more bytes than it may."""


def write_request(pipe: BinaryIO, raw: RawDocument) -> None:
    """Hand a document over."""
    _write(pipe, orjson.dumps({"name": raw.name, "media_type": raw.media_type, "size": len(raw.data)}))
    view = memoryview(raw.data)
    pipe.writelines(view[start : start + _READ] for start in range(0, len(view), _READ))
    pipe.flush()


def read_request(pipe: BinaryIO) -> RawDocument | None:
    """The next document; None where the parent has nothing more to ask."""
    header = pipe.read(_LENGTH.size)
    if not header:
        return None
    asked = orjson.loads(_exactly(pipe, _LENGTH.unpack(header)[0]))
    return RawDocument(asked["name"], _exactly(pipe, asked["size"]), asked["media_type"])


def success_frames(document: ParsedDocument, resting: int) -> Iterator[bytes]:
    """The frames of a text; `resting` is the memory that the child has now, in bytes."""
    text, sections = document.text, document.sections
    starts, batches = range(0, len(text), _PIECE), range(0, len(sections), _BATCH)
    header = {
        "media_type": document.media_type,
        "title": document.title,
        "pages": document.pages,
        "metadata": dict(document.metadata),
        "batches": len(batches),
        "pieces": len(starts),
        "resting": resting,
    }
    yield orjson.dumps(header)
    for start in batches:
        yield orjson.dumps(
            [[each.title, each.level, each.start] for each in sections[start : start + _BATCH]]
        )
    for start in starts:
        yield text[start : start + _PIECE].encode()


def failure_frames(error: DocumentUnreadableError, resting: int) -> Iterator[bytes]:
    """The one frame of a failure."""
    yield orjson.dumps({"error": error.to_json(), "resting": resting})


def answer_of(pipe: BinaryIO, frames: Iterator[bytes]) -> None:
    """Write the frames of an answer."""
    for frame in frames:
        _write(pipe, frame)
    pipe.flush()


def read_answer(pipe: BinaryIO, most: int) -> tuple[ParsedDocument | DocumentUnreadableError, int]:
    """What became of a document, and the memory that the child has now; the text may have `most` bytes.

    The child is not believed: whatever it says is checked.

    Raises:
        FrameError: The child has ended, or its answer is of no shape or length that an answer has.
    """
    header = orjson.loads(_frame(pipe, _LARGEST_HEADER))
    try:
        resting = int(header["resting"])
        if error := header.get("error"):
            return DocumentUnreadableError(str(error["message"]), details=dict(error["details"])), resting
        sections = tuple(_sections(pipe, int(header["batches"])))
        text = _text(pipe, int(header["pieces"]), most)
        return _document(header, text, sections), resting
    except (KeyError, TypeError, ValueError) as error:
        raise FrameError("its answer has no known shape") from error


def _text(pipe: BinaryIO, pieces: int, most: int) -> str:
    parts: list[str] = []
    for _ in range(pieces):
        frame = _frame(pipe, 4 * _PIECE)
        most -= len(frame)
        if most < 0:
            raise TextTooLongError("its text is too long")
        parts.append(frame.decode())
    return "".join(parts)


def _sections(pipe: BinaryIO, batches: int) -> Iterator[Section]:
    for _ in range(batches):
        for title, level, start in orjson.loads(_frame(pipe, _LARGEST_HEADER)):
            yield Section(str(title), int(level), int(start))


def _document(header: Mapping[str, Any], text: str, sections: tuple[Section, ...]) -> ParsedDocument:
    pages = tuple(int(page) for page in header["pages"])
    starts = [section.start for section in sections]
    title = header["title"]
    if any(not 0 <= start <= len(text) for start in (*starts, *pages)):
        raise ValueError("an offset lies outside of the text")
    return ParsedDocument(
        text,
        str(header["media_type"]),
        None if title is None else str(title),
        sections,
        pages,
        {str(key): _scalar(value) for key, value in cast("dict[str, Any]", header["metadata"]).items()},
    )


def _scalar(value: object) -> str | int | float | bool:
    if not isinstance(value, str | int | float | bool):
        raise TypeError("metadata is not flat")
    return value


def _write(pipe: BinaryIO, frame: bytes) -> None:
    pipe.write(_LENGTH.pack(len(frame)))
    pipe.write(frame)


def _frame(pipe: BinaryIO, most: int) -> bytes:
    length = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0]
    if length > most:
        raise FrameError("its answer is too long")
    return _exactly(pipe, length)


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0:
        part = pipe.read(min(size, _READ))
        if not part:
            raise FrameError("it has ended")
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
