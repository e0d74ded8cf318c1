"""Vectors by chunk id: blocks that stay dense while chunks come and go."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from liteagent.contracts.embedding import Vectors
from liteagent.providers.vectorstore.block import Block, BlockView, Owners

__all__ = ["Blocks"]

_BLOCK_BYTES = 24 << 20
_LEAST_ROWS = 1_024
_KEY = 1 << 32


class Blocks:
    """The vectors of chunks, all of the same dimensions. One writer at a time.

    A block of which most rows are gone is emptied into the last one: never more than one block is copied.
    """

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.basis: Vectors | None = None
        self._capacity = max(_LEAST_ROWS, _BLOCK_BYTES // (4 * dimensions))
        self._blocks: dict[int, Block] = {}
        self._last = 0
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        """How many chunks it holds."""
        return len(self._places)

    def __contains__(self, chunk_id: str) -> bool:
        """Whether it holds a chunk."""
        return chunk_id in self._places

    def add(self, chunk_ids: Sequence[str], vectors: Vectors, owners: Owners) -> None:
        """Add chunks that it does not hold."""
        done = 0
        while done < len(chunk_ids):
            block = self._block_with_space()
            taken = min(block.free, len(chunk_ids) - done)
            part = slice(done, done + taken)
            self._append(block, chunk_ids[part], vectors[part], owners[part])
            done += taken

    def remove(self, chunk_ids: Iterable[str]) -> None:
        """Forget chunks, all of which it holds."""
        rows: dict[int, list[int]] = {}
        for chunk_id in chunk_ids:
            key, row = divmod(self._places.pop(chunk_id), _KEY)
            rows.setdefault(key, []).append(row)
        for key, gone in rows.items():
            block = self._blocks[key]
            block.remove(gone)
            if block.live_count * 2 <= len(block):
                self._empty(key)

    def vector(self, chunk_id: str) -> Vectors:
        """A copy of the vector of a chunk that it holds."""
        key, row = divmod(self._places[chunk_id], _KEY)
        return self._blocks[key].row(row)

    def views(self) -> list[BlockView]:
        """Every block as it is now."""
        return [block.view() for block in self._blocks.values()]

    def keyed_views(self) -> dict[int, BlockView]:
        """Every block as it is now, under a key that no other block will have."""
        return {key: block.view() for key, block in self._blocks.items()}

    def project(self, basis: Vectors, projected: Mapping[int, Vectors]) -> None:
        """Use another projection; of most blocks it is known already what it makes of their first rows."""
        self.basis = basis
        for key, block in self._blocks.items():
            block.project(projected.get(key), basis)

    def _append(self, block: Block, chunk_ids: Sequence[str], vectors: Vectors, owners: Owners) -> None:
        first = self._last * _KEY + len(block)
        block.append(chunk_ids, vectors, owners, self.basis)
        self._places.update(zip(chunk_ids, range(first, first + len(chunk_ids)), strict=True))

    def _block_with_space(self) -> Block:
        block = self._blocks.get(self._last)
        if block is None or not block.free:
            self._last += 1
            block = self._blocks[self._last] = Block(self.dimensions, self._capacity)
        return block

    def _empty(self, key: int) -> None:
        view = self._blocks.pop(key).view()
        rows = np.arange(len(view.vectors)) if view.alive is None else np.flatnonzero(view.alive)
        ids = [view.chunk_ids[row] for row in rows.tolist()]
        self.add(ids, view.vectors[rows], view.owners[rows])
