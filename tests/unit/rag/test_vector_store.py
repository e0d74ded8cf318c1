"""Vector stores by name."""

from collections.abc import Sequence

import numpy as np
import pytest

import liteagent
from liteagent.contracts.documents import DocumentRef, Passage
from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind
from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.contracts.retrieval import RetrievalQuery, Scope
from liteagent.contracts.vectors import DocumentVectors
from liteagent.engine.rag.vector_store import create_vector_store
from liteagent.testing.vector_store import SPACE, document_of, unit_vector


async def test_the_default_is_in_memory() -> None:
    store = create_vector_store()
    await store.upsert([document_of("d1", {"c1": 1})])
    (hit,) = await store.search(SPACE, unit_vector(1), 5, Scope("w1"))
    assert hit.chunk_id == "c1"


@pytest.mark.parametrize("kind", ["sqlite", "pgvector", "qdrant"])
def test_what_it_needs_is_named(kind: str) -> None:
    with pytest.raises(ConfigurationError, match="needs a"):
        create_vector_store(kind)


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="memory, pgvector, qdrant, sqlite"):
        create_vector_store("faiss")


async def test_the_specifications_call_finds_by_words_and_meaning() -> None:
    """Written as the specification has it, with the public names alone."""
    vs, emb = liteagent.create_vector_store("memory"), _Letters()
    chunks = liteagent.create_chunker(chunk_size=64, overlap=0).chunk("d", "Green tea brews. " * 12)
    passages = tuple(
        Passage(c.id, DocumentRef("d", "tea.md"), "s", c.start, c.end, c.text, 0.0) for c in chunks
    )
    vectors = (await emb.embed([c.text for c in chunks], "passage")).vectors
    ids = tuple(c.id for c in chunks)
    await vs.upsert([DocumentVectors(emb.model, "", "s", "d", ids, vectors, passages=passages)])
    retriever = liteagent.create_retriever("hybrid", vector_store=vs, embedder=emb)
    found = await retriever.retrieve(RetrievalQuery("green tea", 1))
    assert "Green tea" in found.passages[0].text
    assert {"bm25", "vector"} <= found.passages[0].explanation.keys()


class _Letters:
    """Embeds by the letters of a text."""

    model = "letters"
    limits = EmbedderLimits()

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        counts = np.array([[text.count(chr(97 + n)) + 0.1 for n in range(26)] for text in texts])
        return Embedded((counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32))

    async def aclose(self) -> None:
        """Nothing is open."""
