"""What an index keeps of a document: numbers of terms and how often they stand in which chunk."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.languages import AnyAnalyzer

__all__ = ["BLOCK_CHUNKS", "DocumentTerms", "TermBlock", "analyze"]

BLOCK_CHUNKS = 16_384
"""Most chunks in a block; places of chunks fit in 16 bits."""

_Number = TypeVar("_Number", bound=np.generic)

_MAX_COUNT = 255
_SAMPLED = 3
_MAGIC = b"LATERMS1"
_HEADER = struct.Struct("<8sIII")  # magic, CRC-32 of what follows, bytes of the analyzer's name, blocks
_BLOCK = struct.Struct("<III")  # chunks, terms, postings


@dataclass(frozen=True, slots=True, eq=False)
class TermBlock:
    """Up to `BLOCK_CHUNKS` chunks, by term.

    Attributes:
        lengths: Terms in each chunk, repetitions counted.
        terms: Numbers of the terms, ascending, each once.
        sizes: How many chunks each term stands in; they add up to the length of `chunks`.
        chunks: For one term after the other, the places of its chunks, ascending.
        counts: How often the term stands there; 255 stands for that and more.
    """

    lengths: npt.NDArray[np.uint32]
    terms: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.uint16]
    chunks: npt.NDArray[np.uint16]
    counts: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class DocumentTerms:
    """A document's terms, as `analyze` makes them and a database keeps them.

    Attributes:
        analyzer: `Analyzer.name` of who made them; an index takes only those of its own.
    """

    analyzer: str
    blocks: tuple[TermBlock, ...]

    def __len__(self) -> int:
        """How many chunks it describes."""
        return sum(len(block.lengths) for block in self.blocks)

    def to_bytes(self) -> bytes:
        """A compact form for a database column; `from_bytes` gives an equal value back."""
        name = self.analyzer.encode()
        body = b"".join((name, *(part for block in self.blocks for part in _packed(block))))
        return _HEADER.pack(_MAGIC, zlib.crc32(body), len(name), len(self.blocks)) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> "DocumentTerms":
        """The value that `to_bytes` wrote; its arrays are views of `data`.

        Raises:
            InvalidInputError: `data` is damaged or of another version; the document must be indexed again.
        """
        try:
            return cls(*_unpacked(data))
        except (struct.error, ValueError) as error:
            raise InvalidInputError(
                f"A document's stored terms cannot be used ({error}). Index the document again."
            ) from error


def analyze(analyzer: AnyAnalyzer, chunks: Sequence[Chunk]) -> DocumentTerms:
    """The terms of a document's chunks, their headings included. Pure and CPU-bound: run it in a thread."""
    analyzer = analyzer.for_text(_sample(chunks))
    blocks = [
        _block(analyzer, chunks[start : start + BLOCK_CHUNKS])
        for start in range(0, len(chunks), BLOCK_CHUNKS)
    ]
    return DocumentTerms(analyzer.name, tuple(blocks))


def _sample(chunks: Sequence[Chunk]) -> str:
    """Enough of a document to tell its language: some of the first chunks, some of the middle."""
    middle = len(chunks) // 2
    return "\n".join(chunk.text for chunk in (*chunks[:_SAMPLED], *chunks[middle : middle + _SAMPLED]))


def _block(analyzer: Analyzer, chunks: Sequence[Chunk]) -> TermBlock:
    terms, lengths = analyzer.terms(chunk.searchable for chunk in chunks)
    order = np.argsort(terms, kind="stable")
    terms, places = terms[order], np.repeat(np.arange(len(chunks), dtype=np.uint16), lengths)[order]
    other_term = _changes(terms)
    postings = np.flatnonzero(other_term | _changes(places))
    starts = np.flatnonzero(other_term[postings])
    return TermBlock(
        lengths=lengths.astype(np.uint32),
        terms=terms[postings[starts]],
        sizes=np.diff(starts, append=len(postings)).astype(np.uint16),
        chunks=places[postings],
        counts=np.minimum(np.diff(postings, append=len(terms)), _MAX_COUNT).astype(np.uint8),
    )


def _changes(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Which values differ from the one before; the first one does."""
    changes = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def _packed(block: TermBlock) -> Iterator[bytes]:
    yield _BLOCK.pack(len(block.lengths), len(block.terms), len(block.chunks))
    for array in (block.lengths, block.terms, block.sizes, block.chunks, block.counts):
        yield array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _unpacked(data: bytes) -> tuple[str, tuple[TermBlock, ...]]:
    magic, checksum, name_length, block_count = _HEADER.unpack_from(data)
    body = memoryview(data)[_HEADER.size :]
    if magic != _MAGIC:
        raise ValueError("another format or version")
    if zlib.crc32(body) != checksum:
        raise ValueError("the checksum does not match")
    reader = _Reader(data, _HEADER.size + name_length)
    blocks = tuple(reader.block() for _ in range(block_count))
    if reader.at != len(data):
        raise ValueError("there is more than was announced")
    return bytes(body[:name_length]).decode(), blocks


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self.at = at

    def block(self) -> TermBlock:
        chunks, terms, postings = _BLOCK.unpack_from(self._data, self.at)
        self.at += _BLOCK.size
        block = TermBlock(
            lengths=self._array(np.uint32, chunks),
            terms=self._array(np.int64, terms),
            sizes=self._array(np.uint16, terms),
            chunks=self._array(np.uint16, postings),
            counts=self._array(np.uint8, postings),
        )
        _check(block)
        return block

    def _array(self, kind: type[_Number], length: int) -> npt.NDArray[_Number]:
        stored = np.dtype(kind).newbyteorder("<")
        values = np.frombuffer(self._data, stored, length, self.at)
        self.at += length * stored.itemsize
        return values.astype(kind, copy=False)


def _check(block: TermBlock) -> None:
    if len(block.lengths) > BLOCK_CHUNKS or int(block.sizes.sum(dtype=np.int64)) != len(block.chunks):
        raise ValueError("its numbers do not add up")
    if len(block.chunks) and int(block.chunks.max()) >= len(block.lengths):
        raise ValueError("it names a chunk that is not there")
