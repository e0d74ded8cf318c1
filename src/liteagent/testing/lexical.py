"""What every lexical index must do: subclass `LexicalIndexSuite` and give it an `index` fixture."""

import pytest

from liteagent.contracts.documents import Chunk
from liteagent.contracts.retrieval import LexicalIndex

__all__ = ["LexicalIndexSuite"]


class LexicalIndexSuite:
    """The promises of `contracts.retrieval.LexicalIndex`."""

    @pytest.fixture
    def index(self) -> LexicalIndex:
        """The index under test, empty."""
        raise NotImplementedError("a subclass of LexicalIndexSuite defines the fixture `index`")

    def test_an_empty_index_finds_nothing(self, index: LexicalIndex) -> None:
        """No chunks, no hits, no failure."""
        assert len(index) == 0
        assert index.search("tea", 5) == []

    def test_the_chunk_that_says_it_comes_first(self, index: LexicalIndex) -> None:
        """Rare words weigh more than frequent ones; all scores are above zero."""
        index.add("d", _chunks("d", "green tea leaves", "black tea leaves", "tea tea with samovar"))
        hits = index.search("samovar tea", 5)
        assert hits[0].chunk_id == "d-2"
        assert len(hits) == 3
        assert all(hit.score > 0 for hit in hits)
        assert hits == sorted(hits, key=lambda hit: -hit.score)

    def test_top_k_is_kept(self, index: LexicalIndex) -> None:
        """Never more than asked for, and the best of all."""
        index.add("d", _chunks("d", *["tea and cake"] * 20, "tea tea tea"))
        assert [hit.chunk_id for hit in index.search("tea", 1)] == ["d-20"]
        assert len(index.search("tea", 7)) == 7
        assert len(index.search("tea", 100)) == 21

    @pytest.mark.parametrize("query", ["", "   ", "?!", "\x00", "zzzunknown", "\U0001f600"])
    def test_a_query_without_known_words_finds_nothing(self, index: LexicalIndex, query: str) -> None:
        """Whatever is asked, the answer is a list."""
        index.add("d", _chunks("d", "green tea"))
        assert index.search(query, 5) == []

    def test_a_removed_document_is_gone(self, index: LexicalIndex) -> None:
        """It is not found, not counted, and can be removed again."""
        index.add("a", _chunks("a", "green tea", "white tea"))
        index.add("b", _chunks("b", "black tea"))
        index.remove("a")
        index.remove("a")
        index.remove("unknown")
        assert len(index) == 1
        assert [hit.chunk_id for hit in index.search("green white black tea", 5)] == ["b-0"]

    def test_a_document_that_is_added_again_is_replaced(self, index: LexicalIndex) -> None:
        """Only the newest chunks are there."""
        index.add("a", _chunks("a", "green tea", "white tea"))
        assert index.search("white", 5)
        index.add("a", _chunks("a", "coffee"))
        assert len(index) == 1
        assert index.search("tea", 5) == []
        assert [hit.chunk_id for hit in index.search("coffee", 5)] == ["a-0"]

    def test_what_was_removed_has_no_influence(self, index: LexicalIndex) -> None:
        """Scores are as if it had never been there: frequencies and lengths are exact."""
        index.add("a", _chunks("a", "green tea", "tea for two people"))
        before = index.search("green tea people", 5)
        index.add("b", _chunks("b", *["green people everywhere, a very long text indeed"] * 30))
        assert index.search("green tea people", 5) != before
        index.remove("b")
        assert index.search("green tea people", 5) == before

    def test_a_document_without_chunks_is_no_trouble(self, index: LexicalIndex) -> None:
        """It holds nothing and can be removed."""
        index.add("a", [])
        assert len(index) == 0
        assert index.search("tea", 5) == []
        index.remove("a")


def _chunks(document_id: str, *texts: str) -> list[Chunk]:
    return [
        Chunk(f"{document_id}-{index}", document_id, index, 0, len(text), text)
        for index, text in enumerate(texts)
    ]
