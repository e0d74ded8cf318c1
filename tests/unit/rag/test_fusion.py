"""Several orders made one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.retrieval import Hit
from liteagent.engine.rag.fusion import Fused, RankedHits, convex, reciprocal_rank

WORDS = RankedHits("bm25", 0.4, [Hit("a", 9.0), Hit("b", 5.0), Hit("c", 1.0)])
MEANINGS = RankedHits("vector", 0.6, [Hit("b", 0.9), Hit("d", 0.8), Hit("a", 0.5)])

hits = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.floats(-10, 10)), max_size=8, unique_by=lambda pair: pair[0]
).map(lambda pairs: [Hit(name, score) for name, score in sorted(pairs, key=lambda pair: -pair[1])])


def test_reciprocal_rank_fusion_adds_weighted_reciprocals() -> None:
    fused = {each.chunk_id: each.score for each in reciprocal_rank([WORDS, MEANINGS], k=10)}
    assert fused == pytest.approx(
        {
            "a": 11 * (0.4 / 11 + 0.6 / 13),
            "b": 11 * (0.4 / 12 + 0.6 / 11),
            "c": 11 * 0.4 / 13,
            "d": 11 * 0.6 / 12,
        }
    )


def test_what_is_first_everywhere_has_one() -> None:
    parts = [RankedHits("bm25", 2.0, [Hit("a", 3.0)]), RankedHits("vector", 5.0, [Hit("a", 0.1)])]
    for fused in (reciprocal_rank(parts), convex(parts)):
        assert [(each.chunk_id, each.score) for each in fused] == [("a", pytest.approx(1.0))]


def test_convex_fusion_adds_scores_that_were_scaled() -> None:
    fused = {each.chunk_id: each.score for each in convex([WORDS, MEANINGS])}
    assert fused == pytest.approx({"a": 0.4, "b": 0.4 * 0.5 + 0.6, "c": 0.0, "d": 0.6 * 0.75})


def test_an_explanation_has_raw_scores_ranks_and_shares() -> None:
    best = convex([WORDS, MEANINGS])[0]
    assert best.chunk_id == "b"
    assert best.explanation == pytest.approx(
        {
            "bm25": 5.0,
            "bm25_rank": 2,
            "bm25_share": 0.2,
            "vector": 0.9,
            "vector_rank": 1,
            "vector_share": 0.6,
        }
    )


def test_of_several_wordings_the_best_rank_is_told_and_shares_are_added() -> None:
    again = RankedHits("bm25", 0.4, [Hit("b", 7.0)])
    (told,) = (each.explanation for each in convex([WORDS, again]) if each.chunk_id == "b")
    assert told == pytest.approx({"bm25": 7.0, "bm25_rank": 1, "bm25_share": 0.5 * 0.5 + 0.5})


@given(st.lists(st.tuples(st.floats(0.01, 5), hits), max_size=3), st.integers(0, 100))
def test_scores_lie_between_zero_and_one_fall_and_are_the_sum_of_their_shares(
    found: list[tuple[float, list[Hit]]], k: int
) -> None:
    parts = [RankedHits(str(place), weight, some) for place, (weight, some) in enumerate(found)]
    for fused in (reciprocal_rank(parts, k), convex(parts)):
        assert {each.chunk_id for each in fused} == {hit.chunk_id for _, some in found for hit in some}
        assert [each.score for each in fused] == sorted((each.score for each in fused), reverse=True)
        for each in fused:
            assert 0 <= each.score <= 1 + 1e-9
            assert _shares(each) == pytest.approx(each.score)


def test_nothing_found_is_nothing() -> None:
    assert reciprocal_rank([]) == convex([]) == convex([RankedHits("bm25", 1, [])]) == []


def _shares(fused: Fused) -> float:
    return sum(value for name, value in fused.explanation.items() if name.endswith("_share"))
