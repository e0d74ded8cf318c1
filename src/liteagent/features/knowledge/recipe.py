"""What documents of a data source are made into: how they are cut, and by which model they are embedded."""

from dataclasses import dataclass, field, replace
from typing import Any

from liteagent.features.llm_providers.embedders import EmbeddingRef

__all__ = ["Recipe"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What chunks and their indexes are made with; two that differ give indexes that cannot be mixed.

    Attributes:
        analyzer: The name of the rules that words are found by.
        space: What the vectors can be compared with, once the model was opened.
    """

    chunker: dict[str, Any] = field(default_factory=dict[str, Any])
    embedding: EmbeddingRef | None = None
    analyzer: str = ""
    space: str | None = None

    def same(self, other: "Recipe") -> bool:
        """Whether both give the same, whatever the vectors' space is called."""
        return replace(self, space=None) == replace(other, space=None)
