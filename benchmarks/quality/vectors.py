"""Vectors of a collection's texts, kept in a file so that a model is asked once."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.quality.minilm import MiniLM
from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind

__all__ = ["CachedEmbedder"]

_Floats = npt.NDArray[np.float32]
_AT_ONCE = 256


class CachedEmbedder:
    """An embedder over a file of vectors; what is not in it is made by MiniLM and added.

    Args:
        cache: An `.npz` file, made where there is none.
        model: The folder of the model; None serves only what is in the file.
    """

    model = "minilm"
    limits = EmbedderLimits(texts=1_000_000, characters=1_000_000_000)

    def __init__(self, cache: Path, model: Path | None) -> None:
        self._cache = cache
        self._folder = model
        self._known: dict[str, _Floats] = {}
        if cache.exists():
            stored = np.load(cache)
            self._known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))

    def prepare(self, texts: Sequence[str]) -> None:
        """Make the vectors of all texts that have none, and keep them."""
        missing = [text for text in dict.fromkeys(texts) if _key(text) not in self._known]
        if not missing:
            return
        if self._folder is None:
            raise SystemExit(f"{len(missing)} texts have no vector; name a model's folder with --minilm.")
        model = MiniLM(self._folder)
        for start in range(0, len(missing), _AT_ONCE):
            some = missing[start : start + _AT_ONCE]
            self._known.update(zip(map(_key, some), model.vectors(some), strict=True))
            print(f"\r{start + len(some)} of {len(missing)} texts embedded", end="", flush=True)
        print()
        self._save()

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """The vectors of texts that were prepared."""
        del kind
        return Embedded(np.stack([self._known[_key(text)] for text in texts]))

    async def aclose(self) -> None:
        """Nothing to release."""

    def _save(self) -> None:
        np.savez(self._cache, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
