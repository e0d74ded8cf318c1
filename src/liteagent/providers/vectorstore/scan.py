"""Finds the nearest rows of blocks.

Few rows are compared one by one. Of many, a projection to few dimensions finds candidates, and the full
vectors decide among them. How far candidates' true scores lie from their projected ones tells how low a
row's projected score may be for it still to belong to the best: rows down to there are looked at too, and
where they would be many (vectors that no few dimensions tell apart), all are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.retrieval import Hit
from liteagent.providers.vectorstore.block import BlockView, Mask

__all__ = ["MANY_ROWS", "Rows", "nearest"]

MANY_ROWS = 32_768
"""From so many rows on a projection is used."""

_CANDIDATES = 1_024
_DEVIATIONS = 3.0
_FEW_ROWS = 8_192
_SMALL_SHARE = 4
_LARGEST_SHARE = 16


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of several blocks that a search may find.

    Attributes:
        kept: For each block which rows count; None where all do.
    """

    views: Sequence[BlockView]
    kept: Sequence[Mask | None]

    @property
    def count(self) -> int:
        """How many rows count."""
        pairs = zip(self.views, self.kept, strict=True)
        return sum(len(view.vectors) if kept is None else int(np.count_nonzero(kept)) for view, kept in pairs)


def nearest(rows: Rows, vector: Vectors, top_k: int, basis: Vectors | None) -> list[Hit]:
    """At most `top_k` of the rows with the largest dot product, best first; equals by chunk id."""
    count = rows.count
    total = sum(len(view.vectors) for view in rows.views)
    if not count or top_k < 1:
        return []
    if count <= _FEW_ROWS and count * _SMALL_SHARE <= total:
        chosen = _places(rows)
        return _best(rows, chosen, _gathered(rows, chosen, vector), top_k)
    if basis is None or total < MANY_ROWS or top_k > _CANDIDATES // 4:
        return _all_compared(rows, vector, top_k)
    return _two_stages(rows, vector, top_k, basis)


def _all_compared(rows: Rows, vector: Vectors, top_k: int) -> list[Hit]:
    scores = _scanned(rows, [view.vectors for view in rows.views], vector)
    chosen = np.flatnonzero(scores >= _bar(scores, top_k))
    return _best(rows, chosen, scores[chosen], top_k)


def _two_stages(rows: Rows, vector: Vectors, top_k: int, basis: Vectors) -> list[Hit]:
    prefixes = [_prefix(view, basis) for view in rows.views]
    coarse = _scanned(rows, prefixes, vector @ basis)
    counted = np.flatnonzero(coarse > -np.inf)  # a partition among many equal scores is slow
    chosen = counted[np.argpartition(coarse[counted], -_CANDIDATES)[-_CANDIDATES:]]
    scores = _gathered(rows, chosen, vector)
    spread = float(np.sqrt(np.mean((scores - coarse[chosen]) ** 2)))
    wanted = np.flatnonzero(coarse >= _bar(scores, top_k) - _DEVIATIONS * spread)
    if len(wanted) * _LARGEST_SHARE > len(coarse):
        return _all_compared(rows, vector, top_k)
    if len(wanted) > len(chosen):
        chosen, scores = wanted, _gathered(rows, wanted, vector)
    return _best(rows, chosen, scores, top_k)


def _prefix(view: BlockView, basis: Vectors) -> Vectors:
    return view.vectors @ basis if view.prefix is None else view.prefix


def _scanned(rows: Rows, parts: Sequence[Vectors], vector: Vectors) -> Vectors:
    """The scores of all rows; of those that do not count, minus infinity.

    `vecdot` and not `@`: it lets other threads run as well, and is not slowed down by BLAS's own threads
    when the cores are busy.
    """
    scores = np.empty(sum(map(len, parts)), np.float32)
    begin = 0
    for part, kept in zip(parts, rows.kept, strict=True):
        out = scores[begin : begin + len(part)]
        np.vecdot(part, vector, out=out)
        if kept is not None:
            out[~kept] = -np.inf
        begin += len(part)
    return scores


def _bar(scores: Vectors, top_k: int) -> float:
    """The score of the last of the best; above minus infinity."""
    place = max(0, len(scores) - top_k)
    return max(float(np.partition(scores, place)[place]), float(np.finfo(np.float32).min))


def _places(rows: Rows) -> npt.NDArray[np.intp]:
    found: list[npt.NDArray[np.intp]] = []
    begin = 0
    for view, kept in zip(rows.views, rows.kept, strict=True):
        here = np.arange(len(view.vectors)) if kept is None else np.flatnonzero(kept)
        found.append(here + begin)
        begin += len(view.vectors)
    return np.concatenate(found)


def _gathered(rows: Rows, places: npt.NDArray[np.intp], vector: Vectors) -> Vectors:
    scores = np.empty(len(places), np.float32)
    begin = 0
    for view in rows.views:
        end = begin + len(view.vectors)
        here = (places >= begin) & (places < end)
        if here.any():
            scores[here] = np.vecdot(view.vectors[places[here] - begin], vector)
        begin = end
    return scores


def _best(rows: Rows, places: npt.NDArray[np.intp], scores: Vectors, top_k: int) -> list[Hit]:
    among = scores >= _bar(scores, top_k)
    ids = _ids(rows.views, places[among])
    hits = sorted(zip((-scores[among]).tolist(), ids, strict=True))
    return [Hit(chunk_id, -score) for score, chunk_id in hits[:top_k]]


def _ids(views: Sequence[BlockView], places: npt.NDArray[np.intp]) -> Iterator[str]:
    starts = np.cumsum([0, *(len(view.vectors) for view in views)])
    blocks: list[int] = (np.searchsorted(starts, places, side="right") - 1).tolist()
    for block, place in zip(blocks, places.tolist(), strict=True):
        yield views[block].chunk_ids[place - int(starts[block])]
