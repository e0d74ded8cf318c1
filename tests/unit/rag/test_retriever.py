"""Retrieval over a corpus in memory."""

from collections.abc import Mapping, Sequence

import pytest

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.retrieval import RetrievalQuery
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.corpus import InMemoryCorpus
from liteagent.engine.rag.retriever import create_retriever

TEA = "Green tea is brewed at 80 degrees.\n\nBlack tea is brewed with boiling water."


async def test_a_passage_is_a_piece_of_its_document() -> None:
    corpus = InMemoryCorpus(chunker=create_chunker(chunk_size=40, overlap=0))
    document = corpus.add("tea.md", TEA, sections=[Section("Tea", 1, 0)])
    corpus.add("coffee.md", "Coffee is ground.")
    result = await create_retriever("bm25", corpus=corpus).retrieve(
        RetrievalQuery("How is black tea brewed?", 1)
    )
    (passage,) = result.passages
    assert passage.document == document
    assert TEA[passage.start : passage.end] == passage.text
    assert "Black tea" in passage.text
    assert passage.heading == ("Tea",)
    assert passage.explanation == {"bm25": passage.score}
    assert passage.score > 0


async def test_the_trace_says_that_meanings_are_not_matched() -> None:
    corpus = InMemoryCorpus()
    corpus.add("a", TEA, datasource_id="one")
    corpus.add("b", TEA, datasource_id="two")
    result = await create_retriever("bm25", corpus=corpus).retrieve(RetrievalQuery("tea", 3, ("two", "gone")))
    assert result.trace == {
        "retriever": "bm25",
        "embedder": "none",
        "note": "no embedder is configured: words are matched, meanings are not",
        "datasources": ["two"],
        "top_k": 3,
        "matched": 1,
    }
    assert {passage.datasource_id for passage in result.passages} == {"two"}


async def test_the_same_text_is_given_once() -> None:
    corpus = InMemoryCorpus()
    for number in range(4):
        corpus.add(f"copy{number}", TEA, datasource_id=f"source{number}")
    corpus.add("other", "Tea grows on mountains in Asia and is picked by hand.")
    result = await create_retriever(corpus=corpus).retrieve(RetrievalQuery("tea", 5))
    assert [passage.document.name for passage in result.passages][1:] in (["other"], ["copy0"])
    assert len(result.passages) == 2
    assert result.trace["matched"] == 5


async def test_nothing_matches() -> None:
    corpus = InMemoryCorpus()
    retriever = create_retriever(corpus=corpus)
    assert (await retriever.retrieve(RetrievalQuery("tea"))).passages == ()
    corpus.add("a", TEA)
    assert (await retriever.retrieve(RetrievalQuery("submarine"))).passages == ()


async def test_documents_can_be_replaced_and_removed() -> None:
    corpus = InMemoryCorpus()
    retriever = create_retriever(corpus=corpus)
    first = corpus.add("a", TEA)
    assert corpus.add("a", "Coffee is ground.") == first
    assert (await retriever.retrieve(RetrievalQuery("tea"))).passages == ()
    assert len((await retriever.retrieve(RetrievalQuery("coffee"))).passages) == 1
    corpus.remove("a")
    corpus.remove("a")
    assert (await retriever.retrieve(RetrievalQuery("coffee"))).passages == ()


async def test_a_chunk_that_vanishes_meanwhile_is_left_out() -> None:
    class Forgetful(InMemoryCorpus):
        async def passages(self, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
            return dict(list((await super().passages(chunk_ids)).items())[1:])

    corpus = Forgetful()
    corpus.add("a", "tea tea")
    corpus.add("b", "tea with some milk and sugar")
    result = await create_retriever(corpus=corpus).retrieve(RetrievalQuery("tea", 5))
    assert [passage.document.name for passage in result.passages] == ["b"]


def test_an_unknown_retriever_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'bm25'"):
        create_retriever("hybrid", corpus=InMemoryCorpus())
