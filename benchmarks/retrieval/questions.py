"""The quality case: what is asked of whom, and what the answers are worth."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality.collection import Collection, build
from benchmarks.quality.measures import measured
from benchmarks.quality.vectors import CachedEmbedder
from benchmarks.retrieval.documents import MissingError, pages
from benchmarks.retrieval.subject import CHUNK, OVERLAP
from liteagent.engine.rag.chunker import create_chunker

__all__ = ["Asked", "asked_of_all", "worth"]

Asked = Mapping[str, str]
"""Where the workers find the collection and the vectors."""


def asked_of_all(cache: Path, model: Path | None) -> Asked:
    """Cut sections and questions, and the vectors of both, in files that are made where they are missing.

    Raises:
        MissingError: There is no documentation, or no model to embed it with.
    """
    collection = build(pages(cache))
    passages = _passages(collection)
    sets = {"questions": collection.questions, "titles": collection.titles}
    questions = {name: [(each.text, each.relevant) for each in some] for name, some in sets.items()}
    path, vectors = cache / "collection.json", cache / "vectors.npz"
    path.write_text(json.dumps({"passages": passages, "questions": questions}), encoding="utf-8")
    texts = [text for _, text in passages] + [text for some in questions.values() for text, _ in some]
    try:
        CachedEmbedder(vectors, model).prepare(texts)
    except SystemExit as error:
        raise MissingError(str(error)) from None
    return {"collection": str(path), "vectors": str(vectors)}


def worth(asked: Asked, found: Mapping[str, Mapping[str, Sequence[Sequence[str]]]]) -> dict[str, float]:
    """nDCG@10 by set and way, recall@10 of the hybrid, and what it gains over the better of its parts."""
    given: dict[str, Any] = json.loads(Path(asked["collection"]).read_text(encoding="utf-8"))
    figures: dict[str, float] = {}
    for name, questions in given["questions"].items():
        relevant = [each for _, each in questions]
        ways = {way: measured(orders, relevant) for way, orders in found[name].items()}
        figures |= {f"{name}_{way}": each.ndcg.mean for way, each in ways.items()}
        if "bm25" in ways and "vector" in ways:
            better = max(ways["bm25"].ndcg.mean, ways["vector"].ndcg.mean)
            figures[f"{name}_over_parts"] = ways["hybrid"].ndcg.mean - better
        figures[f"{name}_recall"] = ways["hybrid"].recall.mean
    return figures


def _passages(collection: Collection) -> list[tuple[str, str]]:
    """The same chunks for everybody, so that the vectors are the same ones."""
    chunker = create_chunker(chunk_size=CHUNK, overlap=OVERLAP)
    return [(text.id, chunk.text) for text in collection.texts for chunk in chunker.chunk(text.id, text.body)]
