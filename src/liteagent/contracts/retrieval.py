"""The sockets between a question and the passages that answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from liteagent.contracts.documents import Chunk, Passage, Scalar
from liteagent.contracts.json import JsonObject

__all__ = [
    "Condition",
    "Hit",
    "LexicalIndex",
    "PassageSource",
    "RetrievalQuery",
    "RetrievalResult",
    "Retriever",
    "Scope",
    "Searcher",
    "matches",
]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that an index found; higher scores are better."""

    chunk_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Condition:
    """What a document's metadata must say: a field with one of some values, or within bounds.

    Numbers compare with numbers and strings with strings; a field that is missing or of another type does
    not match. `any_of` empty means any value; bounds include their ends.
    """

    field: str
    any_of: tuple[Scalar, ...] = ()
    at_least: str | float | None = None
    at_most: str | float | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a search may look: in one workspace, in these data sources, at documents that fit.

    Attributes:
        workspace_id: Always one.
        datasource_ids: None looks at all of the workspace's; empty at none.
        where: All of these must hold.
    """

    workspace_id: str
    datasource_ids: tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()


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


class Searcher(Protocol):
    """One way to find chunks: by words, by meaning."""

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        """At most `top_k` hits, best first; what is outside of `scope` is not looked at.

        Raises:
            ProviderError: What it asks (an embedding model, a store's server) failed.
        """
        ...


class PassageSource(Protocol):
    """Knows the texts behind chunk ids."""

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        """The passages by chunk id, their score left at 0; an id unknown by now, or outside, is left out."""
        ...


@dataclass(frozen=True, slots=True)
class RetrievalQuery:
    """A question to a set of data sources; `top_k` is at least 1, `where` asks for metadata."""

    text: str
    top_k: int = 5
    datasource_ids: tuple[str, ...] = ()
    where: tuple[Condition, ...] = ()


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


def matches(metadata: Mapping[str, Scalar], where: Sequence[Condition]) -> bool:
    """Whether a document's metadata fulfils every condition; what stores must agree on."""
    return all(_fits(metadata.get(each.field), each) for each in where)


def _fits(value: Scalar | None, condition: Condition) -> bool:
    if value is None:
        return False
    if condition.any_of and not any(_same(value, wanted) for wanted in condition.any_of):
        return False
    return _in_order(condition.at_least, value) and _in_order(value, condition.at_most)


def _same(value: Scalar, wanted: Scalar) -> bool:
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _in_order(lower: Scalar | None, upper: Scalar | None) -> bool:
    if lower is None or upper is None:
        return True
    if isinstance(lower, str) and isinstance(upper, str):
        return lower <= upper
    if isinstance(lower, (str, bool)) or isinstance(upper, (str, bool)):
        return False
    return lower <= upper
