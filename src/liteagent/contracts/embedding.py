"""The socket for embedding models: texts in, unit vectors out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from liteagent.contracts.json import JsonObject

__all__ = [
    "Embedded",
    "Embedder",
    "EmbedderConfig",
    "EmbedderFactory",
    "EmbedderLimits",
    "TextKind",
    "Vectors",
]

Vectors: TypeAlias = npt.NDArray[np.float32]
"""Shape (texts, dimensions); each row has length 1, so that a dot product is the cosine."""

TextKind: TypeAlias = Literal["query", "passage"]
"""Which side of a search a text is on; some models embed the two differently."""


@dataclass(frozen=True, slots=True)
class EmbedderLimits:
    """What one call may carry.

    Attributes:
        texts: Most texts.
        characters: Most code points of all texts together.
        text_characters: Most code points of one text; what is longer is cut by the embedder.
    """

    texts: int = 64
    characters: int = 200_000
    text_characters: int = 8_000


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """The vectors of some texts, in their order, and the tokens that the vendor counted, where it did."""

    vectors: Vectors = field(repr=False)
    tokens: int | None = None


class Embedder(Protocol):
    """An embedding model."""

    @property
    def model(self) -> str:
        """What vectors must share to be compared: vendor, model and, where chosen, dimensions.

        For instance `openai/text-embedding-3-small/512`. It names no address and no key.
        """
        ...

    @property
    def limits(self) -> EmbedderLimits:
        """What one call may carry."""
        ...

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """The vectors of `texts`, which keep within `limits`; a blank text is the vendor's to refuse.

        Raises:
            ProviderError: Any failure of the vendor, `retry_after` included where it says so.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class EmbedderConfig:
    """What a factory needs to make an embedder.

    Attributes:
        model: The vendor's name of the model; empty takes the factory's default, where it has one.
        dimensions: Asks for shorter vectors, where the model can.
        options: What only this vendor has.
    """

    model: str = ""
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    dimensions: int | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    timeout: float = 60.0
    options: JsonObject = field(default_factory=dict[str, str])


EmbedderFactory: TypeAlias = Callable[[EmbedderConfig], Embedder]
