"""A search from question to passages, over parts that do as they are told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import anyio
import numpy as np
import pytest

from liteagent.contracts.documents import DocumentRef, Passage, Scalar, Span
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import InvalidInputError, ProviderError, ProviderUnavailableError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLM
from liteagent.contracts.retrieval import Condition, Hit, RetrievalQuery, RetrievalResult, Scope, Searcher
from liteagent.engine.rag.expansion import DocumentRange
from liteagent.engine.rag.filters import Fields
from liteagent.engine.rag.options import RetrievalOptions
from liteagent.engine.rag.search import SearchParts, SearchRetriever
from liteagent.testing.scripted_llm import Fail, ScriptedLLM

DOWN = ProviderUnavailableError("The model is down. Try again.")
TEXTS = {
    "a": "Green tea is brewed at 80 degrees.",
    "b": "Black tea is brewed with boiling water.",
    "c": "Coffee beans are roasted and then ground.",
    "d": "Milk is kept in a cool place.",
}


class Fixed:
    """Finds the same chunks whatever is asked, and remembers what was."""

    def __init__(self, *hits: tuple[str, float], error: ProviderError | None = None) -> None:
        self.hits = [Hit(name, score) for name, score in hits]
        self.error = error
        self.asked: list[tuple[str, int, Scope]] = []

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        self.asked.append((text, top_k, scope))
        if self.error is not None:
            raise self.error
        return self.hits[:top_k]


class Shelf:
    """Knows a passage for every chunk; each is a document of its own, unless it has a parent."""

    def __init__(self, texts: Mapping[str, str] = TEXTS, parents: Mapping[str, Span] | None = None) -> None:
        self.texts = texts
        self.parents = parents or {}
        self.fetched: list[list[str]] = []

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        self.fetched.append(list(chunk_ids))
        return {name: self._passage(name) for name in chunk_ids if name in self.texts}

    async def ranges(self, wanted: Sequence[DocumentRange], scope: Scope) -> Mapping[DocumentRange, str]:
        return {each: f"{each.document_id} {each.span.start}-{each.span.end}" for each in wanted}

    def _passage(self, name: str) -> Passage:
        text, parent = self.texts[name], self.parents.get(name)
        document = DocumentRef(f"doc-{name}" if parent is None else "whole", name)
        start = 0 if parent is None else parent.start + 100 * ord(name)
        return Passage(name, document, "s", start, start + len(text), text, 0.0, parent=parent)


class Judge:
    """A reranker with scores by text."""

    model = "judge-1"

    def __init__(self, scores: Mapping[str, float], error: ProviderError | None = None) -> None:
        self._scores = scores
        self._error = error
        self.read: list[str] = []

    async def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        self.read = list(texts)
        if self._error is not None:
            raise self._error
        return [self._scores[text] for text in texts if text in self._scores]

    async def aclose(self) -> None:
        pass


WORDS = Fixed(("a", 9.0), ("b", 5.0), ("c", 1.0))
MEANINGS = Fixed(("b", 0.9), ("d", 0.8), ("a", 0.5))


def parts(searchers: Mapping[str, Searcher] | None = None, **others: Any) -> SearchParts:
    found = searchers or {"bm25": WORDS, "vector": MEANINGS}
    made = SearchParts(found, others.pop("passages", Shelf()), "w", datasource_ids=None)
    return replace(made, **others)


async def search(made: SearchParts, top_k: int = 3, **options: Any) -> RetrievalResult:
    retriever = SearchRetriever(made, RetrievalOptions.of(options))
    return await retriever.retrieve(RetrievalQuery("How is tea brewed?", top_k))


def names(result: RetrievalResult) -> list[str]:
    return [passage.chunk_id for passage in result.passages]


def step(trace: JsonObject, name: str) -> dict[str, Any]:
    steps: Any = trace["steps"]
    (found,) = (each for each in steps if each["name"] == name)
    return found


async def test_hybrid_fuses_words_and_meanings_and_explains_each_score() -> None:
    result = await search(parts(), vector_weight=0.6)
    assert names(result) == ["b", "d", "a"]
    best = result.passages[0]
    assert best.score == pytest.approx(0.8)
    assert best.explanation["bm25_share"] + best.explanation["vector_share"] == pytest.approx(best.score)
    assert (best.explanation["bm25"], best.explanation["vector_rank"]) == (5.0, 1)
    assert result.trace["retriever"] == "hybrid"
    assert result.trace["fusion"] == "convex"
    assert step(result.trace, "fuse")["candidates"] == 4
    assert "notes" not in result.trace


async def test_reciprocal_rank_fusion_can_be_chosen() -> None:
    result = await search(parts(), fusion="rrf", rrf_k=1, vector_weight=0.5)
    assert names(result) == ["b", "a", "d"]
    assert result.passages[0].score == pytest.approx(2 * (0.5 / 3 + 0.5 / 2))


@pytest.mark.parametrize(("kind", "expected", "score"), [("bm25", "abc", 9.0), ("vector", "bda", 0.9)])
async def test_one_part_alone_keeps_its_own_scores(kind: str, expected: str, score: float) -> None:
    result = await search(parts(), retriever=kind)
    assert names(result) == list(expected)
    assert result.passages[0].score == score
    assert result.passages[0].explanation == {kind: score, f"{kind}_rank": 1, f"{kind}_share": score}


async def test_steps_tell_their_time_by_the_clock_that_was_handed_in() -> None:
    ticks = count()
    retriever = SearchRetriever(parts({"bm25": WORDS}), clock=lambda: next(ticks) / 1000)
    steps: Any = (await retriever.retrieve(RetrievalQuery("tea"))).trace["steps"]
    assert [(each["name"], each["ms"]) for each in steps] == [("bm25", 1.0), ("fuse", 1.0), ("passages", 1.0)]


async def test_the_parts_run_side_by_side() -> None:
    met = [anyio.Event(), anyio.Event()]

    class Meeting(Fixed):
        def __init__(self, mine: int) -> None:
            super().__init__(("a", 1.0))
            self.mine = mine

        async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
            met[self.mine].set()
            await met[1 - self.mine].wait()
            return self.hits

    with anyio.fail_after(5):
        result = await search(parts({"bm25": Meeting(0), "vector": Meeting(1)}))
    assert names(result) == ["a"]


async def test_words_are_still_matched_when_the_embedding_model_is_down() -> None:
    result = await search(parts({"bm25": WORDS, "vector": Fixed(error=DOWN)}))
    assert names(result) == ["a", "b", "c"]
    assert step(result.trace, "vector")["error"]["code"] == "provider_unavailable"
    assert "vector failed (provider_unavailable)" in str(result.trace["note"])
    assert result.passages[0].score <= 1  # the scale of `hybrid` stays


async def test_who_asked_for_meanings_alone_gets_words_and_is_told() -> None:
    result = await search(parts({"bm25": WORDS, "vector": Fixed(error=DOWN)}), retriever="vector")
    assert names(result) == ["a", "b", "c"]
    assert result.trace["notes"]


async def test_a_search_fails_when_all_of_its_parts_do() -> None:
    with pytest.raises(ProviderUnavailableError):
        await search(parts({"bm25": Fixed(error=DOWN), "vector": Fixed(error=DOWN)}))
    with pytest.raises(ProviderUnavailableError):
        await search(parts({"vector": Fixed(error=DOWN)}))


async def test_a_mistake_is_no_failure_of_a_provider_and_is_raised() -> None:
    class Mistaken(Fixed):
        async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
            raise InvalidInputError("The vectors have another number of dimensions.")

    with pytest.raises(InvalidInputError, match="dimensions"):
        await search(parts({"bm25": WORDS, "vector": Mistaken()}))


async def test_without_an_embedder_the_trace_says_what_is_missing() -> None:
    result = await search(parts({"bm25": WORDS}))
    assert result.trace["notes"] == ["no embedder is configured: words are matched, meanings are not"]


async def test_the_scope_is_handed_to_every_part() -> None:
    words, meanings = Fixed(("a", 1.0)), Fixed(("a", 1.0))
    where = (Condition("year", at_least=2020),)
    retriever = SearchRetriever(parts({"bm25": words, "vector": meanings}), RetrievalOptions(candidates=7))
    result = await retriever.retrieve(RetrievalQuery("tea", 2, ("s1", "s2"), where))
    expected = ("tea", 7, Scope("w", ("s1", "s2"), where))
    assert words.asked == meanings.asked == [expected]
    assert result.trace["datasources"] == ["s1", "s2"]
    assert result.trace["where"] == [{"field": "year", "at_least": 2020}]


async def test_a_query_that_names_no_data_source_looks_nowhere_unless_it_was_said_otherwise() -> None:
    words = Fixed(("a", 1.0))
    await search(SearchParts({"bm25": words}, Shelf(), "w"))
    await search(parts({"bm25": words}))
    assert [scope.datasource_ids for _, _, scope in words.asked] == [(), None]


async def test_repeated_passages_are_left_out_and_others_fetched_in_their_place() -> None:
    copies = {f"copy{n}": "The very same words stand here, and again." for n in range(8)}
    shelf = Shelf({**copies, "z": "Something else altogether."})
    found = Fixed(*((name, 9.0 - place) for place, name in enumerate([*copies, "z"])))
    result = await search(parts({"bm25": found}, passages=shelf), top_k=2)
    assert names(result) == ["copy0", "z"]
    assert step(result.trace, "passages") | {"ms": 0} == {
        "name": "passages",
        "kept": 2,
        "repeated": 7,
        "ms": 0,
    }
    assert [len(each) for each in shelf.fetched] == [4, 5]
    kept = await search(parts({"bm25": found}, passages=shelf), top_k=2, distinct=False)
    assert names(kept) == ["copy0", "copy1"]


async def test_the_threshold_drops_what_scores_less() -> None:
    result = await search(parts(), threshold=0.5, vector_weight=0.6)
    assert names(result) == ["b"]
    assert step(result.trace, "threshold")["dropped"] == 2


async def test_a_reranker_puts_passages_in_its_order_and_its_scores_count() -> None:
    judge = Judge({TEXTS["a"]: 0.1, TEXTS["b"]: 0.2, TEXTS["c"]: 0.9, TEXTS["d"]: 0.3})
    result = await search(parts(reranker=judge), top_k=2, reranker="judge")
    assert names(result) == ["c", "d"]
    best = result.passages[0]
    assert (best.score, best.explanation["rerank"], best.explanation["rerank_rank"]) == (0.9, 0.9, 1)
    assert "fused" in best.explanation
    assert len(judge.read) == 4
    assert step(result.trace, "rerank")["model"] == "judge-1"
    assert len(names(await search(parts(reranker=judge), top_k=2, reranker="judge", rerank_top=3))) == 2
    assert len(judge.read) == 3


@pytest.mark.parametrize("judge", [Judge({}, DOWN), Judge({TEXTS["a"]: 1.0})])
async def test_the_fused_order_stays_when_the_reranker_fails(judge: Judge) -> None:
    result = await search(parts(reranker=judge), reranker="judge")
    assert names(result) == names(await search(parts()))
    assert "error" in step(result.trace, "rerank")
    assert "the order stays as it was" in str(result.trace["note"])


async def test_a_language_model_can_rerank() -> None:
    llm = ScriptedLLM(['{"1": 1, "2": 2, "3": 10, "4": 0}'])
    result = await search(parts(llm=llm), reranker="llm")
    assert result.passages[0].score == 10


async def test_variety_prefers_other_texts_and_keeps_the_scores() -> None:
    texts = {"a": "green tea is hot", "b": "green tea is hot and green", "c": "coffee beans"}
    found = Fixed(("a", 1.0), ("b", 0.9), ("c", 0.5))
    made = parts({"bm25": found}, passages=Shelf(texts))
    result = await search(made, top_k=2, retriever="bm25", mmr=0.5, distinct=False)
    assert names(result) == ["a", "c"]
    assert step(result.trace, "mmr")["likeness"] == "words"
    assert result.passages[1].explanation["mmr_rank"] == 2
    plain = await search(made, top_k=2, retriever="bm25", mmr=1.0, distinct=False)
    assert names(plain) == ["a", "b"]


async def test_variety_goes_by_vectors_where_every_passage_has_one() -> None:
    known: dict[str, Vectors] = {
        "a": np.array([1, 0], dtype=np.float32),
        "b": np.array([0, 1], dtype=np.float32),
        "c": np.array([1, 0], dtype=np.float32),
    }

    async def vectors(chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        return {name: known[name] for name in chunk_ids if name in known}

    made = parts({"bm25": Fixed(("a", 9.0), ("c", 8.0), ("b", 5.0))}, vectors=vectors)
    result = await search(made, top_k=2, mmr=0.5)
    assert names(result) == ["a", "b"]
    assert step(result.trace, "mmr")["likeness"] == "vectors"
    del known["c"]
    assert step((await search(made, mmr=0.5)).trace, "mmr")["likeness"] == "words"


async def test_children_of_one_parent_are_shown_as_one_passage() -> None:
    shelf = Shelf(parents={"a": Span(0, 90), "b": Span(0, 90), "c": Span(90, 120)})
    made = parts({"bm25": WORDS}, passages=shelf, ranges=shelf)
    result = await search(made)
    assert [(each.chunk_id, each.text, each.start, each.end) for each in result.passages] == [
        ("a", "whole 0-90", 0, 90),
        ("c", "whole 90-120", 90, 120),
    ]
    plain = await search(made, expand_parents=False)
    assert [each.text for each in plain.passages] == [TEXTS["a"], TEXTS["b"], TEXTS["c"]]


async def test_other_wordings_are_searched_beside_the_question() -> None:
    words = Fixed(("a", 9.0))
    llm = ScriptedLLM(['["brewing tea", "temperature for tea"]'])
    result = await search(parts({"bm25": words}, llm=llm), rewrite="llm")
    assert [text for text, _, _ in words.asked] == [
        "How is tea brewed?",
        "brewing tea",
        "temperature for tea",
    ]
    assert result.trace["queries"] == ["How is tea brewed?", "brewing tea", "temperature for tea"]
    assert result.passages[0].score == pytest.approx(1.0)


async def test_the_question_alone_is_searched_when_the_rewriting_model_fails() -> None:
    words = Fixed(("a", 9.0))
    result = await search(parts({"bm25": words}, llm=ScriptedLLM([Fail(DOWN)])), rewrite="llm")
    assert names(result) == ["a"]
    assert len(words.asked) == 1
    assert "rewrite failed" in str(result.trace["note"])


async def fields(scope: Scope) -> Fields:
    values: dict[str, list[Scalar]] = {"author": ["Ada", "Bob"], "year": [2019, 2021]}
    return values


def filtering(llm: LLM, *searchers: Searcher) -> SearchParts:
    return parts(dict(zip(("bm25", "vector"), searchers, strict=False)), llm=llm, fields=fields)


async def test_conditions_read_from_the_question_narrow_the_search() -> None:
    words = Fixed(("a", 9.0))
    llm = ScriptedLLM(['[{"field": "author", "any_of": ["ada", "Eve"]}, {"field": "colour", "any_of": [1]}]'])
    result = await search(filtering(llm, words), infer_filters="llm")
    assert words.asked[0][2].where == (Condition("author", ("Ada",)),)
    assert result.trace["inferred"] == [{"field": "author", "any_of": ["Ada"]}]


async def test_conditions_that_nothing_fits_are_dropped_and_that_is_said() -> None:
    class Strict(Fixed):
        async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
            await super().search(text, top_k, scope)
            return [] if scope.where else self.hits

    words = Strict(("a", 9.0))
    llm = ScriptedLLM(['[{"field": "year", "at_least": 2021}]'])
    result = await search(filtering(llm, words), infer_filters="llm")
    assert names(result) == ["a"]
    assert [scope.where for _, _, scope in words.asked] == [(Condition("year", at_least=2021),), ()]
    assert "searched again without them" in str(result.trace["note"])


async def test_no_conditions_are_read_when_the_model_fails() -> None:
    result = await search(filtering(ScriptedLLM([Fail(DOWN)]), WORDS), infer_filters="llm")
    assert names(result) == ["a", "b", "c"]
    assert "infer_filters failed" in str(result.trace["note"])


async def test_a_chunk_that_vanishes_meanwhile_is_left_out() -> None:
    result = await search(parts({"bm25": Fixed(("gone", 9.0), ("a", 1.0))}))
    assert names(result) == ["a"]


@pytest.mark.parametrize(
    "options", [{"reranker": "llm"}, {"reranker": "cohere"}, {"rewrite": "llm"}, {"infer_filters": "llm"}]
)
def test_options_that_lack_their_part_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="give `"):
        SearchRetriever(parts(), RetrievalOptions.of(options))


def test_searchers_have_known_names() -> None:
    with pytest.raises(InvalidInputError, match="'bm25' and 'vector'"):
        SearchRetriever(parts({"words": WORDS}))
