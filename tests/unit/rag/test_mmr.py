"""Variety among passages."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from liteagent.engine.rag.mmr import diversified, text_likeness, vector_likeness


def test_a_near_copy_comes_after_something_else() -> None:
    texts = ["green tea is hot", "green tea is hot too", "coffee from beans"]
    likeness = text_likeness(texts)
    assert diversified([1.0, 0.95, 0.6], likeness, 0.5, 3) == [0, 2, 1]
    assert diversified([1.0, 0.95, 0.6], likeness, 1.0, 3) == [0, 1, 2]


def test_likeness_of_vectors_is_their_cosine() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [-1, 0]], dtype=np.float32)
    assert np.allclose(vector_likeness(vectors), [[1, 0.6, 0], [0.6, 1, 0], [0, 0, 1]])


def test_likeness_of_texts_without_words() -> None:
    assert np.array_equal(text_likeness(["", "…"]), np.eye(2))


@given(st.lists(st.floats(-100, 100), max_size=8), st.floats(0, 1), st.integers(1, 10))
def test_each_place_is_chosen_once_and_the_best_comes_first(
    scores: list[float], weight: float, top_k: int
) -> None:
    likeness = np.full((len(scores), len(scores)), 0.5)
    chosen = diversified(scores, likeness, weight, top_k)
    assert len(chosen) == len(set(chosen)) == min(top_k, len(scores))
    if chosen and weight > 0.01:
        assert scores[chosen[0]] >= max(scores) - 1e-6 * max(1.0, max(scores) - min(scores))


def test_nothing_to_choose_from() -> None:
    assert diversified([], np.zeros((0, 0)), 0.5, 5) == []
