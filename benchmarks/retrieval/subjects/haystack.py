"""Haystack: its store in memory, a pipeline of both retrievers and a joiner by reciprocal rank."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.retrieval.embedding import Embedding
from benchmarks.retrieval.subject import CHUNK, DEPTH, OVERLAP

__all__ = ["open_subject"]

_haystack: Any = import_module("haystack")
_store: Any = import_module("haystack.document_stores.in_memory").InMemoryDocumentStore
_retrievers: Any = import_module("haystack.components.retrievers.in_memory")
_joiner: Any = import_module("haystack.components.joiners").DocumentJoiner
_splitter: Any = import_module("haystack.components.preprocessors").RecursiveDocumentSplitter


class _Haystack:
    def __init__(self, embedding: Embedding, depth: int) -> None:
        self._embedding = embedding
        self._store = _store(embedding_similarity_function="dot_product")
        self._words = _retrievers.InMemoryBM25Retriever(self._store, top_k=depth)
        self._meanings = _retrievers.InMemoryEmbeddingRetriever(self._store, top_k=depth)
        self._pipeline = _haystack.Pipeline()
        self._pipeline.add_component("words", _retrievers.InMemoryBM25Retriever(self._store, top_k=depth))
        meanings = _retrievers.InMemoryEmbeddingRetriever(self._store, top_k=depth)
        self._pipeline.add_component("meanings", meanings)
        joiner = _joiner(join_mode="reciprocal_rank_fusion", top_k=depth)
        self._pipeline.add_component("joiner", joiner)
        self._pipeline.connect("words", "joiner")
        self._pipeline.connect("meanings", "joiner")

    async def index(self, documents: Sequence[tuple[str, str]]) -> int:
        splitter = _splitter(
            split_length=CHUNK, split_overlap=OVERLAP, split_unit="char", separators=["\n\n", "\n", " "]
        )
        made = [_haystack.Document(content=text, meta={"name": name}) for name, text in documents if text]
        chunks = splitter.run(documents=made)["documents"]
        self._put(chunks)
        return len(chunks)

    async def take(self, passages: Sequence[tuple[str, str]]) -> None:
        made = [
            _haystack.Document(id=str(number), content=text, meta={"name": name})
            for number, (name, text) in enumerate(passages)
        ]
        self._put(made)

    async def find(self, question: str, count: int, way: str) -> list[str]:
        if way == "bm25":
            found = self._words.run(query=question)["documents"]
        else:
            vector = self._embedding.vectors([question])[0].tolist()
            found = self._found(question, vector, way)
        return [each.meta["name"] for each in found[:count]]

    async def close(self) -> None:
        """It has no files."""

    def _found(self, question: str, vector: list[float], way: str) -> list[Any]:
        if way == "vector":
            return self._meanings.run(query_embedding=vector)["documents"]
        asked = {"words": {"query": question}, "meanings": {"query_embedding": vector}}
        return self._pipeline.run(asked)["joiner"]["documents"]

    def _put(self, chunks: list[Any]) -> None:
        for first in range(0, len(chunks), 256):
            some = chunks[first : first + 256]
            vectors = self._embedding.vectors([each.content for each in some]).tolist()
            for each, vector in zip(some, vectors, strict=True):
                each.embedding = vector
        self._store.write_documents(chunks)


async def open_subject(embedding: Embedding, folder: str, depth: int = DEPTH) -> _Haystack:
    """Haystack in memory."""
    del folder
    return _Haystack(embedding, depth)
