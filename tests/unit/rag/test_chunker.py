"""Chunks: exact offsets, nothing lost, sizes kept, for any script."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import cast, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.chunker import Chunker, ChunkerKind, RecursiveChunker, Unit, create_chunker
from tests.unit.rag.chunking.material import encode

SIZE = 40
OVERLAP = 12
WORDS = [
    "a",
    "word",
    "Größe",
    "吾輩は猫である。",
    "名前はまだ無い",
    "中文没有空格，",
    "مرحبا بالعالم؟",
    "हिन्दी।",
    "ภาษาไทย",
    "e\u0301\u0323",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0001f44d\U0001f3fd",
    "\U0001f1e9\U0001f1ea\U0001f1ef\U0001f1f5",
    "\u1112\u1161\u11ab",
    "x" * 130,
    "#",
    "- ",
    "\ud800\udc00",
]
BREAKS = [" ", "\n", "\n\n", "\r\n", "\r\n\r\n", ". ", "\t", "\u3000", "\r", "", "    "]
texts = st.one_of(
    st.lists(st.sampled_from(WORDS + BREAKS), max_size=60).map("".join),
    st.text(max_size=300),
    st.text(alphabet="ab \n\r.\u0301\u200d", max_size=300),
)


@given(texts, st.sampled_from([0, OVERLAP]))
@settings(max_examples=300, deadline=None)
def test_what_holds_for_every_text(text: str, overlap: int) -> None:
    chunks = create_chunker("recursive", chunk_size=SIZE, overlap=overlap).chunk("d", text)
    covered: set[int] = set()
    for index, chunk in enumerate(chunks):
        assert chunk.index == index
        assert text[chunk.start : chunk.end] == chunk.text
        assert 0 < len(chunk.text) <= SIZE
        assert chunk.text.strip()
        covered.update(range(chunk.start, chunk.end))
    assert all(place in covered or character.isspace() for place, character in enumerate(text))
    for one, other in pairwise(chunks):
        assert one.start < other.start
        assert one.end < other.end
        assert one.end - other.start <= overlap
    assert len({chunk.id for chunk in chunks}) == len(chunks)


@given(texts)
@settings(max_examples=150, deadline=None)
def test_chunking_is_idempotent(text: str) -> None:
    chunker = create_chunker(chunk_size=SIZE, overlap=OVERLAP)
    chunks = chunker.chunk("d", text)
    assert chunker.chunk("d", text) == chunks
    for chunk in chunks:
        (again,) = chunker.chunk("d", chunk.text)
        assert again.text == chunk.text


@given(texts, st.lists(st.tuples(st.integers(0, 300), st.integers(1, 6)), max_size=8))
@settings(max_examples=150, deadline=None)
def test_sections_lose_nothing(text: str, places: list[tuple[int, int]]) -> None:
    sections = [Section(f"s{start}", level, start) for start, level in places]
    chunks = create_chunker(chunk_size=SIZE, overlap=OVERLAP).chunk("d", text, sections)
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(place in covered or character.isspace() for place, character in enumerate(text))
    assert all(text[chunk.start : chunk.end] == chunk.text and len(chunk.text) <= SIZE for chunk in chunks)


@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t\u3000"])
def test_a_blank_text_has_no_chunks(text: str) -> None:
    assert create_chunker().chunk("d", text) == []


def test_paragraphs_come_before_lines_before_sentences_before_words() -> None:
    chunker = create_chunker(chunk_size=40, overlap=0)
    assert _texts(chunker.chunk("d", "First paragraph is here.\n\nSecond one\nfollows after it.")) == [
        "First paragraph is here.",
        "Second one\nfollows after it.",
    ]
    assert _texts(chunker.chunk("d", "A line which is long enough\nAnother line. With two sentences.")) == [
        "A line which is long enough",
        "Another line. With two sentences.",
    ]
    assert _texts(chunker.chunk("d", "One sentence is written. Another sentence follows")) == [
        "One sentence is written.",
        "Another sentence follows",
    ]
    assert _texts(chunker.chunk("d", "many words without any end of a sentence at all")) == [
        "many words without any end of a",
        "sentence at all",
    ]


def test_overlap_begins_at_a_word() -> None:
    text = " ".join(f"word{number:03}" for number in range(200))
    chunks = create_chunker(chunk_size=100, overlap=30).chunk("d", text)
    assert all(re.fullmatch(r"word\d{3}( word\d{3})*", chunk.text) for chunk in chunks)
    assert all(0 < one.end - other.start <= 30 for one, other in pairwise(chunks))


@pytest.mark.parametrize(
    ("unit", "count"),
    [
        ("e\u0301", 100),
        ("\r\n\u0301x", 60),
        ("\U0001f469\u200d\U0001f467", 60),
        ("\U0001f44d\U0001f3fd", 80),
        ("\U0001f1e9\U0001f1ea", 80),
        ("\u1112\u1161\u11ab", 60),
        ("\ud83d\ude00", 80),
    ],
)
@pytest.mark.parametrize("shift", [0, 1])
def test_what_a_reader_sees_as_one_is_not_cut(unit: str, count: int, shift: int) -> None:
    text = "x" * shift + unit * count
    for overlap in (0, 7):
        chunks = create_chunker(chunk_size=35, overlap=overlap).chunk("d", text)
        assert len(chunks) > 2
        assert all(
            (edge - shift) % len(unit) == 0 or edge == 0 or text[edge - 1 : edge + 1].isspace()
            for chunk in chunks
            for edge in (chunk.start, chunk.end)
            if "\r" not in unit
        )
        assert not any(text[chunk.end - 1 : chunk.end + 1] == "\r\n" for chunk in chunks)


def test_japanese_is_cut_at_sentences() -> None:
    text = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。" * 5
    chunks = create_chunker(chunk_size=40, overlap=0).chunk("d", text)
    assert all(chunk.text.endswith("。") for chunk in chunks)


def test_a_word_of_5000_characters() -> None:
    chunks = create_chunker(chunk_size=1000, overlap=100).chunk("d", "before " + "x" * 5000 + " after")
    assert "".join(chunk.text for chunk in chunks).count("x") >= 5000
    assert chunks[-1].text.endswith("after")


def test_indentation_stays() -> None:
    text = "def f():\n    first = 1\n\n    second = 2\n\n    third = 3\n    return first"
    chunks = create_chunker(chunk_size=32, overlap=0).chunk("d", text)
    assert chunks[1].text.startswith("    second")


class TestSections:
    text = "# Guide\n\n## Install\n" + "Install it now. " * 12 + "\n## Use\n" + "Use it daily. " * 12
    sections = (Section("Guide", 1, 0), Section("Install", 2, 9), Section("Use", 2, text.index("## Use")))

    def test_no_chunk_runs_across_a_section(self) -> None:
        chunks = create_chunker(chunk_size=150, overlap=40).chunk("d", self.text, self.sections)
        use = self.sections[2].start
        assert all(chunk.end <= use or chunk.start >= use for chunk in chunks)
        assert {chunk.heading for chunk in chunks if chunk.start >= use} == {("Guide", "Use")}

    def test_a_title_goes_together_with_what_follows(self) -> None:
        chunks = create_chunker(chunk_size=150, overlap=0).chunk("d", self.text, self.sections)
        assert chunks[0].text.startswith("# Guide\n\n## Install")
        assert chunks[0].heading == ("Guide", "Install")

    def test_tiny_sections_share_a_chunk_under_what_they_have_in_common(self) -> None:
        text = "# A\n## B\nb\n## C\nc\n## D\nd\n"
        sections = [Section("A", 1, 0)] + [Section(name, 2, text.index(f"## {name}")) for name in "BCD"]
        (chunk,) = create_chunker(chunk_size=200, overlap=0).chunk("d", text, sections)
        assert chunk.text == text.strip()
        assert chunk.heading == ("A",)

    def test_what_stands_before_the_first_heading_has_none(self) -> None:
        chunks = create_chunker(chunk_size=40, overlap=0).chunk("d", "x " * 40 + "# A", [Section("A", 1, 80)])
        assert chunks[0].heading == ()


def test_ids_depend_on_document_and_content_and_differ_where_these_are_alike() -> None:
    chunker = create_chunker(chunk_size=32, overlap=0)
    text = "same words here. " * 8
    ids = [chunk.id for chunk in chunker.chunk("d", text)] + [chunk.id for chunk in chunker.chunk("e", text)]
    assert len(set(ids)) == len(ids)
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", i) for i in ids
    )


@pytest.mark.parametrize(("size", "overlap"), [(31, 0), (100, 51), (100, -1)])
def test_sizes_out_of_range_are_refused(size: int, overlap: int) -> None:
    with pytest.raises(InvalidInputError):
        create_chunker(chunk_size=size, overlap=overlap)


def test_an_unknown_chunker_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'recursive'"):
        create_chunker("agentic")


@pytest.mark.parametrize("kind", get_args(ChunkerKind))
def test_an_unknown_option_is_refused(kind: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{kind!r} has no option 'colour'"):
        create_chunker(kind, encode=encode, colour="red")


@pytest.mark.parametrize(
    ("kind", "option", "value"),
    [
        ("semantic", "percentile", 101),
        ("semantic", "threshold", "low"),
        ("semantic", "window", 0),
        ("structure", "join_below", -1),
        ("code", "language", 7),
        ("parent_child", "parent_size", True),
    ],
)
def test_an_option_out_of_range_is_refused(kind: str, option: str, value: object) -> None:
    with pytest.raises(InvalidInputError, match=f"{option} is {value!r}; give a"):
        _create_with(kind, {option: value})


@pytest.mark.parametrize("kind", get_args(ChunkerKind))
def test_none_stands_for_the_default(kind: str) -> None:
    own = {
        "semantic": ["percentile", "threshold", "window", "minimum"],
        "structure": ["join_below"],
        "code": ["language"],
        "parent_child": ["parent_size"],
    }
    chunks = _create_with(kind, dict.fromkeys(own.get(kind, ()))).chunk("d", "Some words. " * 200)
    assert chunks == _create_with(kind, {}).chunk("d", "Some words. " * 200)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'characters' or 'tokens'"):
        create_chunker(unit=cast("Unit", "words"))


def test_sizes_in_tokens_are_checked_in_tokens() -> None:
    with pytest.raises(InvalidInputError, match="at least 16 tokens"):
        create_chunker(chunk_size=15, overlap=0, unit="tokens")


def test_each_chunk_knows_the_page_that_it_begins_on() -> None:
    text = "Words of it. " * 30
    chunks = create_chunker(chunk_size=100, overlap=0).chunk("d", text, pages=(0, 91, 200))
    assert [chunk.page for chunk in chunks] == [1, 2, 2, 3, 3]
    assert create_chunker().chunk("d", text)[0].page is None
    assert create_chunker().chunk("d", text, pages=(5,))[0].page == 1


def test_a_changed_heading_changes_the_ids_below_it_only() -> None:
    text = "One\n" + "words " * 40 + "\nTwo\n" + "words and " * 30
    two = text.index("Two")
    before = RecursiveChunker(100, 0).chunk("d", text, [Section("One", 1, 0), Section("Two", 1, two)])
    after = RecursiveChunker(100, 0).chunk("d", text, [Section("One", 1, 0), Section("2", 1, two)])
    kept = {chunk.id for chunk in before} & {chunk.id for chunk in after}
    assert kept == {chunk.id for chunk in before if chunk.heading == ("One",)}


def _create_with(kind: str, options: Mapping[str, object]) -> Chunker:
    return create_chunker(
        kind, chunk_size=1000, overlap=100, unit="characters", encode=encode, tokens=None, **options
    )


def _texts(chunks: list[Chunk]) -> list[str]:
    return [chunk.text for chunk in chunks]
