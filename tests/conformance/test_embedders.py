"""Every embedder of ours passes the suite that other people's are to pass."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from liteagent.contracts.embedding import Embedded, Embedder, EmbedderConfig, EmbedderLimits, TextKind
from liteagent.engine.rag.embedding.batching import BatchingEmbedder
from liteagent.engine.rag.embedding.caching import CachedEmbedder, MemoryEmbeddingCache
from liteagent.providers.embedding import local, nemotron, ollama, openai, openai_compatible
from liteagent.testing import ManualClock
from liteagent.testing.embedder_suite import EmbedderFault, EmbedderSuite, RemoteEmbedderSuite
from tests.unit.providers.embedding.models import bert_folder, onnx_folder, static_folder
from tests.unit.providers.embedding.server import EmbeddingServer, ollama_answer, openai_answer, serving

KEY = "sk-very-secret"


class _OnServer(RemoteEmbedderSuite):
    secret = KEY
    server: EmbeddingServer

    @pytest.fixture
    async def served(self) -> AsyncGenerator[EmbeddingServer]:
        async with serving(openai_answer) as server:
            self.server = server
            yield server

    async def break_down(self, fault: EmbedderFault | None) -> None:
        self.server.fault = fault

    async def until_gone(self) -> None:
        await self.server.gone.wait()

    def config(self, server: EmbeddingServer, root: str = "/v1") -> EmbedderConfig:
        return EmbedderConfig("tiny", KEY, server.url + root, timeout=1.0)


class TestOpenAIEmbedder(_OnServer):
    @pytest.fixture
    async def embedder(self, served: EmbeddingServer) -> AsyncGenerator[Embedder]:
        async with aclosing(openai.create(self.config(served))) as embedder:
            yield embedder


class TestOpenAICompatibleEmbedder(_OnServer):
    @pytest.fixture
    async def embedder(self, served: EmbeddingServer) -> AsyncGenerator[Embedder]:
        served.refuse = lambda body: (
            "encoding_format is not supported" if body["encoding_format"] == "base64" else None
        )
        async with aclosing(openai_compatible.create(self.config(served))) as embedder:
            yield embedder


class TestNemotronEmbedder(_OnServer):
    @pytest.fixture
    async def embedder(self, served: EmbeddingServer) -> AsyncGenerator[Embedder]:
        async with aclosing(nemotron.create(self.config(served))) as embedder:
            yield embedder


class TestOllamaEmbedder(_OnServer):
    @pytest.fixture
    async def served(self) -> AsyncGenerator[EmbeddingServer]:
        async with serving(ollama_answer) as server:
            self.server = server
            yield server

    @pytest.fixture
    async def embedder(self, served: EmbeddingServer) -> AsyncGenerator[Embedder]:
        async with aclosing(ollama.create(self.config(served, ""))) as embedder:
            yield embedder


class TestStaticModel(EmbedderSuite):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        return local.create(EmbedderConfig(options={"path": str(static_folder(tmp_path))}))


class TestBertModel(EmbedderSuite):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        return local.create(EmbedderConfig(options={"path": str(bert_folder(tmp_path))}))


class TestOnnxModel(EmbedderSuite):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        return local.create(EmbedderConfig(options={"path": str(onnx_folder(tmp_path))}))


class TestDefaultLocalModel(EmbedderSuite):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return local.create(EmbedderConfig())

    async def test_it_knows_what_is_alike(self, embedder: Embedder) -> None:
        texts = ("a holiday by the sea", "vacation on the beach", "a compiler for embedded processors")
        vectors = (await embedder.embed(texts, "passage")).vectors
        assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


class _HashEmbedder:
    """Vectors without meaning, of a model that takes three texts at once."""

    model = "hash/8"
    limits = EmbedderLimits(texts=3, characters=1000, text_characters=1000)

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        rows = [sha256(text.encode("utf-8", "surrogatepass")).digest()[:8] for text in texts]
        found = np.array([list(row) for row in rows], np.float32).reshape(-1, 8) - 127
        return Embedded(found / np.linalg.norm(found, axis=1, keepdims=True))

    async def aclose(self) -> None:
        return None


class TestBatchingEmbedder(EmbedderSuite):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return BatchingEmbedder(_HashEmbedder(), clock=ManualClock(), jitter=lambda: 0.5)


class TestCachedEmbedder(EmbedderSuite):
    @pytest.fixture
    def embedder(self) -> Embedder:
        batching = BatchingEmbedder(_HashEmbedder(), clock=ManualClock(), jitter=lambda: 0.5)
        return CachedEmbedder(batching, MemoryEmbeddingCache(most_bytes=2000))
