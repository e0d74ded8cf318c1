"""An embedder of tests: it knows a few concepts, and what words stand for them."""

from collections.abc import Mapping, Sequence

import numpy as np

from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind
from liteagent.contracts.errors import ProviderError

__all__ = ["ConceptEmbedder"]

_CONCEPTS: Mapping[str, tuple[str, ...]] = {
    "tea": ("tea", "brew", "infusion", "teapot"),
    "coffee": ("coffee", "espresso", "bean"),
    "holiday": ("holiday", "leave", "vacation"),
    "money": ("price", "salary", "cost"),
}


class ConceptEmbedder:
    """A dimension for each concept, and a little of another one so that no vector is empty.

    Args:
        error: Raised instead, while it is set.
    """

    model = "test/concepts"
    limits = EmbedderLimits(texts=2, characters=1000, text_characters=500)

    def __init__(self, error: ProviderError | None = None) -> None:
        self.error = error
        self.asked: list[tuple[TextKind, tuple[str, ...]]] = []

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        if self.error is not None:
            raise self.error
        assert len(texts) <= self.limits.texts
        self.asked.append((kind, tuple(texts)))
        rows = [[*(_times(text, words) for words in _CONCEPTS.values()), 0.1] for text in texts]
        vectors = np.array(rows, dtype=np.float32)
        return Embedded(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))

    async def aclose(self) -> None:
        pass


def _times(text: str, words: Sequence[str]) -> float:
    return float(sum(text.casefold().count(word) for word in words))
