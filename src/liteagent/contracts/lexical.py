"""The socket for stores of terms: an index over words that processes can share."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from liteagent.contracts.documents import Scalar
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import StoreCounts

__all__ = [
    "ChunkTerms",
    "TermStore",
    "TermStoreFactory",
    "Terms",
    "TermsInDocument",
    "TermsQuery",
    "check_documents",
]

_LARGEST = 2**63


class ChunkTerms(Protocol):
    """What an analyser found in up to 16,384 chunks, by term; whole numbers throughout."""

    @property
    def lengths(self) -> npt.NDArray[np.uint32]:
        """Terms in each chunk, repetitions counted."""
        ...

    @property
    def terms(self) -> npt.NDArray[np.int64]:
        """Numbers of the terms, ascending, each once."""
        ...

    @property
    def sizes(self) -> npt.NDArray[np.uint16]:
        """How many chunks each term stands in; they add up to the length of `chunks`."""
        ...

    @property
    def chunks(self) -> npt.NDArray[np.uint16]:
        """For one term after the other, the places of its chunks, ascending."""
        ...

    @property
    def counts(self) -> npt.NDArray[np.uint8]:
        """How often the term stands there; 255 stands for that and more."""
        ...


class Terms(Protocol):
    """A document's terms, as an analyser makes them."""

    @property
    def analyzer(self) -> str:
        """Who made them: a question must be analysed by the same one."""
        ...

    @property
    def blocks(self) -> Sequence[ChunkTerms]:
        """The document's chunks, in order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TermsInDocument:
    """A document as a store takes it.

    Attributes:
        document_id: Unique within the workspace.
        chunk_ids: In the order of `terms`.
        metadata: The document's, for filters.
    """

    workspace_id: str
    datasource_id: str
    document_id: str
    chunk_ids: tuple[str, ...]
    terms: Terms = field(repr=False)
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


@dataclass(frozen=True, slots=True)
class TermsQuery:
    """A question, analysed.

    Attributes:
        counts: How often each term stands in it, by the term's number.
        top_k: Most hits.
        k1: How soon more of the same word stops to count; 0 means at once.
        b: How much long chunks are held back, from 0 (not at all) to 1.
    """

    counts: Mapping[int, int]
    top_k: int
    k1: float = 1.2
    b: float = 0.75


class TermStore(Protocol):
    """Keeps the terms of chunks and ranks them by BM25. What one call changed, the next search sees.

    Every method takes a scope or a workspace, and never touches, shows or counts what lies outside of it.
    """

    async def put(self, documents: Sequence[TermsInDocument]) -> None:
        """Add documents; one that is known in its workspace is replaced, its data source and metadata too.

        All documents of a call become visible together. One without chunks is forgotten.

        Raises:
            InvalidInputError: See `check_documents`.
            ProviderError: The store's server failed or cannot be reached.
        """
        ...

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents; unknown ids are ignored."""
        ...

    async def delete_datasource(self, workspace_id: str, datasource_id: str) -> None:
        """Forget all of a data source."""
        ...

    async def search(self, query: TermsQuery, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` that score best, above zero, best first; equals by chunk id.

        A score is the sum, over the terms of the query (the 64 heaviest), of
        idf(t) · times(t) · tf / (tf + k1 · (1 - b + b · length / mean length)), where
        idf(t) = ln(1 + (N - n + 0.5) / (n + 0.5)), N chunks of which n hold t. N, n and the mean are those of
        the scope's data sources: neither metadata conditions nor other data sources change a score.
        """
        ...

    async def analyzers(self, scope: Scope) -> frozenset[str]:
        """The analysers of the documents in the scope's data sources, whatever their metadata."""
        ...

    async def count(self, scope: Scope) -> StoreCounts:
        """How many documents and chunks lie in `scope`."""
        ...

    async def compact(self, workspace_id: str, datasource_id: str) -> None:
        """Store a data source anew where that makes searching it faster; to call after many changes.

        What is found stays the same, and searches go on meanwhile.
        """
        ...

    async def aclose(self) -> None:
        """Finish what is under way and release connections."""
        ...


TermStoreFactory: TypeAlias = Callable[[JsonObject], TermStore]
"""Makes a store of its configuration (`url` …); nothing is opened before the first call."""


def check_documents(documents: Iterable[TermsInDocument]) -> None:
    """Refuse what not every store could keep, so that they agree.

    Raises:
        InvalidInputError: Chunks and terms are not as many; a chunk id comes twice in a document; an id or
            the metadata holds what JSON or a database can't.
    """
    for document in documents:
        _check_chunks(document)
        _check_values(document)


def _check_chunks(document: TermsInDocument) -> None:
    chunks = len(document.chunk_ids)
    described = sum(len(block.lengths) for block in document.terms.blocks)
    if chunks != described:
        raise InvalidInputError(
            f"Document {document.document_id!r} has {chunks} chunks and terms of {described}. Index it again."
        )
    if len(set(document.chunk_ids)) != chunks:
        raise InvalidInputError(f"Document {document.document_id!r} names a chunk id twice.")


def _check_values(document: TermsInDocument) -> None:
    ids = (document.workspace_id, document.datasource_id, document.document_id, document.terms.analyzer)
    if not all(map(_is_writable, (*ids, *document.chunk_ids))):
        raise InvalidInputError(
            f"An id of document {document.document_id!r} holds a NUL or half of a surrogate pair."
        )
    for name, value in document.metadata.items():
        if not (_is_writable(name) and _is_storable(value)):
            raise InvalidInputError(
                f"The metadata {name!r} of document {document.document_id!r} is not finite, over 64 "
                "bits, or holds a NUL or half of a surrogate pair. Leave it out or clean it."
            )


def _is_writable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text))


def _is_storable(value: Scalar) -> bool:
    if isinstance(value, str):
        return _is_writable(value)
    return math.isfinite(value) if isinstance(value, float) else abs(value) < _LARGEST
