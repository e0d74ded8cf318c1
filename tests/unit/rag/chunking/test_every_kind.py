"""What every way of cutting owes every text: exact ranges, nothing lost, nothing doubled, limits kept."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk
from liteagent.engine.rag.chunker import Chunker, ChunkerKind, Unit, create_chunker
from liteagent.engine.rag.chunking.lines import lines
from tests.unit.rag.chunking.material import encode, texts, token_starts, tokens_in

SIZE = 40
OVERLAP = 12
WITHOUT_OVERLAP = ("semantic", "code")
KINDS = get_args(ChunkerKind)
MEDIA_TYPES = ["text/plain", "text/markdown", "text/x-python", "text/x-java"]
places = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 6)), max_size=8)


def _create(kind: str, unit: Unit = "characters", overlap: int = OVERLAP) -> Chunker:
    size = SIZE if unit == "characters" else 16
    overlap = overlap if unit == "characters" else overlap // 3
    return create_chunker(
        kind, chunk_size=size, overlap=overlap, unit=unit, encode=encode, tokens=token_starts
    )


@pytest.mark.parametrize("kind", KINDS)
@given(texts, places, st.sampled_from([0, OVERLAP]), st.sampled_from(MEDIA_TYPES))
@settings(max_examples=150, deadline=None)
@example("- a\n\n\u0301b" * 20, [], OVERLAP, "text/markdown")
@example("x" * 5000 + " y", [], OVERLAP, "text/plain")
@example("aaa-     \n\n中文没有空格，" + "x" * 90, [], OVERLAP, "text/plain")
def test_in_characters(
    kind: str, text: str, places: list[tuple[int, int]], overlap: int, media_type: str
) -> None:
    chunks = _create(kind, "characters", overlap).chunk("d", text, _sections(places), media_type=media_type)
    _are_sound(text, chunks)
    _lose_nothing(kind, text, chunks)
    assert all(len(chunk.text) <= SIZE for chunk in chunks)
    doubled = 0 if kind in WITHOUT_OVERLAP and not places and media_type != "text/markdown" else overlap
    assert all(one.end - other.start <= doubled for one, other in pairwise(chunks))


@pytest.mark.parametrize("kind", KINDS)
@given(texts, places)
@settings(max_examples=100, deadline=None)
def test_in_tokens(kind: str, text: str, places: list[tuple[int, int]]) -> None:
    chunks = _create(kind, "tokens").chunk("d", text, _sections(places))
    _are_sound(text, chunks)
    _lose_nothing(kind, text, chunks)
    starts = token_starts(text)
    assert all(tokens_in(starts, chunk.start, chunk.end) <= 16 for chunk in chunks)
    assert all(
        tokens_in(starts, other.start, one.end) <= 4
        for one, other in pairwise(chunks)
        if other.start < one.end
    )


@pytest.mark.parametrize("kind", KINDS)
@given(texts, st.integers(0, 200), st.sampled_from(MEDIA_TYPES))
@settings(max_examples=40, deadline=None)
def test_the_same_text_gives_the_same_chunks(kind: str, text: str, page: int, media_type: str) -> None:
    pages = (0, page, page + 50)
    chunks = _create(kind).chunk("d", text, pages=pages, media_type=media_type)
    assert _create(kind).chunk("d", text, pages=pages, media_type=media_type) == chunks
    assert [chunk.page for chunk in chunks] == [sum(p <= chunk.start for p in pages) for chunk in chunks]
    other = {chunk.id for chunk in _create(kind).chunk("e", text, media_type=media_type)}
    assert not other & {chunk.id for chunk in chunks}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "fixed"])
@given(st.lists(st.text(alphabet="ab. \n", max_size=90), min_size=2, max_size=6))
@settings(max_examples=60, deadline=None)
def test_nothing_is_doubled_across_sections(kind: str, bodies: list[str]) -> None:
    text, sections = "", list[Section]()
    for number, body in enumerate(bodies):
        sections.append(Section(f"s{number}", 2, len(text)))
        text += f"## s{number} {'long ' * 8}\n{body}\n"
    chunks = _create(kind).chunk("d", text, sections)
    starts = [section.start for section in sections]
    for one, other in pairwise(chunks):
        assert not any(other.start < place < one.end for place in starts)
    for chunk in chunks:
        first, last = (sum(place <= at for place in starts) - 1 for at in (chunk.start, chunk.end - 1))
        assert chunk.heading == ((f"s{first}",) if first == last else ())


def test_paragraphs_inserted_in_front_leave_the_ids_of_the_rest() -> None:
    paragraphs = [f"Paragraph {n} tells of {n * 7919} things. " * (n % 4 + 2) for n in range(200)]
    for kind in KINDS:
        chunker = create_chunker(kind, chunk_size=400, overlap=40, encode=encode)
        before = chunker.chunk("d", "\n\n".join(paragraphs))
        after = chunker.chunk(
            "d", "\n\n".join([*paragraphs[:50], "New words, put in here.", *paragraphs[50:]])
        )
        changed = {chunk.id for chunk in after} - {chunk.id for chunk in before}
        assert len(changed) <= (len(after) if kind == "fixed" else 12), kind


def test_equal_chunks_have_ids_of_their_own() -> None:
    chunks = create_chunker(chunk_size=32, overlap=0).chunk("d", "same words again here.\n\n" * 4)
    assert len({chunk.text for chunk in chunks}) < len({chunk.id for chunk in chunks}) == len(chunks)


def _sections(places: Sequence[tuple[int, int]]) -> list[Section]:
    return [Section(f"s{start}", level, start) for start, level in places]


def _are_sound(text: str, chunks: Sequence[Chunk]) -> None:
    for index, chunk in enumerate(chunks):
        assert chunk.index == index
        assert text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip()
        assert chunk.parent is None or chunk.parent.start <= chunk.start < chunk.end <= chunk.parent.end
        assert text[chunk.end - 1 : chunk.end + 1] != "\r\n"
    for one, other in pairwise(chunks):
        assert one.start < other.start
        assert one.end < other.end
    assert len({chunk.id for chunk in chunks}) == len(chunks)


def _lose_nothing(kind: str, text: str, chunks: Sequence[Chunk]) -> None:
    covered = bytearray(len(text))
    for chunk in chunks:
        covered[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    lost = "".join("\n" if covered[place] else letter for place, letter in enumerate(text))
    if kind != "question_answer":
        assert not lost.strip()
        return
    # A question stands in a context; beside it there are its mark, a table's bars and a heading's signs.
    contexts = " ".join(chunk.context for chunk in chunks)
    for line in lines(lost, 0, len(lost)):
        for word in re.split(r"[\s|]+|\b[QA]\b:?", line.text):
            assert not re.search(r"\w", word) or word.strip("#*_-\"'") in contexts, word
