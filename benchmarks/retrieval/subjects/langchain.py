"""LangChain: its vector store in memory or FAISS, `BM25Retriever`, both in an `EnsembleRetriever`."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.retrieval.embedding import Embedding
from benchmarks.retrieval.subject import CHUNK, DEPTH, OVERLAP

__all__ = ["open_faiss", "open_subject"]

_document: Any = import_module("langchain_core.documents").Document
_embeddings: Any = import_module("langchain_core.embeddings").Embeddings
_splitter: Any = import_module("langchain_text_splitters").RecursiveCharacterTextSplitter
_memory: Any = import_module("langchain_core.vectorstores").InMemoryVectorStore
_bm25: Any = import_module("langchain_community.retrievers").BM25Retriever
_ensemble: Any = import_module("langchain_classic.retrievers").EnsembleRetriever


class _Embeddings(_embeddings):
    def __init__(self, embedding: Embedding) -> None:
        self._embedding = embedding

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._embedding.vectors(texts).tolist()

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class _LangChain:
    def __init__(self, embedding: Embedding, store: Any, depth: int) -> None:
        self._embedding = _Embeddings(embedding)
        self._store = store
        self._depth = depth
        self._ways: dict[str, Any] = {}

    async def index(self, documents: Sequence[tuple[str, str]]) -> int:
        splitter = _splitter(chunk_size=CHUNK, chunk_overlap=OVERLAP, add_start_index=True)
        made = [_document(page_content=text, metadata={"name": name}) for name, text in documents]
        chunks = splitter.split_documents(made)
        self._put(chunks)
        return len(chunks)

    async def take(self, passages: Sequence[tuple[str, str]]) -> None:
        self._put([_document(page_content=text, metadata={"name": name}) for name, text in passages])

    async def find(self, question: str, count: int, way: str) -> list[str]:
        return [each.metadata["name"] for each in self._ways[way].invoke(question)[:count]]

    async def close(self) -> None:
        """It has no files."""

    def _put(self, chunks: list[Any]) -> None:
        vector = self._store.from_documents(chunks, self._embedding)
        meanings = vector.as_retriever(search_kwargs={"k": self._depth})
        words = _bm25.from_documents(chunks, k=self._depth)
        fused = _ensemble(retrievers=[words, meanings], weights=[0.5, 0.5])
        self._ways = {"vector": meanings, "bm25": words, "hybrid": fused}


async def open_subject(embedding: Embedding, folder: str, depth: int = DEPTH) -> _LangChain:
    """LangChain with its own store in memory."""
    del folder
    return _LangChain(embedding, _memory, depth)


async def open_faiss(embedding: Embedding, folder: str, depth: int = DEPTH) -> _LangChain:
    """LangChain over FAISS."""
    del folder
    store: Any = import_module("langchain_community.vectorstores").FAISS
    return _LangChain(embedding, store, depth)
