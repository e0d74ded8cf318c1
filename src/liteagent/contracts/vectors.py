"""The socket for vector stores: they find chunks, and hold nothing that could not be made again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from liteagent.contracts.documents import Passage, Scalar
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import Hit, Scope

__all__ = ["DocumentVectors", "StoreCounts", "VectorStore", "VectorStoreFactory"]


@dataclass(frozen=True, slots=True, eq=False)
class DocumentVectors:
    """The chunks of a document with their vectors, as a store takes them.

    Attributes:
        space: What they can be compared with: an `Embedder.model`, with anything that the caller adds.
            Vectors of a space have the same number of dimensions.
        chunk_ids: Unique within the space.
        vectors: Shape (chunks, dimensions), rows of length 1.
        metadata: The document's, for filters.
        passages: The chunks as results show them, where the store is to keep them; None where the caller
            has them elsewhere.
    """

    space: str
    workspace_id: str
    datasource_id: str
    document_id: str
    chunk_ids: tuple[str, ...]
    vectors: Vectors = field(repr=False)
    metadata: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    passages: tuple[Passage, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How much lies in a scope."""

    documents: int = 0
    chunks: int = 0


class VectorStore(Protocol):
    """Keeps vectors of chunks and finds the nearest. What one call changed, the next search sees.

    Every method takes a scope or a workspace, and never touches or shows what lies outside of it. After a
    crash each document is as one finished call left it.
    """

    async def upsert(self, documents: Sequence[DocumentVectors]) -> None:
        """Add chunks. A chunk id that is known in its space is replaced; other chunks of the document stay.

        The metadata of the document becomes that of all its chunks in the space.

        Raises:
            InvalidInputError: The vectors have another number of dimensions than the space has.
            ProviderError: The store's server failed or cannot be reached.
        """
        ...

    async def retain(self, space: str, workspace_id: str, document_id: str, chunk_ids: Sequence[str]) -> None:
        """Forget every chunk of a document in a space but these; none named forgets the document."""
        ...

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents, in all spaces; unknown ids are ignored."""
        ...

    async def delete_datasource(
        self, workspace_id: str, datasource_id: str, *, except_space: str | None = None
    ) -> None:
        """Forget all of a data source, or all of it but what lies in one space."""
        ...

    async def search(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` nearest to `vector` (shape (dimensions,)), best first; equals by chunk id.

        A hit's score is the cosine. An empty or unknown space has no hits.
        """
        ...

    async def vectors(self, space: str, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        """The vectors of chunks by id, each of shape (dimensions,); those outside of `scope` are left out."""
        ...

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        """The passages that were kept, by chunk id, their score at 0; others are left out."""
        ...

    async def count(self, space: str, scope: Scope) -> StoreCounts:
        """How many documents and chunks of a space lie in `scope`."""
        ...

    async def aclose(self) -> None:
        """Finish what is under way and release files and connections."""
        ...


VectorStoreFactory: TypeAlias = Callable[[JsonObject], VectorStore]
"""Makes a store of its configuration (`path`, `url` …); nothing is opened before the first call."""
