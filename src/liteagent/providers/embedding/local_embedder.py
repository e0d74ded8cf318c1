"""An embedder in this process: loaded at its first use, computing in threads of its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import anyio
import anyio.from_thread
import anyio.to_thread
import numpy as np

from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind, Vectors
from liteagent.contracts.errors import ConfigurationError
from liteagent.providers.embedding.vectors import unit
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["LocalEmbedder", "LocalModel"]


class LocalModel(Protocol):
    """A loaded model, whose `encode` may be called from several threads."""

    def encode(self, texts: Sequence[str], checkpoint: Callable[[], None]) -> Vectors:
        """A row for each text, of any length; calls `checkpoint`, which may raise, every now and then."""
        ...


class LocalEmbedder:
    """See `local.create`.

    Args:
        model: What vectors must share to be compared.
        load: Loads the model, once, in a thread.
        limits: What one call may carry.
        prefixes: Put before each text of a kind.
        dimensions: The vectors are cut to it; None leaves them as they are.
        calls: How many calls compute at once; further ones wait.
    """

    def __init__(
        self,
        *,
        model: str,
        load: Callable[[], LocalModel],
        limits: EmbedderLimits,
        prefixes: Mapping[TextKind, str],
        dimensions: int | None,
        calls: int,
    ) -> None:
        self._model = model
        self._load = load
        self._limits = limits
        self._prefixes = prefixes
        self._dimensions = dimensions
        self._calls = anyio.CapacityLimiter(calls)
        self._loading = threading.Lock()
        self._loaded: LocalModel | None = None

    @property
    def model(self) -> str:
        """Name and fingerprint of the model, and the dimensions where they are cut."""
        return self._model

    @property
    def limits(self) -> EmbedderLimits:
        """What one call may carry."""
        return self._limits

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """The vectors of `texts`; the event loop is free meanwhile, and a cancelled call stops soon."""
        given = [self._prefixes[kind] + well_formed(text) for text in texts]
        vectors = await anyio.to_thread.run_sync(self._compute, given, limiter=self._calls)
        return Embedded(vectors)

    async def aclose(self) -> None:
        """Let the model go; the next call would load it again."""
        self._loaded = None

    def _compute(self, texts: Sequence[str]) -> Vectors:
        model = self._ready()
        if not texts:
            return np.zeros((0, self._dimensions or 0), np.float32)
        found = model.encode(texts, anyio.from_thread.check_cancelled)
        return unit(self._cut(found))

    def _cut(self, found: Vectors) -> Vectors:
        wanted = self._dimensions or found.shape[1]
        if wanted > found.shape[1]:
            raise ConfigurationError(
                f"This model has {found.shape[1]} dimensions and cannot give {wanted}. Set fewer, or none."
            )
        return found[:, :wanted]

    def _ready(self) -> LocalModel:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded
