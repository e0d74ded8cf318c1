"""How documents are put together in parts, and which parts become one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from liteagent.providers.lexical.planning import PART_CHUNKS, StoredPart, due, parts_of
from liteagent.providers.lexical.postings import POSTING, POSTING_BYTES, moved
from liteagent.testing.term_store import ENGLISH, terms_document


def test_a_posting_has_seven_bytes() -> None:
    assert POSTING_BYTES == 7


def test_documents_of_a_data_source_share_a_part() -> None:
    documents = [terms_document(f"d{n}", ["green tea", "tea tea"]) for n in range(3)]
    other = terms_document("d9", ["tea"], datasource_id="s2")
    one, two = parts_of([*documents, other])
    assert (one.source, one.size, one.total) == (("w1", "s1"), 6, 12)
    assert [(span.document, span.first) for span in one.spans] == [(("w1", f"d{n}"), 2 * n) for n in range(3)]
    assert (two.source, two.size) == (("w1", "s2"), 1)
    rows = {term: np.frombuffer(data, POSTING) for term, data in one.packed.rows()}
    (tea,) = ENGLISH.counts("tea")
    assert rows[tea]["place"].tolist() == [0, 1, 2, 3, 4, 5]
    assert rows[tea]["count"].tolist() == [1, 2] * 3
    assert rows[tea]["length"].tolist() == [2] * 6


def test_a_part_is_filled_up_to_its_limit() -> None:
    documents = [terms_document(f"d{n}", ["tea"] * 700) for n in range(7)]
    assert [part.size for part in parts_of(documents)] == [1400, 1400, 1400, 700]
    assert parts_of([terms_document("d", ["tea"] * (PART_CHUNKS + 1))])[0].size == PART_CHUNKS + 1
    assert parts_of([terms_document("d", [])]) == []


def test_postings_of_what_is_gone_are_left_out() -> None:
    postings = np.array([(0, 1, 5), (1, 2, 6), (0, 3, 7)], POSTING)
    packed = moved(np.array([9, 9, 4]), postings, np.array([7, -1, 8]))
    rows = {term: np.frombuffer(data, POSTING).tolist() for term, data in packed.rows()}
    assert rows == {4: [(8, 3, 7)], 9: [(7, 1, 5)]}


def test_parts_of_two_analysers_stay_apart() -> None:
    parts = [StoredPart(1, "english/1", 5, 5), StoredPart(2, "german/1", 5, 5)]
    assert due(parts) is None
    assert due([*parts, StoredPart(3, "german/1", 9, 9)]) == [parts[1], StoredPart(3, "german/1", 9, 9)]


def test_a_part_that_is_mostly_gone_is_moved_alone() -> None:
    part = StoredPart(1, "english/1", 1000, 499)
    assert due([part]) == [part]
    assert due([StoredPart(1, "english/1", 1000, 500)]) is None


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, PART_CHUNKS), max_size=80))
def test_compacting_ends_with_few_parts(sizes: list[int]) -> None:
    """No chunk is lost, no part too large, and what is left grows as the logarithm of what there was."""
    parts = {n: StoredPart(n, "english/1", size, size) for n, size in enumerate(sizes)}
    number = len(sizes)
    while (group := due(parts.values())) is not None:
        size = sum(parts.pop(part.id).chunks for part in group)
        assert size <= PART_CHUNKS
        parts[number] = StoredPart(number, "english/1", size, size)
        number += 1
    assert sum(part.chunks for part in parts.values()) == sum(sizes)
    assert len(parts) <= 2 * sum(sizes) // PART_CHUNKS + 12
