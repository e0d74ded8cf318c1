"""What everything that is measured can do: take documents in, and answer questions."""

from collections.abc import Sequence
from typing import Protocol

__all__ = ["CHUNK", "DEPTH", "OVERLAP", "Subject"]

CHUNK, OVERLAP = 1000, 100
"""Most characters of a chunk, and what it repeats of the one before."""

DEPTH = 40
"""Chunks that a question is answered with where quality is measured: enough for ten sections."""


class Subject(Protocol):
    """A retrieval library, or ours. `way` is `hybrid`, `vector` or `bm25`."""

    async def index(self, documents: Sequence[tuple[str, str]]) -> int:
        """Cut, embed and index names and texts; how many chunks there are now."""
        ...

    async def take(self, passages: Sequence[tuple[str, str]]) -> None:
        """Index what is cut already: the name of the document, and the text."""
        ...

    async def find(self, question: str, count: int, way: str) -> list[str]:
        """Names of the documents that the best `count` chunks are of, in order."""
        ...

    async def close(self) -> None:
        """Let go of files."""
        ...
