"""The BM25 index against a reference that keeps lists, whatever is added and removed."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.retrieval import Hit
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.bm25 import Bm25Index, create_lexical_index, search_together
from liteagent.engine.rag.terms import BLOCK_CHUNKS, DocumentTerms, analyze

ANALYZER = Analyzer()
WORDS = ["tea", "coffee", "milk", "sugar", "cup", "pot", "kettle"]
texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
documents = st.lists(texts, max_size=4)
changes = st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | documents, st.booleans()), max_size=14)


@given(changes, texts)
@settings(max_examples=200, deadline=None)
def test_scores_are_those_of_the_formula(
    history: list[tuple[str, list[str] | None, bool]], query: str
) -> None:
    index, kept = Bm25Index(ANALYZER), dict[str, list[Chunk]]()
    for name, document, look in history:
        if document is None:
            index.remove(name)
            kept.pop(name, None)
        else:
            kept[name] = _chunks(name, document)
            index.add(name, kept[name])
        if look:
            index.search("tea", 3)  # merges what waits
    assert len(index) == sum(map(len, kept.values()))
    _assert_same(index.search(query, 100), _reference(kept, query))


@given(st.lists(documents, min_size=1, max_size=6), texts)
@settings(max_examples=100, deadline=None)
def test_several_indexes_score_like_one(parts: list[list[str]], query: str) -> None:
    one, several = Bm25Index(ANALYZER), [Bm25Index(ANALYZER) for _ in parts]
    for number, (part, index) in enumerate(zip(parts, several, strict=True)):
        chunks = _chunks(f"d{number}", part)
        one.add(f"d{number}", chunks)
        index.add(f"d{number}", chunks)
    together = search_together(several, query, 5)
    assert list(together.hits) == one.search(query, 5)
    assert together.matched == len(one.search(query, 10_000))


@given(st.lists(documents, min_size=1, max_size=6), texts, st.sets(st.integers(0, 8)))
@settings(max_examples=100, deadline=None)
def test_a_choice_of_documents_leaves_the_scores_of_their_chunks_as_they_are(
    parts: list[list[str]], query: str, chosen: set[int]
) -> None:
    index = Bm25Index(ANALYZER)
    for number, part in enumerate(parts):
        index.add(f"d{number}", _chunks(f"d{number}", part))
    names = {f"d{number}" for number in chosen}
    found = search_together([index], query, 1000, names)
    expected = [hit for hit in index.search(query, 1000) if hit.chunk_id.partition("-")[0] in names]
    assert list(found.hits) == expected
    assert found.matched == len(expected)
    assert list(search_together([index], query, 2, names).hits) == expected[:2]


def test_equal_scores_are_ordered_by_id_however_they_came_in() -> None:
    names = [f"d{number:02}" for number in range(30)]
    forward, backward = Bm25Index(ANALYZER), Bm25Index(ANALYZER)
    for name in names:
        forward.add(name, _chunks(name, ["tea"]))
        forward.search("tea", 1)
    for name in reversed(names):
        backward.add(name, _chunks(name, ["tea"]))
    expected = [f"{name}-0" for name in names[:5]]
    assert [hit.chunk_id for hit in forward.search("tea", 5)] == expected
    assert [hit.chunk_id for hit in backward.search("tea", 5)] == expected


def test_headings_are_searched_with_their_chunks() -> None:
    index = Bm25Index(ANALYZER)
    index.add("d", [Chunk("c", "d", 0, 0, 3, "Boil it.", ("Kettle",))])
    assert [hit.chunk_id for hit in index.search("kettles", 1)] == ["c"]


def test_a_document_with_more_chunks_than_a_block_holds() -> None:
    index = Bm25Index(ANALYZER)
    chunks = _chunks("d", ["tea"] * BLOCK_CHUNKS + ["coffee", "milk"])
    index.add("d", chunks)
    index.add("e", _chunks("e", ["coffee"]))
    assert [hit.chunk_id for hit in index.search("milk", 5)] == [f"d-{BLOCK_CHUNKS + 1}"]
    stored = DocumentTerms.from_bytes(analyze(ANALYZER, chunks).to_bytes())
    index.add_terms("d", [chunk.id for chunk in chunks], stored)
    assert len(index) == len(chunks) + 1
    assert len(index.search("coffee", 5)) == 2
    index.remove("d")
    assert len(index) == 1
    assert [hit.chunk_id for hit in index.search("tea coffee", 5)] == ["e-0"]


def test_many_documents_stay_in_few_segments() -> None:
    index = Bm25Index(ANALYZER)
    for number in range(300):
        index.add(f"d{number}", _chunks(f"d{number}", ["tea and milk", "sugar"]))
        index.search("tea", 1)
    assert len(index.snapshot()) < 12
    for number in range(0, 300, 2):
        index.remove(f"d{number}")
    assert len(index.search("sugar", 1000)) == len(index) // 2 == 150


def test_a_snapshot_does_not_change() -> None:
    index = Bm25Index(ANALYZER)
    index.add("d", _chunks("d", ["tea", "milk"]))
    before = index.snapshot()
    index.remove("d")
    assert sum(segment.live_count for segment in before) == 2
    assert len(index) == 0


def test_threads_may_search_while_others_change_it() -> None:
    index = Bm25Index(ANALYZER)
    index.add("stays", _chunks("stays", ["kettle"]))

    def change(number: int) -> None:
        index.add(f"d{number}", _chunks(f"d{number}", ["tea milk", "sugar"]))
        if number % 2:
            index.remove(f"d{number}")

    def find(_: int) -> list[str]:
        return [hit.chunk_id for hit in index.search("kettle", 3)]

    with ThreadPoolExecutor(6) as pool:
        changes = [pool.submit(change, number) for number in range(200)]
        found = list(pool.map(find, range(200)))
        for done in changes:
            done.result()
    assert all(hits == ["stays-0"] for hits in found)
    assert len(index) == 1 + 100 * 2


def test_a_huge_query_is_answered() -> None:
    index = Bm25Index(ANALYZER)
    index.add("d", _chunks("d", ["kettle", "pot"]))
    query = "kettle " + " ".join(f"word{number}" for number in range(200_000))
    assert [hit.chunk_id for hit in index.search(query, 3)] == ["d-0"]


def test_terms_of_another_analyzer_or_document_are_refused() -> None:
    index = create_lexical_index("bm25", language="german")
    with pytest.raises(InvalidInputError, match="again"):
        index.add_terms("d", ["d-0"], analyze(ANALYZER, _chunks("d", ["tea"])))
    with pytest.raises(InvalidInputError, match="2 chunks"):
        Bm25Index(ANALYZER).add_terms("d", ["d-0", "d-1"], analyze(ANALYZER, _chunks("d", ["tea"])))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'bm25'"):
        create_lexical_index("tfidf")


def _chunks(document_id: str, texts: Sequence[str]) -> list[Chunk]:
    return [Chunk(f"{document_id}-{i}", document_id, i, 0, len(text), text) for i, text in enumerate(texts)]


def _reference(kept: Mapping[str, Sequence[Chunk]], query: str) -> list[Hit]:
    k1, b = 1.2, 0.75
    counts = {chunk.id: Counter(ANALYZER.words(chunk.text)) for chunks in kept.values() for chunk in chunks}
    mean = max(1.0, sum(count.total() for count in counts.values()) / max(1, len(counts)))
    hits: list[Hit] = []
    for chunk_id, count in counts.items():
        score = 0.0
        for word in ANALYZER.words(query):
            n = sum(word in other for other in counts.values())
            idf = math.log(1 + (len(counts) - n + 0.5) / (n + 0.5))
            score += idf * count[word] / (count[word] + k1 * (1 - b + b * count.total() / mean))
        if score > 0:
            hits.append(Hit(chunk_id, score))
    return hits


def _assert_same(found: Sequence[Hit], expected: Sequence[Hit]) -> None:
    scores = {hit.chunk_id: hit.score for hit in expected}
    assert {hit.chunk_id: hit.score for hit in found} == pytest.approx(scores, rel=1e-5)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
