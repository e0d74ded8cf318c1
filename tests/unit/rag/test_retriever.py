"""Retrievers by name, over a corpus in memory and over a vector store."""

from typing import Any

import pytest

from liteagent.contracts.datasource import Section
from liteagent.contracts.errors import InvalidInputError, ProviderUnavailableError
from liteagent.contracts.retrieval import Condition, RetrievalQuery
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.corpus import InMemoryCorpus
from liteagent.engine.rag.retriever import create_retriever
from liteagent.providers.vectorstore.memory import MemoryVectorStore
from tests.unit.rag.concepts import ConceptEmbedder

TEA = "Green tea is brewed at 80 degrees.\n\nBlack tea is brewed with boiling water."
LEAVE = "Annual leave is 25 days."
DOWN = ProviderUnavailableError("The model is down. Try again.")


def with_meanings(embedder: ConceptEmbedder | None = None) -> InMemoryCorpus:
    return InMemoryCorpus(embedder=embedder or ConceptEmbedder(), vector_store=MemoryVectorStore())


async def found(retriever: Any, text: str, **query: Any) -> list[str]:
    result = await retriever.retrieve(RetrievalQuery(text, **query))
    return [passage.document.name for passage in result.passages]


async def test_a_passage_is_a_piece_of_its_document() -> None:
    corpus = InMemoryCorpus(chunker=create_chunker(chunk_size=40, overlap=0))
    document = corpus.add("tea.md", TEA, sections=[Section("Tea", 1, 0)], metadata={"year": 2024})
    corpus.add("coffee.md", "Coffee is ground.")
    result = await create_retriever("bm25", corpus=corpus).retrieve(
        RetrievalQuery("How is black tea brewed?", 1)
    )
    (passage,) = result.passages
    assert passage.document == document
    assert TEA[passage.start : passage.end] == passage.text
    assert "Black tea" in passage.text
    assert passage.heading == ("Tea",)
    assert passage.metadata == {"year": 2024}
    assert passage.explanation["bm25"] == passage.score > 0


async def test_the_trace_says_that_meanings_are_not_matched() -> None:
    corpus = InMemoryCorpus()
    corpus.add("a", TEA, datasource_id="one")
    corpus.add("b", TEA, datasource_id="two")
    result = await create_retriever("bm25", corpus=corpus).retrieve(RetrievalQuery("tea", 3, ("two", "gone")))
    assert result.trace["notes"] == ["no embedder is configured: words are matched, meanings are not"]
    assert result.trace["datasources"] == ["two", "gone"]
    assert {passage.datasource_id for passage in result.passages} == {"two"}


async def test_the_same_text_is_given_once() -> None:
    corpus = InMemoryCorpus()
    for number in range(4):
        corpus.add(f"copy{number}", TEA, datasource_id=f"source{number}")
    corpus.add("other", "Tea grows on mountains in Asia and is picked by hand.")
    result = await create_retriever(corpus=corpus).retrieve(RetrievalQuery("tea", 5))
    assert len(result.passages) == 2
    assert "other" in [passage.document.name for passage in result.passages]


async def test_nothing_matches() -> None:
    corpus = InMemoryCorpus()
    retriever = create_retriever(corpus=corpus)
    assert await found(retriever, "tea") == []
    corpus.add("a", TEA)
    assert await found(retriever, "submarine") == []


async def test_documents_can_be_replaced_and_removed() -> None:
    corpus = InMemoryCorpus()
    retriever = create_retriever(corpus=corpus)
    first = corpus.add("a", TEA)
    assert corpus.add("a", "Coffee is ground.") == first
    assert await found(retriever, "tea") == []
    assert await found(retriever, "coffee") == ["a"]
    corpus.remove("a")
    corpus.remove("a")
    assert await found(retriever, "coffee") == []


async def test_conditions_on_metadata_are_applied_before_the_best_are_cut_off() -> None:
    corpus = with_meanings()
    for year in range(1990, 2024):
        corpus.add(
            f"{year}.md", f"Tea of the year {year}. " + "Tea! " * (2030 - year), metadata={"year": year}
        )
    for kind in ("bm25", "vector", "hybrid"):
        retriever = create_retriever(kind, corpus=corpus, options={"candidates": 2, "distinct": False})
        late = (Condition("year", at_least=2022),)
        assert set(await found(retriever, "tea", top_k=9, where=late)) == {"2022.md", "2023.md"}
        assert await found(retriever, "tea", where=(Condition("colour", ("green",)),)) == []


async def test_hybrid_finds_what_is_said_in_other_words() -> None:
    corpus = with_meanings()
    corpus.add("leave.md", LEAVE)
    corpus.add("tea.md", TEA)
    question = "How much vacation do I get?"
    assert await found(create_retriever("bm25", corpus=corpus), question) == []
    assert (await found(create_retriever("hybrid", corpus=corpus), question))[0] == "leave.md"
    assert (await found(create_retriever("vector", corpus=corpus), question))[0] == "leave.md"


async def test_what_is_added_later_is_embedded_by_the_next_search_and_nothing_twice() -> None:
    embedder = ConceptEmbedder()
    corpus = with_meanings(embedder)
    retriever = create_retriever("vector", corpus=corpus, options={"threshold": 0.5})
    corpus.add("leave.md", LEAVE)
    assert await found(retriever, "vacation") == ["leave.md"]
    corpus.add("tea.md", TEA)
    assert await found(retriever, "infusion") == ["tea.md"]
    corpus.remove("leave.md")
    assert await found(retriever, "vacation") == []
    assert [texts for kind, texts in embedder.asked if kind == "passage"] == [(LEAVE,), (TEA,)]


async def test_a_model_that_was_down_is_asked_again() -> None:
    embedder = ConceptEmbedder(DOWN)
    corpus = with_meanings(embedder)
    corpus.add("leave.md", LEAVE)
    retriever = create_retriever("hybrid", corpus=corpus)
    result = await retriever.retrieve(RetrievalQuery("annual leave"))
    assert [passage.document.name for passage in result.passages] == ["leave.md"]
    assert "vector failed (provider_unavailable)" in str(result.trace["note"])
    embedder.error = None
    assert await found(retriever, "vacation") == ["leave.md"]


async def test_long_documents_are_embedded_in_batches_that_the_model_takes() -> None:
    embedder = ConceptEmbedder()
    corpus = InMemoryCorpus(
        chunker=create_chunker(chunk_size=32, overlap=0), embedder=embedder, vector_store=MemoryVectorStore()
    )
    corpus.add("tea.md", "Tea needs hot water, and time. " * 20)
    await corpus.embed()
    sizes = [len(texts) for kind, texts in embedder.asked if kind == "passage"]
    assert max(sizes) == 2
    assert sum(sizes) == len((await corpus.indexes())["memory"])


async def test_parents_are_shown_instead_of_their_children() -> None:
    text = "Tea is brewed. " * 4 + "Milk goes in first. " * 4
    corpus = InMemoryCorpus(chunker=create_chunker("parent_child", chunk_size=40, overlap=0))
    corpus.add("tea.md", text)
    result = await create_retriever(corpus=corpus).retrieve(RetrievalQuery("milk", 3))
    best = result.passages[0]
    assert best.parent is not None
    assert (best.start, best.end) == tuple(best.parent)
    assert best.text == text[best.start : best.end]


async def test_hybrid_works_over_a_vector_store_alone() -> None:
    store, embedder = MemoryVectorStore(), ConceptEmbedder()
    corpus = InMemoryCorpus(embedder=embedder, vector_store=store)
    corpus.add("leave.md", LEAVE, metadata={"lang": "en"})
    corpus.add("tea.md", TEA, datasource_id="drinks")
    await corpus.embed()
    retriever = create_retriever(
        "hybrid", vector_store=store, embedder=embedder, options={"vector_weight": 0.3}
    )
    assert (await found(retriever, "boiling water"))[0] == "tea.md"  # no concept: found by its words
    assert (await found(retriever, "vacation"))[0] == "leave.md"
    assert await found(retriever, "boiling leave", datasource_ids=("drinks",)) == ["tea.md"]
    assert await found(retriever, "boiling leave", where=(Condition("lang", ("en",)),)) == ["leave.md"]
    corpus.add("pot.md", "A kettle for boiling, made of copper.")
    corpus.remove("tea.md", datasource_id="drinks")
    await corpus.embed()
    words = create_retriever("bm25", vector_store=store, embedder=embedder)
    assert await found(retriever, "copper kettle", top_k=1) == ["pot.md"]
    assert await found(words, "boiling water") == ["pot.md"]


async def test_what_another_workspace_stored_is_not_found() -> None:
    store, embedder = MemoryVectorStore(), ConceptEmbedder()
    mine = InMemoryCorpus(embedder=embedder, vector_store=store, workspace_id="mine")
    mine.add("leave.md", LEAVE)
    await mine.embed()
    for kind in ("vector", "hybrid", "bm25"):
        theirs = create_retriever(kind, vector_store=store, embedder=embedder, workspace_id="theirs")
        assert await found(theirs, "annual leave") == []


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("tfidf", {"corpus": InMemoryCorpus()}, "bm25, vector, hybrid"),
        ("hybrid", {}, "Give what to search"),
        ("vector", {"vector_store": MemoryVectorStore()}, "with its `embedder`"),
        ("vector", {"corpus": InMemoryCorpus()}, "no vectors"),
        ("bm25", {"corpus": InMemoryCorpus(), "options": {"speed": 1}}, "no option 'speed'"),
    ],
)
def test_what_cannot_be_made_is_refused(kind: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        create_retriever(kind, **given)


def test_an_embedder_and_a_store_go_together() -> None:
    with pytest.raises(InvalidInputError, match="go together"):
        InMemoryCorpus(embedder=ConceptEmbedder())
