"""By meaning: where neighbouring sentences have little in common."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.chunker import create_chunker
from tests.unit.rag.chunking.material import encode

TEA = "Green tea brews at eighty degrees. Black tea brews longer. Good tea needs soft water. "
SHIPS = "A ship needs a keel. The keel of a ship bears its mast. No ship sails without a mast. "
BEES = "Bees live in a hive. The hive has one queen. A queen of bees lays eggs in the hive. "


def _cut(text: str, size: int = 1000, sections: Sequence[Section] = (), **options: Any) -> list[Chunk]:
    chunker = create_chunker("semantic", chunk_size=size, overlap=0, encode=by_topic, **options)
    return chunker.chunk("d", text, sections)


def by_topic(texts: Sequence[str]) -> Vectors:
    """A vector for each topic, with a little of the text's own."""
    topics = np.array([["tea" in t.lower(), "ship" in t.lower(), "hive" in t.lower()] for t in texts])
    vectors = np.hstack([topics.astype(np.float32), encode(texts) * 0.2]).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_it_cuts_where_the_topic_changes() -> None:
    text = TEA + SHIPS + BEES
    wanted = [TEA.strip(), SHIPS.strip(), BEES.strip()]
    assert [chunk.text for chunk in _cut(text, minimum=0, percentile=75.0)] == wanted
    assert [chunk.text for chunk in _cut(text, minimum=0, threshold=0.3)] == wanted


def test_the_minimum_keeps_pieces_together() -> None:
    assert all(len(chunk.text) >= 60 for chunk in _cut(TEA + SHIPS + BEES, minimum=60, percentile=0)[:-1])


def test_one_topic_over_the_size_is_cut_at_sentences() -> None:
    chunks = _cut(TEA * 20, 300, threshold=-1)
    assert len(chunks) > 5
    assert all(chunk.text.endswith(".") and 100 <= len(chunk.text) <= 300 for chunk in chunks)


def test_sections_are_kept_apart() -> None:
    text = TEA * 3 + "Next" + TEA * 3
    chunks = _cut(text, 600, [Section("Next", 1, len(TEA) * 3)], threshold=-1)
    assert [chunk.heading for chunk in chunks] == [(), ("Next",)]


@pytest.mark.parametrize("sentence", ["吾輩は猫である。", "हिन्दी वाक्य। ", "جملة عربية؟ ", "Ein Satz! "])
def test_sentences_of_any_script(sentence: str) -> None:
    seen: list[str] = []

    def note(texts: Sequence[str]) -> Vectors:
        seen.extend(texts)
        return encode(texts)

    create_chunker("semantic", encode=note).chunk("d", sentence * 5)
    assert seen == [sentence.strip()] * 5


def test_each_sentence_is_embedded_once_in_one_call() -> None:
    calls: list[int] = []

    def note(texts: Sequence[str]) -> Vectors:
        calls.append(len(texts))
        return encode(texts)

    create_chunker("semantic", encode=note).chunk("d", TEA + SHIPS)
    create_chunker("semantic", encode=note).chunk("d", " \n")
    assert calls == [6]


def test_without_an_embedder_it_says_what_to_do() -> None:
    with pytest.raises(InvalidInputError, match="choose an embedder"):
        create_chunker("semantic")


def test_an_embedder_that_loses_texts_is_found_out() -> None:
    with pytest.raises(InvalidInputError, match="one vector for each"):
        create_chunker("semantic", encode=lambda texts: np.ones((1, 3), dtype=np.float32)).chunk("d", TEA)


def test_two_ways_to_choose_places_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="either percentile or threshold"):
        _cut(TEA, percentile=90, threshold=0.5)
