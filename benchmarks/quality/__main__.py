"""How good retrieval is: `python -m benchmarks.quality --cache FILE [--minilm FOLDER] [--docs FOLDER]`."""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from benchmarks.quality.collection import Collection, Query, build
from benchmarks.quality.measures import Measured, measured
from benchmarks.quality.vectors import CachedEmbedder
from liteagent.contracts.retrieval import RetrievalQuery, Retriever
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.corpus import InMemoryCorpus
from liteagent.engine.rag.retriever import create_retriever
from liteagent.providers.vectorstore.memory import MemoryVectorStore

_DOCS = Path("/usr/share/doc/python3.11/html")
_CHUNKS = 40  # passages asked for: enough for ten sections
_PLAIN = {"distinct": False, "expand_parents": False}
_RUNS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "bm25": ("bm25", {}),
    "vector": ("vector", {}),
    "rrf, k 60": ("hybrid", {"fusion": "rrf"}),
    "rrf, k 10": ("hybrid", {"fusion": "rrf", "rrf_k": 10}),
    "hybrid, as it comes": ("hybrid", {}),
}


async def main() -> None:
    """Print nDCG@10 and recall@10 of each retriever, for each set of queries."""
    chosen = _arguments()
    collection = build(chosen.docs)
    embedder = CachedEmbedder(chosen.cache, chosen.minilm)
    corpus = await _corpus(collection, embedder)
    for title, queries in _sets(collection, halves=chosen.halves):
        print(f"\n{title}: {len(queries)} queries to {len(collection.texts)} sections")
        print(f"{'':22}{'nDCG@10':>16}{'recall@10':>16}{'over the better part':>24}{'ms':>8}")
        await _report(corpus, queries)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--docs", type=Path, default=_DOCS, help="HTML pages of Debian's python3.11-doc")
    parser.add_argument("--minilm", type=Path, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--cache", type=Path, required=True, help="where vectors are kept")
    parser.add_argument("--halves", action="store_true", help="the tuning and the test half apart")
    return parser.parse_args()


async def _corpus(collection: Collection, embedder: CachedEmbedder) -> InMemoryCorpus:
    chunker = create_chunker()
    texts = [chunk.searchable for text in collection.texts for chunk in chunker.chunk(text.id, text.body)]
    embedder.prepare([*texts, *(query.text for query in (*collection.questions, *collection.titles))])
    corpus = InMemoryCorpus(chunker=chunker, embedder=embedder, vector_store=MemoryVectorStore())
    for text in collection.texts:
        corpus.add(text.id, text.body)
    await corpus.embed()
    return corpus


def _sets(collection: Collection, *, halves: bool) -> list[tuple[str, Sequence[Query]]]:
    sets = [("Questions", collection.questions), ("Titles", collection.titles)]
    if not halves:
        return list(sets)
    return [
        (f"{title}, {'tuning' if tuning else 'test'} half", [each for each in some if each.tuning is tuning])
        for title, some in sets
        for tuning in (True, False)
    ]


async def _report(corpus: InMemoryCorpus, queries: Sequence[Query]) -> None:
    runs: dict[str, Measured] = {}
    for name, (kind, options) in _RUNS.items():
        retriever = create_retriever(kind, corpus=corpus, options={**_PLAIN, **options})
        began = time.perf_counter()
        runs[name] = await _measure(retriever, queries)
        each = (time.perf_counter() - began) / max(1, len(queries)) * 1000
        better = max(
            (runs[part] for part in ("bm25", "vector") if part in runs), key=lambda run: run.ndcg.mean
        )
        over = str(runs[name].over(better)) if kind == "hybrid" else ""
        print(f"{name:22}{runs[name].ndcg!s:>16}{runs[name].recall!s:>16}{over:>24}{each:>8.2f}")


async def _measure(retriever: Retriever, queries: Sequence[Query]) -> Measured:
    orders: list[list[str]] = []
    for query in queries:
        result = await retriever.retrieve(RetrievalQuery(query.text, _CHUNKS))
        orders.append([passage.document.name for passage in result.passages])
    return measured(orders, [query.relevant for query in queries])


if __name__ == "__main__":
    anyio.run(main)
