"""Sizes in tokens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.chunking.ruler import LONGEST_TOKEN, TokenRuler
from liteagent.engine.rag.chunking.tokens import approximate_tokens
from tests.unit.rag.chunking.material import tokens_in


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(0, 59), st.integers(1, 12))
def test_reach_and_back_are_as_far_as_the_size_allows(starts: list[int], place: int, amount: int) -> None:
    length = 60
    ruler = TokenRuler(starts, length)
    far = ruler.reach(place, amount)
    assert far > place
    if ruler.size(place, place + 1) <= amount:
        assert ruler.size(place, min(far, length)) <= amount
        assert far >= length or ruler.size(place, far + 1) > amount
    near = ruler.back(place, amount)
    assert near <= place
    assert ruler.size(near, place) <= amount
    assert not any(start < near and ruler.size(start, place) <= amount for start in starts)


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(0, 59), st.integers(1, 16))
def test_every_token_that_is_touched_counts(starts: list[int], place: int, length: int) -> None:
    assert TokenRuler(starts, 60).size(place, place + length) == max(
        tokens_in(starts, place, place + length), 1
    )


def test_limits_hold_in_tokens() -> None:
    text = "Some words and numbers 12345. " * 200
    chunks = create_chunker(chunk_size=64, overlap=8, unit="tokens").chunk("d", text)
    assert all(40 < len(approximate_tokens(chunk.text)) <= 64 for chunk in chunks[:-1])


def test_the_tokenizer_is_asked_once_a_document() -> None:
    asked: list[str] = []

    def tokens(text: str) -> list[int]:
        asked.append(text)
        return list(range(0, len(text), 4))

    chunks = create_chunker(chunk_size=16, overlap=0, unit="tokens", tokens=tokens).chunk("d", "x" * 640)
    assert asked == ["x" * 640]
    assert [len(chunk.text) for chunk in chunks] == [64] * 10


def test_a_word_that_is_one_token_however_long_is_cut() -> None:
    chunks = create_chunker(chunk_size=16, overlap=0, unit="tokens", tokens=lambda _: [0]).chunk(
        "d", "x" * 5000
    )
    assert {len(chunk.text) for chunk in chunks[:-1]} == {16 * LONGEST_TOKEN}


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), (" \t", 0), ("internationalization", 4), ("漢字かな", 4), ("a+=1234\n\n", 5)]
)
def test_the_approximation(text: str, count: int) -> None:
    assert len(approximate_tokens(text)) == count
