"""The sockets between a question and the passages that answer it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from liteagent.contracts.documents import Chunk, Passage
from liteagent.contracts.json import JsonObject

__all__ = ["Hit", "LexicalIndex", "RetrievalQuery", "RetrievalResult", "Retriever"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that an index found; higher scores are better."""

    chunk_id: str
    score: float


class LexicalIndex(Protocol):
    """An index over words that can take and lose documents at any time."""

    def add(self, document_id: str, chunks: Sequence[Chunk]) -> None:
        """Index a document's chunks; one with the same id is replaced."""
        ...

    def remove(self, document_id: str) -> None:
        """Forget a document; an unknown id is ignored."""
        ...

    def search(self, query: str, top_k: int) -> list[Hit]:
        """At most `top_k` hits with a score above zero, best first."""
        ...

    def __len__(self) -> int:
        """How many chunks it holds."""
        ...


@dataclass(frozen=True, slots=True)
class RetrievalQuery:
    """A question to a set of data sources; `top_k` is at least 1."""

    text: str
    top_k: int = 5
    datasource_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """Passages, best first, and a trace that says how they were found (JSON-ready)."""

    passages: tuple[Passage, ...]
    trace: JsonObject = field(default_factory=dict[str, str])


class Retriever(Protocol):
    """Finds passages for a question."""

    async def retrieve(self, query: RetrievalQuery) -> RetrievalResult:
        """The best passages for `query`."""
        ...
