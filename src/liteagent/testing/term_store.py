"""What every term store must do: subclass `TermStoreSuite` and give it a `store` fixture."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import anyio
import pytest

from liteagent.contracts.documents import Chunk, Scalar
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.lexical import TermsInDocument, TermsQuery, TermStore
from liteagent.contracts.retrieval import Condition, Hit, Scope, matches
from liteagent.contracts.vectors import StoreCounts
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.terms import analyze

__all__ = ["ENGLISH", "TermStoreSuite", "assert_ranked_alike", "expected_hits", "query_of", "terms_document"]

ENGLISH = Analyzer("english")
"""Makes the terms of documents and questions."""

_TOLERANCE = 1e-5
_W1, _W2 = Scope("w1"), Scope("w2")
_DOCUMENTS: Mapping[str, Mapping[str, Scalar]] = {
    "d1": {"lang": "de", "year": 2020, "draft": False, "odd.name": "x"},
    "d2": {"lang": "en", "year": 2021.5, "draft": True, 'quo"te': "y"},
    "d3": {"lang": "en", "year": "2021", "größe": "ä"},
    "d4": {"lang": "fr", "year": 1, "draft": 1, "Zeta": "Z"},
    "d5": {"year": True, "lang": ""},
    "d6": {},
}
_CONDITIONS: Mapping[str, tuple[Condition, ...]] = {
    "equal text": (Condition("lang", ("en",)),),
    "any of two": (Condition("lang", ("en", "fr")),),
    "a whole number as float": (Condition("year", (2020.0,)),),
    "one is not true": (Condition("year", (1,)),),
    "true is not one": (Condition("year", (True,)),),
    "number and text": (Condition("year", (2020, "2021")),),
    "between, ends included": (Condition("year", at_least=2020, at_most=2021.5),),
    "text at least": (Condition("lang", at_least="en"),),
    "capitals come first": (Condition("Zeta", at_least="A", at_most="a"),),
    "umlauts come last": (Condition("größe", at_least="z"),),
    "bounds of two types": (Condition("year", at_least=0, at_most="9"),),
    "no order among booleans": (Condition("draft", at_least=0),),
    "a field at all": (Condition("draft"),),
    "unknown field": (Condition("nothing", ("x",)),),
    "several": (Condition("lang", ("en",)), Condition("draft", (True,))),
    "dotted name": (Condition("odd.name", ("x",)),),
    "quoted name": (Condition('quo"te', ("y",), at_least="a"),),
    "no number": (Condition("year", at_least=float("nan")),),
}


def terms_document(
    document_id: str,
    texts: Mapping[str, str] | Sequence[str],
    *,
    workspace_id: str = "w1",
    datasource_id: str = "s1",
    metadata: Mapping[str, Scalar] | None = None,
    analyzer: Analyzer = ENGLISH,
) -> TermsInDocument:
    """A document of these texts, by chunk id; ids are made where only the texts are given."""
    named = texts if isinstance(texts, Mapping) else {f"{document_id}-{n}": t for n, t in enumerate(texts)}
    chunks = [Chunk(id_, document_id, n, 0, len(text), text) for n, (id_, text) in enumerate(named.items())]
    terms = analyze(analyzer, chunks)
    return TermsInDocument(
        workspace_id, datasource_id, document_id, tuple(named), terms, dict(metadata or {})
    )


def query_of(text: str, top_k: int = 10) -> TermsQuery:
    """A question, analysed."""
    return TermsQuery(ENGLISH.counts(text), top_k)


def expected_hits(
    query: TermsQuery, texts: Mapping[str, str], fitting: Iterable[str] | None = None
) -> list[Hit]:
    """What a store should find among `texts` (by chunk id), computed word by word; of `fitting` ones only."""
    counts = {id_: Counter(ENGLISH.counts(text)) for id_, text in texts.items()}
    mean = max(1.0, sum(count.total() for count in counts.values()) / max(1, len(counts)))
    held = {term: sum(term in count for count in counts.values()) for term in query.counts}
    hits: list[Hit] = []
    for id_ in texts if fitting is None else fitting:
        score = 0.0
        for term, times in query.counts.items():
            idf = math.log1p((len(texts) - held[term] + 0.5) / (held[term] + 0.5))
            here, length = counts[id_][term], counts[id_].total()
            norm = query.k1 * (1 - query.b + query.b * length / mean)
            score += idf * times * here / (here + norm) if here else 0.0
        if score:
            hits.append(Hit(id_, score))
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))


def assert_ranked_alike(found: Sequence[Hit], expected: Sequence[Hit], top_k: int) -> None:
    """The same scores in the same order, and each hit has its own; neighbours that close may swap."""
    best = expected[:top_k]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in best], rel=_TOLERANCE)
    assert list(found) == sorted(found, key=lambda hit: (-hit.score, hit.chunk_id))
    scores = {hit.chunk_id: hit.score for hit in expected}
    assert len({hit.chunk_id for hit in found}) == len(found)
    for hit in found:
        assert hit.score == pytest.approx(scores[hit.chunk_id], rel=_TOLERANCE)


class TermStoreSuite:
    """The promises of `contracts.lexical.TermStore`."""

    @pytest.fixture
    def store(self) -> TermStore:
        """The store under test, empty."""
        raise NotImplementedError("a subclass of TermStoreSuite defines the fixture `store`")

    async def test_an_empty_store_finds_nothing(self, store: TermStore) -> None:
        """Nothing counted, and forgetting what is not there is no error."""
        assert list(await store.search(query_of("tea"), _W1)) == []
        assert await store.count(_W1) == StoreCounts()
        assert await store.analyzers(_W1) == frozenset()
        await store.put([])
        await store.delete("w1", document_ids=["d1"])
        await store.delete_datasource("w1", "s1")
        await store.compact("w1", "s1")

    async def test_scores_are_those_of_bm25(self, store: TermStore) -> None:
        """Computed word by word; as many as asked, all where more are asked, equals by chunk id."""
        texts = {"c1": "green tea leaves", "c2": "black tea leaves and tea", "c3": "tea tea with a samovar"}
        texts |= {f"e{n:02}": "tea and cake" for n in range(20)} | {"c4": "nothing of that", "c5": "samovar"}
        await store.put([terms_document("d1", texts)])
        for text in ("samovar tea", "tea", "cake", "leaves leaves tea", "green nothing", "unknown", ""):
            for top_k in (1, 7, 100):
                found = await store.search(query_of(text, top_k), _W1)
                assert_ranked_alike(found, expected_hits(query_of(text), texts), top_k)
        assert [hit.chunk_id for hit in await store.search(query_of("cake", 3), _W1)] == ["e00", "e01", "e02"]
        assert list(await store.search(query_of("tea", 0), _W1)) == []

    async def test_the_weights_can_be_chosen(self, store: TermStore) -> None:
        """`k1` and `b` are the question's."""
        texts = {"c1": "tea", "c2": "tea tea tea in a long text about something else", "c3": "coffee"}
        await store.put([terms_document("d1", texts)])
        for k1, b in ((0.0, 0.75), (3.0, 0.0), (2.0, 1.0)):
            query = replace(query_of("tea coffee"), k1=k1, b=b)
            assert_ranked_alike(await store.search(query, _W1), expected_hits(query, texts), 10)

    async def test_a_document_that_is_put_again_is_replaced(self, store: TermStore) -> None:
        """Only the newest chunks are there, in the newest data source, with the newest metadata."""
        await store.put([terms_document("d1", ["green tea", "white tea"], metadata={"v": 1})])
        await store.put([terms_document("d1", ["coffee"], datasource_id="s2", metadata={"v": 2})])
        assert list(await store.search(query_of("tea"), _W1)) == []
        assert await store.count(Scope("w1", ("s1",))) == StoreCounts()
        assert await store.count(Scope("w1", ("s2",), (Condition("v", (2,)),))) == StoreCounts(1, 1)
        await _assert_holds(store, {"d1-0": "coffee"})
        await store.put([terms_document("d1", ["old"]), terms_document("d1", ["new tea"])])
        await _assert_holds(store, {"d1-0": "new tea"})
        await store.put([terms_document("d1", [])])
        await _assert_holds(store, {})

    async def test_what_was_removed_has_no_influence(self, store: TermStore) -> None:
        """Scores are as if it had never been there: frequencies and lengths are exact."""
        texts = {"d1-0": "green tea", "d1-1": "tea for two people"}
        many = [terms_document(f"d{n}", ["green people everywhere"] * 3) for n in range(2, 9)]
        await store.put([terms_document("d1", texts), *many])
        await store.delete("w1", document_ids=[f"d{n}" for n in range(2, 9)] + ["unknown"])
        await store.delete("w1", document_ids=["d2"])
        await _assert_holds(store, texts)
        await store.compact("w1", "s1")
        await _assert_holds(store, texts)

    async def test_a_data_source_goes_as_a_whole(self, store: TermStore) -> None:
        """The others stay, and it can be filled again."""
        await store.put([terms_document(f"d{n}", ["tea"], datasource_id=f"s{n}") for n in range(3)])
        await store.delete_datasource("w1", "s1")
        await _assert_holds(store, {"d0-0": "tea", "d2-0": "tea"})
        await store.put([terms_document("d1", ["tea"])])
        await _assert_holds(store, {f"d{n}-0": "tea" for n in range(3)})

    async def test_statistics_are_of_the_data_sources_in_scope(self, store: TermStore) -> None:
        """Others do not change a score; an unknown one, or none, has no hits."""
        one, two = {"d1-0": "green tea", "d1-1": "black"}, {"d2-0": "tea tea cake", "d2-1": "tea"}
        await store.put([terms_document("d1", one), terms_document("d2", two, datasource_id="s2")])
        query = query_of("tea cake black")
        for ids, texts in {
            ("s1",): one,
            ("s2", "?"): two,
            ("s2", "s1"): one | two,
            ("?",): {},
            (): {},
        }.items():
            found = await store.search(query, Scope("w1", ids))
            assert_ranked_alike(found, expected_hits(query, texts), 10)
            assert (await store.count(Scope("w1", ids))).chunks == len(texts)

    @pytest.mark.parametrize("where", _CONDITIONS.values(), ids=_CONDITIONS.keys())
    async def test_metadata_conditions(self, store: TermStore, where: tuple[Condition, ...]) -> None:
        """As `matches` means them; scores stay those of all documents."""
        texts = {id_: {f"{id_}-0": f"tea {id_}", f"{id_}-1": "tea"} for id_ in _DOCUMENTS}
        await store.put([terms_document(id_, texts[id_], metadata=_DOCUMENTS[id_]) for id_ in _DOCUMENTS])
        fitting = [id_ for id_, metadata in _DOCUMENTS.items() if matches(metadata, where)]
        scope, query = Scope("w1", None, where), query_of("tea d1 d3", 100)
        everything = {name: text for some in texts.values() for name, text in some.items()}
        expected = expected_hits(query, everything, [name for id_ in fitting for name in texts[id_]])
        assert_ranked_alike(await store.search(query, scope), expected, 100)
        assert await store.count(scope) == StoreCounts(len(fitting), 2 * len(fitting))

    async def test_analyzers_are_told(self, store: TermStore) -> None:
        """Those of the data sources in scope, until their last document goes."""
        german = terms_document("d2", ["Tee"], datasource_id="s2", analyzer=Analyzer("german"))
        await store.put([terms_document("d1", ["tea"]), german])
        assert await store.analyzers(_W1) == {ENGLISH.name, german.terms.analyzer}
        assert await store.analyzers(Scope("w1", ("s2",), (Condition("x"),))) == {german.terms.analyzer}
        await store.delete("w1", document_ids=["d2"])
        assert await store.analyzers(_W1) == {ENGLISH.name}
        assert await store.analyzers(_W2) == frozenset()

    @pytest.mark.parametrize(
        "broken",
        [
            replace(terms_document("d1", ["tea"]), chunk_ids=("c1", "c2")),
            replace(terms_document("d1", ["tea", "cake"]), chunk_ids=("c1", "c1")),
            terms_document("d1", ["tea"], metadata={"x": float("inf")}),
            terms_document("d1", ["tea"], metadata={"x": 2**64}),
            terms_document("d1", ["tea"], metadata={"x": "a\0b"}),
            terms_document("d1", {"c\0": "tea"}),
            terms_document("d1\ud800", ["tea"]),
        ],
        ids=["too few chunks", "one id twice", "inf", "too large", "nul", "id", "half"],
    )
    async def test_what_no_store_can_keep_is_refused(self, store: TermStore, broken: TermsInDocument) -> None:
        """Alike, and before anything is written."""
        with pytest.raises(InvalidInputError):
            await store.put([terms_document("d0", ["tea"]), broken])
        assert await store.count(_W1) == StoreCounts()

    async def test_workspaces_are_apart(self, store: TermStore) -> None:
        """With the same ids and the same texts everywhere: what one does, the other never sees."""
        texts = {"c1": "green tea", "c2": "black tea"}
        for workspace_id in ("w1", "w2"):
            await store.put([terms_document("d1", texts, workspace_id=workspace_id)])
        await store.put([terms_document("d2", {"c3": "tea"}, workspace_id="w2")])
        await _assert_holds(store, texts)
        await _assert_holds(store, texts | {"c3": "tea"}, _W2)
        await store.delete("w1", document_ids=["d2"])
        await store.delete("w1", document_ids=["d1"])
        await store.delete_datasource("w1", "s1")
        await _assert_holds(store, texts | {"c3": "tea"}, _W2)
        await _assert_holds(store, {})

    async def test_many_small_documents_are_compacted(self, store: TermStore) -> None:
        """What is found stays the same, at whatever moment that is done."""
        texts: dict[str, str] = {}
        for n in range(40):
            document = {f"d{n}-{m}": f"tea {_word(n)} {_word(m)}" for m in range(n % 4 + 1)}
            await store.put([terms_document(f"d{n}", document)])
            texts |= document
            if n % 10 == 9:
                await store.delete("w1", document_ids=[f"d{n - 5}"])
                texts = {name: text for name, text in texts.items() if not name.startswith(f"d{n - 5}-")}
                await store.compact("w1", "s1")
        await _assert_holds(store, texts)

    async def test_a_long_document_and_a_long_question(self, store: TermStore) -> None:
        """Of more chunks than one block has; of a question the 64 heaviest terms count."""
        texts = {f"c{n:05}": f"{_word(n % 1000)} tea" for n in range(16_500)}
        await store.put([terms_document("d1", texts)])
        assert await store.count(_W1) == StoreCounts(1, 16_500)
        assert len(await store.search(query_of(_word(999), 100), _W1)) == 16
        (hit, *_) = await store.search(query_of(_word(420)), _W1)
        assert hit.chunk_id == "c00420"
        few = {name: texts[name] for name in list(texts)[:2000]}
        await store.put([terms_document("d1", few)])
        heavy = " ".join(map(_word, range(64)))
        found = await store.search(query_of(f"{heavy} tea", 200), _W1)
        assert_ranked_alike(found, expected_hits(query_of(heavy), few), 200)

    async def test_readers_and_writers_at_the_same_time(self, store: TermStore) -> None:
        """A reader sees each document before or after a call, never in part, never twice."""
        kept = {f"kept{n}": "tea for all" for n in range(5)}
        await store.put([terms_document("kept", kept)])

        async def write(worker: int) -> None:
            for turn in range(5):
                await store.put([terms_document(f"d{worker}", [f"tea turn{turn}"] * 3)])
                await store.compact("w1", "s1")
            await store.delete("w1", document_ids=[f"d{worker}"])

        async def read() -> None:
            for _ in range(10):
                found = Counter(
                    hit.chunk_id.partition("-")[0] for hit in await store.search(query_of("tea", 100), _W1)
                )
                assert all(found.pop(name) == 1 for name in kept)
                assert set(found.values()) <= {3}

        async with anyio.create_task_group() as group:
            for worker in range(4):
                group.start_soon(write, worker)
                group.start_soon(read)
        await _assert_holds(store, kept)


def _word(number: int) -> str:
    """A word that is one term."""
    return "q" + "".join("abcdefghij"[int(digit)] for digit in f"{number:03}") + "x"


async def _assert_holds(store: TermStore, texts: Mapping[str, str], scope: Scope = _W1) -> None:
    """Counts and hits are those of these texts, and of no others."""
    assert (await store.count(scope)).chunks == len(texts)
    query = query_of(" ".join({word for text in texts.values() for word in text.split()} | {"tea"}), 1_000)
    heaviest = query_of("tea for green people black coffee", 1_000)
    for each in (heaviest, query) if len(query.counts) <= 64 else (heaviest,):
        assert_ranked_alike(await store.search(each, scope), expected_hits(each, texts), 1_000)
