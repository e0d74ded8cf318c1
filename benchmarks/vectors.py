"""Measures the embedded vector store: fill, load, search, filtered search, add and delete, memory.

Usage: python benchmarks/vectors.py [--chunks 10000 100000] [--million] [--dimensions 384] [--folder DIR]

The vectors are drawn around topics, with few directions that matter more, as vectors of texts are. Documents
have ten chunks; data sources a fifth of the documents each. Beside it stands what everything is compared
with: one product of numpy over all vectors, and its ten best.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import anyio
import numpy as np

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.retrieval import Scope
from liteagent.contracts.vectors import DocumentVectors, VectorStore
from liteagent.providers.vectorstore import sqlite

SPACE, WORKSPACE = "bench", "w"
PER_DOCUMENT, TOPICS, TOP_K = 10, 2_000, 10
EVERYWHERE, A_FIFTH = Scope(WORKSPACE), Scope(WORKSPACE, ("s1",))


def main() -> None:
    """Print a paragraph for each size."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--chunks", type=int, nargs="+", default=[10_000, 100_000])
    arguments.add_argument("--million", action="store_true", help="1,000,000 chunks too: 6 GB of memory")
    arguments.add_argument("--dimensions", type=int, default=384)
    arguments.add_argument("--queries", type=int, default=300)
    arguments.add_argument("--folder", type=Path, help="on a real disk, for the file; a temporary one else")
    chosen = arguments.parse_args()
    for chunks in [*chosen.chunks, *([1_000_000] if chosen.million else [])]:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            anyio.run(measure, chunks, chosen.dimensions, chosen.queries, Path(folder) / "vectors.db")


async def measure(chunks: int, dimensions: int, queries: int, path: Path) -> None:
    """All figures of one size."""
    drawn = clustered(chunks + queries, dimensions)
    vectors, asked = drawn[:chunks], drawn[chunks:]
    print(f"{chunks:,} chunks x {dimensions}, {queries} queries, the best {TOP_K}")
    before = memory()
    store = sqlite.create({"path": str(path)})
    seconds = await timed(lambda: fill(store, vectors))
    print(f"  fill, 100 documents a commit  {chunks / seconds:9,.0f} chunks/s")
    await store.aclose()
    store = sqlite.create({"path": str(path)})
    seconds = await timed(lambda: store.count(SPACE, EVERYWHERE))
    print(f"  load from {megabytes(path):5,} MB of file    {seconds:9.2f} s")
    seconds = await timed(lambda: store.search(SPACE, asked[0], TOP_K, EVERYWHERE))
    print(f"  first search                  {seconds * 1e3:9.1f} ms")
    for name, scope in (("search the workspace", EVERYWHERE), ("search a fifth of it", A_FIFTH)):
        await measure_search(name, store, vectors, asked, scope)
    plain = [once(lambda query=query: np.argpartition(vectors @ query, -TOP_K)) for query in asked]
    print(f"  numpy's product over all      {figures(plain)}")
    await measure_changes(store, vectors)
    print(f"  memory beside the test data   {(memory() - before) >> 20:9,} MB")
    await store.aclose()


async def measure_search(
    name: str, store: VectorStore, vectors: Vectors, asked: Vectors, scope: Scope
) -> None:
    """Latency of one search after the other, and how many of the true best it finds."""
    taken: list[float] = []
    recalls: list[float] = []
    allowed = fifth(len(vectors)) if scope is A_FIFTH else None
    for query in asked:
        begin = time.perf_counter()
        hits = await store.search(SPACE, query, TOP_K, scope)
        taken.append(time.perf_counter() - begin)
        best = best_of(vectors, query, allowed)
        recalls.append(len(best & {int(hit.chunk_id[:8]) for hit in hits}) / TOP_K)
    print(f"  {name:28}  {figures(taken)}, recall@{TOP_K} {statistics.mean(recalls):.4f}")


async def measure_changes(store: VectorStore, vectors: Vectors) -> None:
    """One document gone and there again, each seen by the next search."""
    deleted: list[float] = []
    added: list[float] = []
    chosen = np.random.default_rng(1).permutation(len(vectors) // PER_DOCUMENT)[:100]
    for number in chosen.tolist():
        document = document_of(number, vectors)
        names = [document.document_id]
        deleted.append(await timed(partial(store.delete, WORKSPACE, document_ids=names)))
        assert document.chunk_ids[0] not in await found(store, document)
        added.append(await timed(partial(store.upsert, [document])))
        assert document.chunk_ids[0] in await found(store, document)
    print(f"  delete a document, durable    {figures(deleted)}")
    print(f"  add a document, durable       {figures(added)}")


async def found(store: VectorStore, document: DocumentVectors) -> set[str]:
    """The chunks nearest to the first of a document."""
    return {hit.chunk_id for hit in await store.search(SPACE, document.vectors[0], TOP_K, EVERYWHERE)}


async def fill(store: VectorStore, vectors: Vectors) -> None:
    """Add everything."""
    documents = len(vectors) // PER_DOCUMENT
    for begin in range(0, documents, 100):
        numbers = range(begin, min(begin + 100, documents))
        await store.upsert([document_of(number, vectors) for number in numbers])


def document_of(number: int, vectors: Vectors) -> DocumentVectors:
    """Ten chunks."""
    rows = range(number * PER_DOCUMENT, (number + 1) * PER_DOCUMENT)
    ids = tuple(f"{row:08}-0000-8000-8000-000000000000" for row in rows)
    part = vectors[rows.start : rows.stop]
    return DocumentVectors(SPACE, WORKSPACE, f"s{number % 5}", f"document-{number}", ids, part)


def clustered(rows: int, dimensions: int) -> Vectors:
    """Vectors of length 1 around topics."""
    chance = np.random.default_rng(0)
    weights = (np.arange(1, dimensions + 1) ** -0.5).astype(np.float32)
    turned = np.linalg.qr(chance.standard_normal((dimensions, dimensions)))[0].astype(np.float32)
    topics = chance.standard_normal((TOPICS, dimensions), np.float32) * weights
    drawn = np.empty((rows, dimensions), np.float32)
    for part in parts(rows):
        size = part.stop - part.start
        noise = chance.standard_normal((size, dimensions), np.float32) * weights
        mixed = (topics[chance.integers(0, TOPICS, size)] + noise) @ turned
        drawn[part] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return drawn


def parts(rows: int) -> Iterator[slice]:
    """Slices of at most 50,000 rows."""
    for begin in range(0, rows, 50_000):
        yield slice(begin, min(rows, begin + 50_000))


def fifth(chunks: int) -> np.ndarray:
    """Which chunks are of the data source `s1`."""
    return np.arange(chunks) // PER_DOCUMENT % 5 == 1


def best_of(vectors: Vectors, query: Vectors, allowed: np.ndarray | None) -> set[int]:
    """The places of the true best."""
    scores = vectors @ query
    if allowed is not None:
        scores[~allowed] = -2
    return set(np.argpartition(scores, -TOP_K)[-TOP_K:].tolist())


def figures(seconds: Sequence[float]) -> str:
    """Half and 99 of a hundred are not slower."""
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"p50 {statistics.median(ordered) * 1e3:6.2f} ms, p99 {p99 * 1e3:6.2f} ms"


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that `work` takes."""
    begin = time.perf_counter()
    await work()
    return time.perf_counter() - begin


def once(work: Callable[[], object]) -> float:
    """Seconds that `work` takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def megabytes(path: Path) -> int:
    """The size of a file."""
    return path.stat().st_size >> 20


def memory() -> int:
    """Resident bytes of this process, as Linux counts them."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


if __name__ == "__main__":
    main()
