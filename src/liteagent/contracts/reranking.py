"""The socket for rerankers: models that read a question and a text together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

__all__ = ["Reranker", "RerankerConfig", "RerankerFactory"]


class Reranker(Protocol):
    """Judges how well texts answer a question."""

    @property
    def model(self) -> str:
        """What explanations call it."""
        ...

    async def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """A score for each text, in their order; higher is better, within one call.

        Raises:
            ProviderError: Any failure of the vendor.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class RerankerConfig:
    """What a factory needs to make a reranker."""

    model: str = ""
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    timeout: float = 30.0


RerankerFactory: TypeAlias = Callable[[RerankerConfig], Reranker]
