"""Vectors that were paid for once are kept, by content and model."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Embedded, Embedder, EmbedderLimits, TextKind, Vectors
from liteagent.contracts.errors import ProviderResponseError
from liteagent.engine.rag.content_id import content_id

__all__ = ["CachedEmbedder", "EmbeddingCache", "MemoryEmbeddingCache", "Vector", "cache_key"]

Vector: TypeAlias = npt.NDArray[np.float32]
"""One row of `Vectors`."""

_ENTRY_OVERHEAD = 300


class EmbeddingCache(Protocol):
    """Where vectors are kept. It may lose any of them at any time, and never changes one."""

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Vector]:
        """The vectors that it has; the others are left out."""
        ...

    async def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep these; a key that it has already gets the same vector as before."""
        ...


def cache_key(model: str, kind: TextKind, text: str) -> str:
    """The key of a text's vector: the same text of the same kind by the same model has the same."""
    return content_id("embedding", model, kind, text)


class CachedEmbedder:
    """Asks the embedder only for what the cache has not.

    What it asks for is kept slice by slice, so that a failure does not lose what came before it.

    Args:
        embedder: Asked for the rest; one that takes any number of texts where more than its limit may come.
        cache: Keeps the vectors.
        slice_texts: Most texts that are asked for before they are kept.
    """

    def __init__(self, embedder: Embedder, cache: EmbeddingCache, slice_texts: int = 1024) -> None:
        self._embedder = embedder
        self._cache = cache
        self._slice = min(slice_texts, embedder.limits.texts)

    @property
    def model(self) -> str:
        """The embedder's."""
        return self._embedder.model

    @property
    def limits(self) -> EmbedderLimits:
        """The embedder's."""
        return self._embedder.limits

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """The vectors of `texts`; the tokens are those of the texts that had to be asked for.

        Raises:
            ProviderError: The embedder failed.
        """
        keys = [cache_key(self.model, kind, text) for text in texts]
        known = dict(await self._cache.get_many(list(dict.fromkeys(keys))))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        tokens = await self._ask(missing, kind, known)
        if not keys:
            return await self._embedder.embed([], kind)
        return Embedded(self._table([known[key] for key in keys]), tokens)

    async def aclose(self) -> None:
        """Close the embedder; the cache belongs to whoever made it."""
        await self._embedder.aclose()

    def _table(self, rows: Sequence[Vector]) -> Vectors:
        if len({len(row) for row in rows}) > 1:
            raise ProviderResponseError(
                f"The embedder {self.model!r} gives vectors of another width than before: its server has "
                "another model under this name. Give that model a name of its own, and index again."
            )
        return np.stack(rows)

    async def _ask(self, missing: Mapping[str, str], kind: TextKind, known: dict[str, Vector]) -> int | None:
        tokens: int | None = 0
        keys = list(missing)
        for start in range(0, len(keys), self._slice):
            part = keys[start : start + self._slice]
            found = await self._embedder.embed([missing[key] for key in part], kind)
            vectors = dict(zip(part, found.vectors, strict=True))
            await self._cache.put_many(vectors)
            known.update(vectors)
            tokens = None if tokens is None or found.tokens is None else tokens + found.tokens
        return tokens


class MemoryEmbeddingCache:
    """Keeps vectors in memory; those that were not used for longest go first.

    Args:
        most_bytes: What the vectors and their keys may take together.
    """

    def __init__(self, most_bytes: int = 64 * 1024 * 1024) -> None:
        self._most = most_bytes
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._bytes = 0

    @property
    def bytes_used(self) -> int:
        """What it takes, overhead included; an estimate."""
        return self._bytes

    def __len__(self) -> int:
        """How many vectors it keeps."""
        return len(self._vectors)

    async def get_many(self, keys: Sequence[str]) -> Mapping[str, Vector]:
        """The vectors that it has, read-only."""
        found = {key: self._vectors[key] for key in keys if key in self._vectors}
        for key in found:
            self._vectors.move_to_end(key)
        return found

    async def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep copies of these."""
        for key, vector in vectors.items():
            self._forget(key)
            kept = np.array(vector, np.float32)  # a view would keep its whole batch
            kept.flags.writeable = False
            self._vectors[key] = kept
            self._bytes += _size(key, kept)
        while self._bytes > self._most:
            self._forget(next(iter(self._vectors)))

    def _forget(self, key: str) -> None:
        vector = self._vectors.pop(key, None)
        if vector is not None:
            self._bytes -= _size(key, vector)


def _size(key: str, vector: Vector) -> int:
    return len(key) + vector.nbytes + _ENTRY_OVERHEAD
