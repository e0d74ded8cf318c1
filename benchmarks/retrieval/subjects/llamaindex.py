"""LlamaIndex: `VectorStoreIndex` in memory, `BM25Retriever`, both fused by reciprocal rank."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.retrieval.embedding import Embedding
from benchmarks.retrieval.subject import CHUNK, DEPTH, OVERLAP

__all__ = ["open_subject"]

_core: Any = import_module("llama_index.core")
_base: Any = import_module("llama_index.core.base.embeddings.base").BaseEmbedding
_splitter: Any = import_module("llama_index.core.node_parser").SentenceSplitter
_node: Any = import_module("llama_index.core.schema").TextNode
_fusion: Any = import_module("llama_index.core.retrievers").QueryFusionRetriever
_silent: Any = import_module("llama_index.core.llms").MockLLM
_bm25: Any = import_module("llama_index.retrievers.bm25").BM25Retriever


class _Embedding(_base):
    def __init__(self, embedding: Embedding) -> None:
        super().__init__(embed_batch_size=256)  # pyright: ignore[reportUnknownMemberType]
        self._embedding = embedding

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embedding.vectors(texts).tolist()

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class _LlamaIndex:
    def __init__(self, embedding: Embedding, depth: int) -> None:
        self._embedding = _Embedding(embedding)
        self._depth = depth
        self._ways: dict[str, Any] = {}

    async def index(self, documents: Sequence[tuple[str, str]]) -> int:
        splitter = _splitter(chunk_size=CHUNK, chunk_overlap=OVERLAP, tokenizer=_characters)
        made = [_core.Document(text=text, metadata={"name": name}) for name, text in documents]
        nodes = splitter.get_nodes_from_documents(made)
        self._put(nodes)
        return len(nodes)

    async def take(self, passages: Sequence[tuple[str, str]]) -> None:
        self._put([_unnamed(_node(text=text, metadata={"name": name})) for name, text in passages])

    async def find(self, question: str, count: int, way: str) -> list[str]:
        found = self._ways[way].retrieve(question)
        return [each.node.metadata["name"] for each in found[:count]]

    async def close(self) -> None:
        """It has no files."""

    def _put(self, nodes: list[Any]) -> None:
        for node in nodes:
            _unnamed(node)
        index = _core.VectorStoreIndex(nodes, embed_model=self._embedding)
        vector = index.as_retriever(similarity_top_k=self._depth)
        words = _bm25.from_defaults(nodes=nodes, similarity_top_k=self._depth)
        fused = _fusion(
            [vector, words],
            similarity_top_k=self._depth,
            num_queries=1,
            mode="reciprocal_rerank",
            use_async=False,
            llm=_silent(),
        )
        self._ways = {"vector": vector, "bm25": words, "hybrid": fused}


def _unnamed(node: Any) -> Any:
    """The name is not part of what is embedded."""
    node.excluded_embed_metadata_keys = ["name"]
    node.excluded_llm_metadata_keys = ["name"]
    return node


def _characters(text: str) -> str:
    """Sizes are counted in characters."""
    return text


async def open_subject(embedding: Embedding, folder: str, depth: int = DEPTH) -> _LlamaIndex:
    """LlamaIndex in memory."""
    del folder
    return _LlamaIndex(embedding, depth)
