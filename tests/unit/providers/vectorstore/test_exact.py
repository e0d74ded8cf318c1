"""The exact index in memory: its ranking, its recall among many, and its room for change."""

from collections.abc import Iterator
from threading import Thread

import numpy as np
import pytest

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.retrieval import Condition, Scope
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.exact import ExactIndex
from liteagent.providers.vectorstore.scan import MANY_ROWS

W = Scope("w")
DIMENSIONS = 256
PER_DOCUMENT = 50


def _unit(vectors: Vectors) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def _clustered(rows: int, seed: int = 0) -> Vectors:
    """Vectors like those of texts: around topics, with few directions that matter more."""
    chance = np.random.default_rng(seed)
    weights = np.arange(1, DIMENSIONS + 1) ** -0.5
    topics = np.random.default_rng(99).standard_normal((500, DIMENSIONS)) * weights
    noise = chance.standard_normal((rows, DIMENSIONS)) * weights
    return _unit((topics[chance.integers(0, len(topics), rows)] + 0.8 * noise).astype(np.float32))


def _shapeless(rows: int, seed: int = 0) -> Vectors:
    """Vectors that no few dimensions tell apart."""
    return _unit(np.random.default_rng(seed).standard_normal((rows, DIMENSIONS)).astype(np.float32))


def _documents(vectors: Vectors) -> Iterator[DocumentVectors]:
    for n, begin in enumerate(range(0, len(vectors), PER_DOCUMENT)):
        rows = vectors[begin : begin + PER_DOCUMENT]
        ids = tuple(f"c{begin + place:06}" for place in range(len(rows)))
        yield DocumentVectors("s", "w", f"s{n % 5}", f"d{n}", ids, rows, {"n": n % 40})


def _filled(vectors: Vectors) -> ExactIndex:
    index = ExactIndex(DIMENSIONS)
    for document in _documents(vectors):
        index.upsert(document)
    return index


def _places(index: ExactIndex, query: Vectors, scope: Scope = W, top_k: int = 10) -> list[int]:
    return [int(hit.chunk_id[1:]) for hit in index.search(query, top_k, scope)]


def _truth(vectors: Vectors, query: Vectors, kept: np.ndarray | None = None) -> list[int]:
    scores = vectors @ query
    if kept is not None:
        scores[~kept] = -2
    return np.argsort(-scores)[:10].tolist()


@pytest.fixture(scope="module")
def many() -> tuple[Vectors, ExactIndex]:
    vectors = _clustered(MANY_ROWS + 3_000)
    return vectors, _filled(vectors)


def test_few_are_ranked_exactly() -> None:
    vectors = _clustered(5_000)
    index = _filled(vectors)
    for query in _clustered(20, seed=1):
        assert _places(index, query) == _truth(vectors, query)


def test_many_are_found_as_if_all_were_compared(many: tuple[Vectors, ExactIndex]) -> None:
    vectors, index = many
    found = [(_places(index, query), _truth(vectors, query)) for query in _clustered(40, seed=1)]
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in found]) >= 0.99


@pytest.mark.parametrize(
    "scope",
    [
        Scope("w", ("s1",)),
        Scope("w", ("s1", "s2", "s3")),
        Scope("w", None, (Condition("n", (7,)),)),
        Scope("w", ("s2",), (Condition("n", at_least=2, at_most=30),)),
    ],
)
def test_a_scope_among_many(many: tuple[Vectors, ExactIndex], scope: Scope) -> None:
    vectors, index = many
    documents = np.arange(len(vectors)) // PER_DOCUMENT
    kept = np.ones(len(vectors), np.bool_)
    if scope.datasource_ids is not None:
        kept &= np.isin(documents % 5, [int(name[1:]) for name in scope.datasource_ids])
    for condition in scope.where:
        n = documents % 40
        kept &= n == 7 if condition.any_of else (n >= 2) & (n <= 30)
    assert index.count(scope).chunks == int(kept.sum())
    found = [(_places(index, query, scope), _truth(vectors, query, kept)) for query in _clustered(20, seed=2)]
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in found]) >= 0.99


def test_vectors_without_structure_are_all_compared() -> None:
    vectors = _shapeless(MANY_ROWS + 100)
    index = _filled(vectors)
    found = [(_places(index, query), _truth(vectors, query)) for query in _shapeless(10, seed=1)]
    assert np.mean([len(set(a) & set(b)) / 10 for a, b in found]) >= 0.95


def test_what_is_added_to_many_is_found_at_once(many: tuple[Vectors, ExactIndex]) -> None:
    _, index = many
    (vector,) = _shapeless(1, seed=7)
    index.upsert(DocumentVectors("s", "w", "s9", "new", ("c999999",), vector[None]))
    assert _places(index, vector)[0] == 999_999
    index.delete(["new"])
    assert 999_999 not in _places(index, vector)


def test_most_can_go_and_come_again() -> None:
    vectors = _clustered(20_000)
    index = _filled(vectors)
    documents = len(vectors) // PER_DOCUMENT
    gone = [n for n in range(documents) if n % 10]
    index.delete([f"d{n}" for n in gone])
    assert index.count(W) == StoreCounts(documents // 10, len(vectors) // 10)
    kept = (np.arange(len(vectors)) // PER_DOCUMENT) % 10 == 0
    for query in _clustered(5, seed=3):
        assert _places(index, query) == _truth(vectors, query, kept)
    for n, document in enumerate(_documents(vectors)):
        if n % 10:
            index.upsert(document)
    for query in _clustered(5, seed=3):
        assert _places(index, query) == _truth(vectors, query)


def test_a_scope_knows_one_from_true() -> None:
    index = ExactIndex(DIMENSIONS)
    values: list[tuple[str, int | bool]] = [("one", 1), ("true", True)]
    for n, (name, value) in enumerate(values):
        index.upsert(DocumentVectors("s", "w", "s", name, (name,), _shapeless(1, n), {"v": value}))
    (query,) = _shapeless(1)
    for name, value in values:
        hits = index.search(query, 5, Scope("w", None, (Condition("v", (value,)),)))
        assert [hit.chunk_id for hit in hits] == [name]


def test_searches_while_others_write() -> None:
    """What was there throughout is always found; blocks are emptied and filled meanwhile."""
    kept = _clustered(200)
    index = ExactIndex(DIMENSIONS)
    index.upsert(DocumentVectors("s", "w", "s", "kept", tuple(f"c{n}" for n in range(200)), kept))
    other = _clustered(4_000, seed=4)
    wrong: list[str] = []

    def write() -> None:
        for turn in range(30):
            for begin in range(0, 4_000, 400):
                ids = tuple(f"c{1_000 + begin + n}" for n in range(400))
                rows = other[begin : begin + 400]
                index.upsert(DocumentVectors("s", "w", "s", f"d{begin}", ids, rows))
            index.delete([f"d{begin}" for begin in range(0, 4_000, 400 if turn % 2 else 800)])

    def read() -> None:
        for query, expected in zip(kept[:100], range(100), strict=True):
            if expected not in _places(index, query, top_k=5):
                wrong.append(f"chunk {expected} was not found")

    threads = [Thread(target=write), *(Thread(target=read) for _ in range(3))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
