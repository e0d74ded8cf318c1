"""An embedding model that a test can look into, stop and let fail."""

import asyncio
import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np

from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind
from liteagent.contracts.errors import ProviderUnavailableError

__all__ = ["FakeEmbedder"]

_DIMENSIONS = 128
_SYNONYMS = {
    "holiday": "leave",
    "vacation": "leave",
    "holidays": "leave",
    "car": "vehicle",
    "cars": "vehicle",
}
_WORD = re.compile(r"\w+")


class FakeEmbedder:
    """Words as directions, synonyms as the same one.

    Attributes:
        seen: Every text of a passage that was embedded, in order.
        failures: Raised by the next calls, one each.
        open: While it is cleared, calls for passages wait.
        away: Whether every call fails.
    """

    limits = EmbedderLimits(texts=8, characters=100_000)

    def __init__(self, model: str) -> None:
        self.model = model
        self.seen: list[str] = []
        self.failures: list[Exception] = []
        self.away = False
        self.open = asyncio.Event()
        self.open.set()

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """Their vectors."""
        if self.away:
            raise ProviderUnavailableError("The model is away.")
        if kind == "passage":
            await self.open.wait()
            if self.failures:
                raise self.failures.pop(0)
            self.seen.extend(texts)
        vectors = np.stack([_vector(text) for text in texts])
        return Embedded(vectors.astype(np.float32))

    async def aclose(self) -> None:
        """Nothing is open."""


def _vector(text: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    vector = np.full(_DIMENSIONS, 1e-3)
    for word in [found.group() for found in _WORD.finditer(text.casefold())]:
        known: str = _SYNONYMS.get(word) or word
        vector[crc32(known.encode()) % _DIMENSIONS] += 1.0
    return vector / np.linalg.norm(vector)
