"""The embedder that everybody is measured with, so that no model's time is in the figures.

Only numpy is needed here: peers import it from interpreters of their own.
"""

import hashlib
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["DIMENSIONS", "Embedding", "KeptVectors", "Words", "key_of"]

DIMENSIONS = 384
_WORD = re.compile(r"\w+")

_Floats = npt.NDArray[np.float32]


class Embedding:
    """Texts in, rows of length 1 out."""

    def vectors(self, texts: Sequence[str]) -> _Floats:
        """One row a text."""
        raise NotImplementedError


class Words(Embedding):
    """Each word adds or takes one at a place that its checksum tells: fast, and of little use."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def vectors(self, texts: Sequence[str]) -> _Floats:
        """One row a text."""
        return np.stack([self._vector(text) for text in texts])

    def _vector(self, text: str) -> _Floats:
        places = self._places
        words = [places.get(word) or self._learn(word) for word in _WORD.findall(text.lower())]
        counts = np.bincount(words, minlength=2 * DIMENSIONS + 1)[1:]
        found = (counts[:DIMENSIONS] - counts[DIMENSIONS:]).astype(np.float32)
        return found / max(float(np.linalg.norm(found)), 1e-9)

    def _learn(self, word: str) -> int:
        place = self._places[word] = 1 + zlib.crc32(word.encode("utf-8", "replace")) % (2 * DIMENSIONS)
        return place


class KeptVectors(Embedding):
    """What a real model made of texts before, read from a file."""

    def __init__(self, path: Path) -> None:
        stored = np.load(path)
        self._rows = {key: row for row, key in enumerate(stored["keys"].tolist())}
        self._vectors: _Floats = stored["vectors"]

    def vectors(self, texts: Sequence[str]) -> _Floats:
        """One row a text; each was embedded before."""
        return self._vectors[[self._rows[key_of(text)] for text in texts]]


def key_of(text: str) -> str:
    """What a file of vectors calls a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
