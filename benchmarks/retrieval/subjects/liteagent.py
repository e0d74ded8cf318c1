"""Ours as a library: a corpus whose vectors and passages are in a SQLite file."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.retrieval.embedding import DIMENSIONS, Embedding
from benchmarks.retrieval.subject import CHUNK, DEPTH, OVERLAP
from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind
from liteagent.contracts.retrieval import RetrievalQuery, Retriever
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.corpus import InMemoryCorpus
from liteagent.engine.rag.retriever import create_retriever
from liteagent.providers.vectorstore import sqlite

__all__ = ["GivenEmbedder", "open_subject"]


class GivenEmbedder:
    """The embedder of the benchmark in our socket."""

    model = f"words/{DIMENSIONS}"
    limits = EmbedderLimits(texts=256, characters=10_000_000, text_characters=1_000_000)

    def __init__(self, embedding: Embedding) -> None:
        self._embedding = embedding

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """Both kinds alike."""
        del kind
        return Embedded(self._embedding.vectors(texts))

    async def aclose(self) -> None:
        """Nothing to release."""


class _LiteAgent:
    def __init__(self, embedding: Embedding, folder: str, depth: int) -> None:
        self._store = sqlite.create({"path": str(Path(folder) / "vectors.db")})
        self._corpus = InMemoryCorpus(
            chunker=create_chunker(chunk_size=CHUNK, overlap=OVERLAP),
            embedder=GivenEmbedder(embedding),
            vector_store=self._store,
        )
        self._depth = depth
        self._ways: dict[str, Retriever] = {}

    async def index(self, documents: Sequence[tuple[str, str]]) -> int:
        for name, text in documents:
            self._corpus.add(name, text)
        await self._corpus.embed()
        indexes = await self._corpus.indexes()
        return sum(len(index) for index in indexes.values())

    async def take(self, passages: Sequence[tuple[str, str]]) -> None:
        """They are what our chunker makes of the documents, so it is handed the documents' parts."""
        for number, (name, text) in enumerate(passages):
            self._corpus.add(f"{name}\0{number}", text)
        await self._corpus.embed()

    async def find(self, question: str, count: int, way: str) -> list[str]:
        retriever = self._ways.get(way) or self._ways.setdefault(
            way, create_retriever(way, corpus=self._corpus)
        )
        found = await retriever.retrieve(RetrievalQuery(question, count))
        return [each.document.name.partition("\0")[0] for each in found.passages]

    async def close(self) -> None:
        await self._store.aclose()


async def open_subject(embedding: Embedding, folder: str, depth: int = DEPTH) -> _LiteAgent:
    """Our engine without the platform."""
    return _LiteAgent(embedding, folder, depth)
