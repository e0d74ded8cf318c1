"""A response's body, decompressed piece by piece so that a limit holds whatever it unfolds to."""

import zlib
from collections.abc import AsyncIterable, Iterator
from typing import Final

__all__ = ["BodyTooLargeError", "MalformedBodyError", "read_body"]

_PIECE: Final = 64 * 1024
_GZIP: Final = 31
_ZLIB: Final = 15
_RAW_DEFLATE: Final = -15


class BodyTooLargeError(Exception):
    """There is more than was asked for."""


class MalformedBodyError(Exception):
    """The body is not what its content encoding says; the text says what is wrong."""


async def read_body(stream: AsyncIterable[bytes], encoding: str, limit: int) -> bytes:
    """Read all of it, decompressed.

    Args:
        stream: The bytes as they come over the wire.
        encoding: The content encoding; one that is not known leaves the body as it is.
        limit: Bytes after decompression; so much (and a little for a format's own overhead) may come in too,
            for there are compressed streams without end and content.

    Raises:
        BodyTooLargeError: The limit is passed; nothing more is read.
        MalformedBodyError: It cannot be decompressed.
    """
    inflater = _inflater(encoding)
    body, arrived = bytearray(), 0
    async for data in stream:
        arrived += len(data)
        if arrived > limit + limit // 64 + 1024:
            raise BodyTooLargeError
        for piece in inflater.feed(data):
            _add(body, piece, limit)
    _add(body, inflater.finish(), limit)
    return bytes(body)


def _add(body: bytearray, piece: bytes, limit: int) -> None:
    if len(body) + len(piece) > limit:
        raise BodyTooLargeError
    body += piece


class _Plain:
    """Nothing to decompress."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> bytes:
        return b""


class _Inflater:
    """gzip (also of several members) and deflate (with its header, or without, as some servers send it)."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._zlib = zlib.decompressobj(window)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._zlib.eof and not self._next_member(data):
                return
            if piece := self._inflate(data):
                yield piece
            data = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail

    def finish(self) -> bytes:
        rest = self._zlib.flush()
        if self._begun and not self._zlib.eof:
            raise MalformedBodyError("its compressed body breaks off")
        return rest

    def _next_member(self, data: bytes) -> bool:
        if self._window != _GZIP or not data.startswith(b"\x1f"):
            return False  # what follows the end is padding
        self._zlib = zlib.decompressobj(self._window)
        return True

    def _inflate(self, data: bytes) -> bytes:
        try:
            piece = self._zlib.decompress(data, _PIECE)
        except zlib.error:
            if self._begun or self._window != _ZLIB:
                raise MalformedBodyError("its body is not compressed as it says") from None
            self._window = _RAW_DEFLATE
            self._zlib = zlib.decompressobj(self._window)
            return self._inflate(data)
        self._begun = True
        return piece


def _inflater(encoding: str) -> _Plain | _Inflater:
    codings = [each.strip().lower() for each in encoding.split(",")]
    match [each for each in codings if each not in ("", "identity")]:
        case ["gzip" | "x-gzip"]:
            return _Inflater(_GZIP)
        case ["deflate"]:
            return _Inflater(_ZLIB)
        case [_, _, *_]:
            # Bombs in bombs unfold to hours of work without a byte of output.
            raise MalformedBodyError("its body is compressed more than once")
        case _:
            return _Plain()
