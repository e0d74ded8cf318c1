"""What every vector store must do: subclass `VectorStoreSuite` and give it a `store` fixture."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import cast

import anyio
import numpy as np
import pytest

from liteagent.contracts.documents import DocumentRef, Passage, Scalar, Span
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.retrieval import Condition, Hit, Scope, matches
from liteagent.contracts.vectors import DocumentVectors, StoreCounts, VectorStore

__all__ = ["SPACE", "VectorStoreSuite", "assert_same", "document_of", "passage_of", "unit_vector"]

_DIMENSIONS = 8
_TOLERANCE = 2e-6


def unit_vector(seed: int, dimensions: int = _DIMENSIONS) -> Vectors:
    """A vector of length 1; the same seed gives the same one."""
    drawn = np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def passage_of(chunk_id: str, document_id: str = "d1", datasource_id: str = "s1") -> Passage:
    """A passage with something in every field."""
    return Passage(
        chunk_id,
        DocumentRef(document_id, "Ein Größenwahn.md"),
        datasource_id,
        3,
        9,
        f"text of {chunk_id} \0 \U0001f600",
        0.0,
        heading=("One", "Two"),
        page=4,
        parent=Span(0, 20),
        metadata={"year": 2024, "ratio": 0.5, "open": True, "tag": "a.b"},
    )


def document_of(
    document_id: str = "d1",
    chunks: Mapping[str, int] | None = None,
    *,
    space: str = "model/8",
    workspace_id: str = "w1",
    datasource_id: str = "s1",
    metadata: Mapping[str, Scalar] | None = None,
    with_passages: bool = False,
    dimensions: int = _DIMENSIONS,
) -> DocumentVectors:
    """A document whose chunks have the vectors of these seeds."""
    chunks = {f"{document_id}-c1": 1} if chunks is None else chunks
    rows = [unit_vector(seed, dimensions) for seed in chunks.values()]
    vectors = np.stack(rows) if rows else np.empty((0, dimensions), np.float32)
    passages = tuple(passage_of(chunk_id, document_id, datasource_id) for chunk_id in chunks)
    return DocumentVectors(
        space,
        workspace_id,
        datasource_id,
        document_id,
        tuple(chunks),
        vectors,
        dict(metadata or {}),
        passages if with_passages else None,
    )


SPACE = "model/8"
"""The space of `document_of`."""
_W1, _W2 = Scope("w1"), Scope("w2")

_DOCUMENTS: Mapping[str, Mapping[str, Scalar]] = {
    "d1": {"lang": "de", "year": 2020, "draft": False, "odd.name": "x"},
    "d2": {"lang": "en", "year": 2021.5, "draft": True, 'quo"te': "y"},
    "d3": {"lang": "en", "year": "2021", "score": 1, "größe": "ä"},
    "d4": {"lang": "fr", "year": 1, "draft": 1, "Zeta": "Z"},
    "d5": {"year": True, "lang": ""},
    "d6": {},
}
_CONDITIONS: Mapping[str, tuple[Condition, ...]] = {
    "equal text": (Condition("lang", ("en",)),),
    "any of two": (Condition("lang", ("en", "fr")),),
    "empty text": (Condition("lang", ("",)),),
    "a whole number": (Condition("year", (2020,)),),
    "a whole number as float": (Condition("year", (2020.0,)),),
    "one is not true": (Condition("year", (1,)),),
    "true is not one": (Condition("year", (True,)),),
    "false": (Condition("draft", (False,)),),
    "number and text": (Condition("year", (2020, "2021")),),
    "at least": (Condition("year", at_least=2020),),
    "at most": (Condition("year", at_most=2020.5),),
    "between, ends included": (Condition("year", at_least=2020, at_most=2021.5),),
    "text at least": (Condition("lang", at_least="en"),),
    "text at most": (Condition("lang", at_most="en"),),
    "capitals come first": (Condition("Zeta", at_least="A", at_most="a"),),
    "umlauts come last": (Condition("größe", at_least="z"),),
    "text bound on numbers": (Condition("year", at_least="0"),),
    "bounds of two types": (Condition("year", at_least=0, at_most="9"),),
    "no order among booleans": (Condition("draft", at_least=0),),
    "a field at all": (Condition("draft"),),
    "unknown field": (Condition("nothing", ("x",)),),
    "several": (Condition("lang", ("en",)), Condition("draft", (True,))),
    "contradiction": (Condition("lang", ("en",)), Condition("lang", ("de",))),
    "value and bound": (Condition("year", (2020, 1), at_least=2),),
    "dotted name": (Condition("odd.name", ("x",)),),
    "quoted name": (Condition('quo"te', ("y",), at_least="a"),),
    "without end": (Condition("year", at_least=float("-inf"), at_most=float("inf")),),
    "no number": (Condition("year", at_least=float("nan")),),
    "beyond 64 bits": (Condition("year", at_most=2**70),),
}


class VectorStoreSuite:
    """The promises of `contracts.vectors.VectorStore`."""

    @pytest.fixture
    def store(self) -> VectorStore:
        """The store under test, empty."""
        raise NotImplementedError("a subclass of VectorStoreSuite defines the fixture `store`")

    async def test_an_unknown_space_is_empty(self, store: VectorStore) -> None:
        """Nothing is found, nothing counted, and forgetting what is not there is no error."""
        assert list(await store.search(SPACE, unit_vector(1), 5, _W1)) == []
        assert await store.count(SPACE, _W1) == StoreCounts()
        assert await store.vectors(SPACE, ["c1"], _W1) == {}
        assert await store.passages(["c1"], _W1) == {}
        await store.retain(SPACE, "w1", "d1", [])
        await store.delete("w1", document_ids=["d1"])
        await store.delete_datasource("w1", "s1")

    async def test_the_nearest_come_first_with_their_cosine(self, store: VectorStore) -> None:
        """As many as asked, all where more are asked."""
        chunks = {f"c{n:02}": n for n in range(30)}
        await store.upsert([document_of("d1", chunks)])
        query = unit_vector(99)
        for top_k in (1, 7, 30, 100):
            assert_same(await store.search(SPACE, query, top_k, _W1), _expected(chunks, query, top_k))
        assert list(await store.search(SPACE, query, 0, _W1)) == []

    async def test_equal_scores_come_by_chunk_id(self, store: VectorStore) -> None:
        """Also where the cut goes through them."""
        chunks = dict.fromkeys(("e", "b", "a", "d", "c"), 1) | {"x": 2, "y": 3}
        await store.upsert([document_of("d1", chunks)])
        for top_k in (1, 3, 5):
            hits = await store.search(SPACE, unit_vector(1), top_k, _W1)
            assert [hit.chunk_id for hit in hits] == ["a", "b", "c", "d", "e"][:top_k]

    async def test_upsert_adds_and_replaces(self, store: VectorStore) -> None:
        """Other chunks of the document stay."""
        await store.upsert([document_of("d1", {"c1": 1, "c2": 2})])
        await store.upsert([document_of("d1", {"c2": 20, "c3": 3})])
        assert await store.count(SPACE, _W1) == StoreCounts(1, 3)
        await _assert_holds(store, {"c1": 1, "c2": 20, "c3": 3})

    async def test_a_chunk_that_moves_to_another_document_is_there_once(self, store: VectorStore) -> None:
        """Its old document forgets it, and is forgotten without any."""
        await store.upsert([document_of("d1", {"c1": 1, "c2": 2}), document_of("d2", {"c3": 3})])
        await store.upsert([document_of("d2", {"c2": 2}, datasource_id="s2"), document_of("d3", {"c1": 1})])
        assert await store.count(SPACE, _W1) == StoreCounts(2, 3)
        await store.delete("w1", document_ids=["d1"])
        await _assert_holds(store, {"c1": 1, "c2": 2, "c3": 3})

    async def test_a_document_has_one_metadata(self, store: VectorStore) -> None:
        """The newest counts for all of its chunks, and so does the newest data source."""
        await store.upsert([document_of("d1", {"c1": 1}, metadata={"v": 1})])
        await store.upsert([document_of("d1", {"c2": 2}, metadata={"v": 2}, datasource_id="s2")])
        new = Scope("w1", ("s2",), (Condition("v", (2,)),))
        assert await store.count(SPACE, new) == StoreCounts(1, 2)
        assert await store.count(SPACE, Scope("w1", ("s1",))) == StoreCounts()
        await store.upsert([document_of("d1", {}, metadata={"v": 3}, datasource_id="s2")])
        assert await store.count(SPACE, replace(new, where=(Condition("v", (3,)),))) == StoreCounts(1, 2)

    async def test_a_document_without_chunks_is_none(self, store: VectorStore) -> None:
        """Neither in a new space nor in a known one."""
        await store.upsert([document_of("d1", {})])
        assert await store.count(SPACE, _W1) == StoreCounts()
        await store.upsert([document_of("d2", {"c1": 1}), document_of("d1", {})])
        assert await store.count(SPACE, _W1) == StoreCounts(1, 1)

    async def test_retain_forgets_the_other_chunks(self, store: VectorStore) -> None:
        """Of this document, in this space; an unknown id is no error, none named forgets the document."""
        both = {"c1": 1, "c2": 2, "c3": 3}
        await store.upsert([document_of("d1", both), document_of("d1", both, space="other")])
        await store.upsert([document_of("d2", {"x1": 9})])
        await store.retain(SPACE, "w1", "d1", ["c2", "unknown"])
        assert await store.count("other", _W1) == StoreCounts(1, 3)
        await _assert_holds(store, {"c2": 2, "x1": 9})
        await store.retain(SPACE, "w1", "d1", [])
        assert await store.count(SPACE, _W1) == StoreCounts(1, 1)

    async def test_delete_forgets_documents_in_all_spaces(self, store: VectorStore) -> None:
        """And they can come again."""
        for space in (SPACE, "other"):
            await store.upsert(
                [document_of(name, {f"{name}c": 1}, space=space) for name in ("d1", "d2", "d3")]
            )
        await store.delete("w1", document_ids=["d1", "unknown", "d3"])
        for space in (SPACE, "other"):
            assert await store.count(space, _W1) == StoreCounts(1, 1)
        await store.delete("w1", document_ids=[])
        await store.upsert([document_of("d1", {"d1c": 5})])
        await _assert_holds(store, {"d1c": 5, "d2c": 1})

    async def test_delete_datasource(self, store: VectorStore) -> None:
        """In all spaces, or in all but one: how a re-indexed source sheds its old vectors."""
        for space in ("old", "older", "new"):
            await store.upsert(
                [
                    document_of("d1", {"c1": 1}, space=space),
                    document_of("d2", {"c2": 2}, space=space, datasource_id="s2"),
                ]
            )
        await store.delete_datasource("w1", "s1", except_space="new")
        counts = [(await store.count(space, _W1)).documents for space in ("old", "older", "new")]
        assert counts == [1, 1, 2]
        await store.delete_datasource("w1", "s1")
        assert await store.count("new", Scope("w1", ("s1",))) == StoreCounts()
        assert await store.count("new", _W1) == StoreCounts(1, 1)

    async def test_data_sources_of_a_scope(self, store: VectorStore) -> None:
        """None looks at all, empty at none, unknown ones have nothing."""
        for n in (1, 2, 3):
            await store.upsert([document_of(f"d{n}", {f"c{n}": n}, datasource_id=f"s{n}")])
        for datasource_ids, expected in [
            (None, {"c1": 1, "c2": 2, "c3": 3}),
            ((), {}),
            (("s2",), {"c2": 2}),
            (("s3", "unknown", "s1", "s1"), {"c1": 1, "c3": 3}),
            (("unknown",), {}),
        ]:
            await _assert_holds(store, expected, Scope("w1", datasource_ids))

    @pytest.mark.parametrize("name", _CONDITIONS)
    async def test_conditions_on_metadata(self, store: VectorStore, name: str) -> None:
        """Numbers with numbers, texts with texts in the order of code points, booleans with booleans."""
        where = _CONDITIONS[name]
        await store.upsert(
            [
                document_of(document_id, {f"{document_id}c": n}, metadata=metadata)
                for n, (document_id, metadata) in enumerate(_DOCUMENTS.items())
            ]
        )
        fitting = {
            f"{document_id}c": n
            for n, (document_id, metadata) in enumerate(_DOCUMENTS.items())
            if matches(metadata, where)
        }
        await _assert_holds(store, fitting, Scope("w1", None, where))

    async def test_conditions_and_data_sources_hold_together(self, store: VectorStore) -> None:
        """A search looks only at what fits, however far away it lies."""
        await store.upsert([document_of(f"d{n}", {f"c{n}": n}) for n in range(40)])
        await store.upsert(
            [
                document_of("far", {"far": 77}, metadata={"v": 1}, datasource_id="s2"),
                document_of("else", {"else": 78}, metadata={"v": 1}, datasource_id="s3"),
            ]
        )
        scope = Scope("w1", ("s2",), (Condition("v", (1,)),))
        assert [hit.chunk_id for hit in await store.search(SPACE, -unit_vector(77), 5, scope)] == ["far"]

    async def test_vectors_come_back(self, store: VectorStore) -> None:
        """As they went in; unknown ids and those of other scopes are left out."""
        await store.upsert([document_of("d1", {"c1": 1, "c2": 2})])
        found = await store.vectors(SPACE, ["c2", "c9", "c1"], _W1)
        assert found.keys() == {"c1", "c2"}
        for chunk_id, seed in (("c1", 1), ("c2", 2)):
            assert found[chunk_id].dtype == np.float32
            np.testing.assert_allclose(found[chunk_id], unit_vector(seed), atol=_TOLERANCE)
        assert await store.vectors(SPACE, ["c1"], _W2) == {}
        assert await store.vectors(SPACE, ["c1"], Scope("w1", ())) == {}
        assert await store.vectors(SPACE, [], _W1) == {}

    async def test_passages_come_back(self, store: VectorStore) -> None:
        """Every field, their score at 0; chunks without one are left out."""
        await store.upsert([document_of("d1", {"c1": 1, "c2": 2}, with_passages=True)])
        await store.upsert([document_of("d2", {"c3": 3})])
        found = await store.passages(["c3", "c1", "c9"], _W1)
        assert dict(found) == {"c1": passage_of("c1")}
        assert {type(value) for value in found["c1"].metadata.values()} == {int, float, bool, str}
        assert await store.passages(["c1"], _W2) == {}
        assert await store.passages(["c1"], Scope("w1", ("s2",))) == {}
        scored = replace(passage_of("c1"), score=0.7, explanation={"bm25": 1.0})
        await store.upsert([replace(document_of("d1", {"c1": 1}), passages=(scored,))])
        assert dict(await store.passages(["c1"], _W1)) == {"c1": passage_of("c1")}

    async def test_other_dimensions_are_refused_and_change_nothing(self, store: VectorStore) -> None:
        """Not even what else the call brings; within one call too, and for a query."""
        await store.upsert([document_of("d1", {"c1": 1})])
        wrong = document_of("d3", {"c3": 3}, dimensions=4)
        with pytest.raises(InvalidInputError, match="dimensions"):
            await store.upsert([document_of("d2", {"c2": 2}), wrong])
        new = [document_of("d4", {"c4": 4}, space="new"), replace(wrong, space="new")]
        with pytest.raises(InvalidInputError, match="dimensions"):
            await store.upsert(new)
        with pytest.raises(InvalidInputError, match="dimensions"):
            await store.search(SPACE, unit_vector(1, 4), 5, _W1)
        await _assert_holds(store, {"c1": 1})
        assert await store.count("new", _W1) == StoreCounts()
        await store.upsert(new[1:])
        assert await store.count("new", _W1) == StoreCounts(1, 1)

    async def test_a_space_keeps_its_dimensions(self, store: VectorStore) -> None:
        """Also when nothing is left in it, and for every workspace."""
        await store.upsert([document_of("d1", {"c1": 1})])
        await store.delete("w1", document_ids=["d1"])
        with pytest.raises(InvalidInputError, match="dimensions"):
            await store.upsert([document_of("d1", {"c1": 1}, workspace_id="w2", dimensions=4)])

    @pytest.mark.parametrize(
        "broken",
        [
            replace(document_of("d1", {"c1": 1}), chunk_ids=("c1", "c2")),
            replace(document_of("d1", {"c1": 1, "c2": 2}), chunk_ids=("c1", "c1")),
            replace(document_of("d1", {"c1": 1}), passages=()),
            replace(document_of("d1", {"c1": 1}), vectors=unit_vector(1)),
            replace(document_of("d1", {"c1": 1}), vectors=np.full((1, 8), np.nan, np.float32)),
            document_of("d1", {"c1": 1}, metadata={"x": float("inf")}),
            document_of("d1", {"c1": 1}, metadata={"x": "a\0b"}),
            document_of("d1", {"c\0": 1}),
            document_of("d1\ud800", {"c1": 1}),
        ],
        ids=["too few vectors", "one id twice", "no passage", "one row", "nan", "inf", "nul", "id", "half"],
    )
    async def test_what_no_store_can_keep_is_refused(
        self, store: VectorStore, broken: DocumentVectors
    ) -> None:
        """Alike, and before anything is written."""
        with pytest.raises(InvalidInputError):
            await store.upsert([document_of("d0", {"c0": 1}), broken])
        assert await store.count(SPACE, _W1) == StoreCounts()

    async def test_what_was_upserted_is_not_changed_from_outside(self, store: VectorStore) -> None:
        """The arrays and mappings stay the caller's."""
        document = document_of("d1", {"c1": 1}, metadata={"v": 1})
        await store.upsert([document])
        document.vectors[:] = 0
        cast("dict[str, Scalar]", document.metadata)["v"] = 2
        await _assert_holds(store, {"c1": 1}, Scope("w1", None, (Condition("v", (1,)),)))
        (await store.vectors(SPACE, ["c1"], _W1))["c1"].copy()

    async def test_workspaces_are_apart(self, store: VectorStore) -> None:
        """With the same ids and the same vectors everywhere: what one does, the other never sees."""
        chunks = {"c1": 1, "c2": 2}
        for workspace_id in ("w1", "w2"):
            await store.upsert([document_of("d1", chunks, workspace_id=workspace_id, with_passages=True)])
        await store.upsert([document_of("d1", {"c3": 3}, workspace_id="w2")])
        await _assert_holds(store, chunks, _W1)
        await _assert_holds(store, {**chunks, "c3": 3}, _W2)
        assert await store.vectors(SPACE, ["c3"], _W1) == {}
        await store.retain(SPACE, "w1", "d1", ["c1"])
        await _assert_holds(store, {**chunks, "c3": 3}, _W2)
        await store.delete("w1", document_ids=["d1"])
        await store.delete_datasource("w1", "s1")
        await _assert_holds(store, {**chunks, "c3": 3}, _W2)
        await _assert_holds(store, {}, _W1)
        assert (await store.passages(["c1"], _W2)).keys() == {"c1"}

    async def test_spaces_are_apart(self, store: VectorStore) -> None:
        """The same chunk under two models, of other dimensions; strange names are names."""
        names = {SPACE: 8, "Model/8": 8, "model_8": 8, "größe 'x' \"y\" %s": 3, "m" * 200: 5}
        for seed, (space, dimensions) in enumerate(names.items()):
            await store.upsert([document_of("d1", {"c1": seed}, space=space, dimensions=dimensions)])
        for seed, (space, dimensions) in enumerate(names.items()):
            found = await store.vectors(space, ["c1"], _W1)
            np.testing.assert_allclose(found["c1"], unit_vector(seed, dimensions), atol=_TOLERANCE)

    async def test_readers_and_writers_at_the_same_time(self, store: VectorStore) -> None:
        """A reader sees each document before or after a call, never without chunks that it had throughout."""
        kept = {f"kept{n}": n for n in range(5)}
        await store.upsert([document_of("kept", kept)])

        async def write(worker: int) -> None:
            for turn in range(6):
                document_id = f"d{worker}"
                await store.upsert(
                    [document_of(document_id, {f"{document_id}-{turn}-{n}": 100 + n for n in range(4)})]
                )
                await store.retain(SPACE, "w1", document_id, [f"{document_id}-{turn}-{n}" for n in range(4)])
            await store.delete("w1", document_ids=[f"d{worker}"])

        async def read() -> None:
            for _ in range(12):
                hits = await store.search(SPACE, unit_vector(3), 100, _W1)
                assert kept.keys() <= {hit.chunk_id for hit in hits}
                assert len({hit.chunk_id for hit in hits}) == len(hits)

        async with anyio.create_task_group() as group:
            for worker in range(4):
                group.start_soon(write, worker)
                group.start_soon(read)
        await _assert_holds(store, kept)

    async def test_what_a_call_changed_the_next_search_sees(self, store: VectorStore) -> None:
        """Call by call."""
        for n in range(10):
            await store.upsert([document_of("d1", {f"c{n}": n})])
            (hit, *_) = await store.search(SPACE, unit_vector(n), 3, _W1)
            assert hit.chunk_id == f"c{n}"
            await store.retain(SPACE, "w1", "d1", [])
            assert list(await store.search(SPACE, unit_vector(n), 3, _W1)) == []

    async def test_a_document_of_many_chunks(self, store: VectorStore) -> None:
        """More than one statement or request takes."""
        chunks = {f"c{n:04}": n for n in range(1_200)}
        await store.upsert([document_of("d1", chunks, with_passages=True)])
        assert await store.count(SPACE, _W1) == StoreCounts(1, 1_200)
        query = unit_vector(5_000)
        assert_same(await store.search(SPACE, query, 20, _W1), _expected(chunks, query, 20))
        assert len(await store.passages(list(chunks), _W1)) == 1_200
        await store.retain(SPACE, "w1", "d1", list(chunks)[::2])
        assert await store.count(SPACE, _W1) == StoreCounts(1, 600)


def assert_same(hits: Sequence[Hit], expected: Sequence[Hit]) -> None:
    """The same chunks in the same order, scores within float error; neighbours that close may swap."""
    assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in expected], abs=_TOLERANCE)
    scores = {hit.chunk_id: hit.score for hit in expected}
    for hit in hits:
        assert hit.score == pytest.approx(scores.get(hit.chunk_id, expected[-1].score), abs=_TOLERANCE)


def _expected(chunks: Mapping[str, int], query: Vectors, top_k: int) -> list[Hit]:
    hits = [Hit(chunk_id, float(unit_vector(seed) @ query)) for chunk_id, seed in chunks.items()]
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:top_k]


async def _assert_holds(store: VectorStore, chunks: Mapping[str, int], scope: Scope = _W1) -> None:
    """Search, vectors and counts agree that these chunks, and no others, are in the scope."""
    hits = await store.search(SPACE, unit_vector(0), 1_000, scope)
    assert _ids(hits) == sorted(chunks)
    assert_same(hits, _expected(chunks, unit_vector(0), 1_000))
    assert (await store.count(SPACE, scope)).chunks == len(chunks)
    assert (await store.vectors(SPACE, list(chunks), scope)).keys() == chunks.keys()


def _ids(hits: Iterable[Hit]) -> list[str]:
    return sorted(hit.chunk_id for hit in hits)
