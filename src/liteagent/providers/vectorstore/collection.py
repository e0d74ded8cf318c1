"""Indexes of all spaces and workspaces in memory: what the stores share that search in memory."""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.exact import ExactIndex
from liteagent.providers.vectorstore.intake import check_query, wrong_dimensions

__all__ = ["IndexCollection"]


class IndexCollection:
    """One `ExactIndex` for each space and workspace; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._dimensions: dict[str, int] = {}
        self._indexes: dict[tuple[str, str], ExactIndex] = {}

    def open_spaces(self, dimensions: Mapping[str, int]) -> None:
        """Remember the dimensions of spaces.

        Raises:
            InvalidInputError: A space has others; nothing is changed.
        """
        with self._lock:
            for space, wanted in dimensions.items():
                known = self._dimensions.get(space, wanted)
                if known != wanted:
                    raise wrong_dimensions(space, known, wanted)
            self._dimensions.update(dimensions)

    def index(self, space: str, workspace_id: str) -> ExactIndex | None:
        """The index of a workspace in a space; None where nothing was ever added."""
        return self._indexes.get((space, workspace_id))

    def index_for(self, document: DocumentVectors) -> ExactIndex | None:
        """The index that a document belongs to, made where it is missing; None for an unknown space."""
        key = (document.space, document.workspace_id)
        with self._lock:
            if key not in self._indexes:
                if document.space not in self._dimensions:
                    return None
                self._indexes[key] = ExactIndex(self._dimensions[document.space])
            return self._indexes[key]

    def of_workspace(self, workspace_id: str) -> dict[str, ExactIndex]:
        """The indexes of a workspace, by space."""
        with self._lock:
            items = list(self._indexes.items())
        return {space: index for (space, workspace), index in items if workspace == workspace_id}

    def upsert(self, documents: Sequence[DocumentVectors]) -> None:
        """Add chunks to spaces that are open."""
        for document in documents:
            index = self.index_for(document)
            if index is not None:
                index.upsert(document)

    def fit(self) -> None:
        """Prepare the search of indexes that have become large, so that no search has to."""
        with self._lock:
            indexes = list(self._indexes.values())
        for index in indexes:
            index.fit()

    def search(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> list[Hit]:
        """The chunks nearest to `vector`."""
        if space in self._dimensions:
            check_query(space, self._dimensions[space], vector)
        index = self.index(space, scope.workspace_id)
        return index.search(vector, top_k, scope) if index else []

    def is_quick(self, space: str, workspace_id: str) -> bool:
        """Whether a search there takes less than handing it to another thread does."""
        index = self.index(space, workspace_id)
        return index is None or index.is_quick

    def vectors(self, space: str, chunk_ids: Iterable[str], scope: Scope) -> dict[str, Vectors]:
        """The vectors of chunks in `scope`."""
        index = self.index(space, scope.workspace_id)
        return index.vectors(chunk_ids, scope) if index else {}

    def passages(self, chunk_ids: Sequence[str], scope: Scope) -> dict[str, Passage]:
        """The passages of chunks in `scope`, from whichever space has them."""
        found: dict[str, Passage] = {}
        for index in self.of_workspace(scope.workspace_id).values():
            found.update(index.passages(chunk_ids, scope))
        return found

    def count(self, space: str, scope: Scope) -> StoreCounts:
        """How much of a space lies in `scope`."""
        index = self.index(space, scope.workspace_id)
        return index.count(scope) if index else StoreCounts()
