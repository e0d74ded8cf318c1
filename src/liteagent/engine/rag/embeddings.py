"""Embedders by name, and what they do not say about themselves."""

from collections.abc import Mapping

import anyio

from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderFactory
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.registry import Registry

__all__ = ["EmbedderProbe", "create_embedder", "vector_share_of"]

_NONE = "none"
_SHARES = {"local/wordllama": 0.3}
"""By how models begin: measured on Python's documentation, see benchmarks/quality."""


def create_embedder(
    kind: str | None,
    *,
    model: str = "",
    api_key: str | None = None,
    base_url: str | None = None,
    dimensions: int | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 60.0,
    options: JsonObject | None = None,
    registry: Registry[EmbedderFactory] | None = None,
) -> Embedder | None:
    """The embedder called `kind`, in any case of letters; None for "none", which is search by words alone.

    Args:
        kind: A name of the entry-point group `liteagent.embedding`, or "none".
        model: The vendor's name of the model; empty takes the factory's default, where it has one.
        api_key: The vendor's key.
        base_url: Where the vendor's API is, unless at its usual place.
        dimensions: Asks for shorter vectors, where the model can.
        headers: Sent with every request.
        timeout: Seconds that an answer may take.
        options: What only this vendor has.
        registry: Where names are looked up; None is the installed ones.

    Raises:
        NotFoundError: There is no such embedder; the message lists those that are.
        InvalidInputError: What is handed in is unusable, or something is handed in for "none".
        ConfigurationError: A package is not installed; the message names the extra.

    Example:
        >>> create_embedder("none") is None
        True
    """
    name = (kind or _NONE).strip().lower()
    config = EmbedderConfig(
        model, api_key, base_url, dimensions, dict(headers or {}), timeout, dict(options or {})
    )
    if name == _NONE:
        if model or base_url or dimensions:
            raise InvalidInputError(
                "The embedder 'none' has no settings. Name the embedder that they are for."
            )
        return None
    found: Registry[EmbedderFactory] = registry or Registry("liteagent.embedding")
    return found.get(name)(config)


class EmbedderProbe:
    """Learns how wide an embedder's vectors are: by one call, however often it is asked."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._learning: anyio.Lock | None = None
        self._dimensions = 0

    async def dimensions(self) -> int:
        """Numbers in a vector.

        Raises:
            ProviderError: The embedder failed; the next call asks again.
        """
        self._learning = learning = self._learning or anyio.Lock()
        async with learning:
            if not self._dimensions:
                found = await self._embedder.embed(["dimensions"], "query")
                self._dimensions = int(found.vectors.shape[1])
        return self._dimensions


def vector_share_of(model: str) -> float | None:
    """How much meanings should count beside words with a model (`Embedder.model`), where that was measured.

    A static model of word pieces knows less than a sentence transformer: with more weight than this it makes
    a search by words worse.
    """
    return next((share for name, share in _SHARES.items() if model.startswith(name)), None)
