"""Terms as a database keeps them."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.terms import DocumentTerms, analyze

ANALYZER = Analyzer()


def _terms(*texts: str) -> DocumentTerms:
    chunks = [Chunk(str(index), "d", index, 0, len(text), text) for index, text in enumerate(texts)]
    return analyze(ANALYZER, chunks)


@given(st.lists(st.text(max_size=60), max_size=6))
@settings(max_examples=100, deadline=None)
def test_bytes_and_back(texts: list[str]) -> None:
    terms = _terms(*texts)
    stored = terms.to_bytes()
    again = DocumentTerms.from_bytes(stored)
    assert again.to_bytes() == stored
    assert (again.analyzer, len(again)) == ("english/1", len(texts))
    for one, other in zip(terms.blocks, again.blocks, strict=True):
        for name in ("lengths", "terms", "sizes", "chunks", "counts"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_counts_saturate_and_lengths_do_not() -> None:
    (block,) = _terms("tea " * 1000).blocks
    assert block.counts.tolist() == [255]
    assert block.lengths.tolist() == [1000]


def test_the_form_is_compact() -> None:
    text = " ".join(f"word{number % 90}" for number in range(160))
    assert len(_terms(*[text] * 10).to_bytes()) < 10 * len(text)


@given(st.integers(0, 400), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_any_damage_is_noticed(place: int, flip: int) -> None:
    stored = bytearray(_terms("green tea leaves", "black tea", "more of it").to_bytes())
    stored[place % len(stored)] ^= flip
    with pytest.raises(InvalidInputError, match="again"):
        DocumentTerms.from_bytes(bytes(stored))


@pytest.mark.parametrize("length", [0, 5, 19, 20, 30, 100])
def test_what_was_cut_off_is_noticed(length: int) -> None:
    with pytest.raises(InvalidInputError):
        DocumentTerms.from_bytes(_terms("green tea leaves", "black tea").to_bytes()[:length])


@pytest.mark.parametrize(
    "body",
    [
        struct.pack("<III", 1, 1, 2) + bytes(4 + 8) + struct.pack("<H", 1) + bytes(2 * 2 + 2),
        struct.pack("<III", 1, 1, 1) + bytes(4 + 8) + struct.pack("<HHB", 1, 7, 1),
        struct.pack("<III", 1, 0, 0) + bytes(4) + b"more",
    ],
    ids=["sizes", "chunk", "rest"],
)
def test_a_valid_checksum_is_not_enough(body: bytes) -> None:
    body = b"english/1" + body
    with pytest.raises(InvalidInputError):
        DocumentTerms.from_bytes(struct.pack("<8sIII", b"LATERMS1", zlib.crc32(body), 9, 1) + body)
