"""A block of vectors: rows are appended and marked as gone, never written over.

A view of a block therefore stays true while others go on writing, without a lock and without a copy.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors

__all__ = ["Block", "BlockView", "Mask", "Owners"]

Mask: TypeAlias = npt.NDArray[np.bool_]
Owners: TypeAlias = npt.NDArray[np.int32]

_FIRST_CAPACITY = 64


class BlockView(NamedTuple):
    """The rows of a block at one moment.

    Attributes:
        vectors: Shape (rows, dimensions).
        prefix: The rows projected to few dimensions, where the index has a projection.
        owners: For each row the place of its document in the index.
        alive: Which rows are not gone; None where all are there.
        chunk_ids: At least as many as there are rows.
    """

    vectors: Vectors
    prefix: Vectors | None
    owners: Owners
    alive: Mask | None
    chunk_ids: list[str]


class Block:
    """Up to `capacity` rows of `dimensions`. One writer at a time; views are for any thread."""

    def __init__(self, dimensions: int, capacity: int) -> None:
        self._capacity = capacity
        self._vectors: Vectors = np.empty((0, dimensions), np.float32)
        self._owners: Owners = np.empty(0, np.int32)
        self._prefix: Vectors | None = None
        self._alive: Mask | None = None
        self._ids: list[str] = []
        self._gone = 0

    def __len__(self) -> int:
        """How many rows it has, those that are gone included."""
        return len(self._ids)

    @property
    def free(self) -> int:
        """How many rows can still be added."""
        return self._capacity - len(self._ids)

    @property
    def live_count(self) -> int:
        """How many rows are not gone."""
        return len(self._ids) - self._gone

    def append(
        self, chunk_ids: Sequence[str], vectors: Vectors, owners: Owners, basis: Vectors | None
    ) -> None:
        """Add rows, projected by `basis` where there is one."""
        begin, end = len(self._ids), len(self._ids) + len(chunk_ids)
        if end > len(self._vectors):
            self._grow(end)
        self._vectors[begin:end] = vectors
        self._owners[begin:end] = owners
        if self._alive is not None:
            self._alive = np.concatenate((self._alive, np.ones(end - begin, np.bool_)))
        self._ids.extend(chunk_ids)
        if basis is not None:
            self._set_prefix(begin, vectors @ basis)

    def project(self, known: Vectors | None, basis: Vectors) -> None:
        """Project the rows by another `basis`; `known` is what it makes of the first ones."""
        self._prefix = known
        done = 0 if known is None else len(known)
        self._set_prefix(done, self._vectors[done : len(self._ids)] @ basis)

    def remove(self, rows: Sequence[int]) -> None:
        """Mark rows as gone, which they have not been before."""
        alive = np.ones(len(self._ids), np.bool_) if self._alive is None else self._alive.copy()
        alive[rows] = False
        self._alive = alive
        self._gone += len(rows)

    def row(self, row: int) -> Vectors:
        """A copy of one row."""
        return self._vectors[row].copy()

    def view(self) -> BlockView:
        """The rows as they are now."""
        rows = len(self._ids)
        prefix = None if self._prefix is None else self._prefix[:rows]
        return BlockView(self._vectors[:rows], prefix, self._owners[:rows], self._alive, self._ids)

    def _set_prefix(self, begin: int, rows: Vectors) -> None:
        if self._prefix is None or len(self._prefix) < begin + len(rows):
            grown = np.empty((len(self._vectors), rows.shape[1]), np.float32)
            if self._prefix is not None:
                grown[:begin] = self._prefix[:begin]
            self._prefix = grown
        self._prefix[begin : begin + len(rows)] = rows

    def _grow(self, wanted: int) -> None:
        capacity = min(self._capacity, max(wanted, 2 * len(self._vectors), _FIRST_CAPACITY))
        rows = len(self._ids)
        vectors = np.empty((capacity, self._vectors.shape[1]), np.float32)
        vectors[:rows] = self._vectors[:rows]
        owners = np.empty(capacity, np.int32)
        owners[:rows] = self._owners[:rows]
        self._vectors, self._owners = vectors, owners
