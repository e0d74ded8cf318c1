"""Cuts where neighbouring sentences have little to do with each other."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.rag.chunking.recursive import Recursive
from liteagent.engine.rag.chunking.sentences import sentences
from liteagent.engine.rag.chunking.source import Piece, Sizes, Source

__all__ = ["Encode", "Semantic"]

Encode: TypeAlias = Callable[[Sequence[str]], Vectors]
"""Embeds texts, in their order; called once a document, with each of its sentences once."""

_PERCENTILE = 90.0
_Similarities: TypeAlias = npt.NDArray[np.float64]


class Semantic:
    """Compares the sentences before each place with those after it, and cuts where they are least alike.

    A stretch between two such places that is still over the size is cut at the weakest place in the second
    half of each window. Nothing is repeated. No chunk crosses a section of level 1 to 3 unless it is tiny.

    Args:
        sizes: The limits of a chunk; `overlap` is not used.
        encode: Embeds the sentences.
        percentile: Cuts at the places whose similarity is in the lowest `100 - percentile` percent of the
            document's; 90 where neither this nor `threshold` is given.
        threshold: Cuts where the cosine is below this instead.
        window: How many sentences on each side are compared.
        minimum: No cut leaves less than this before it.

    Raises:
        InvalidInputError: Both `percentile` and `threshold` are given.
    """

    def __init__(
        self,
        sizes: Sizes,
        encode: Encode,
        *,
        percentile: float | None = None,
        threshold: float | None = None,
        window: int = 3,
        minimum: int = 0,
    ) -> None:
        if percentile is not None and threshold is not None:
            raise InvalidInputError("Give the chunker 'semantic' either percentile or threshold, not both.")
        self._size = sizes.size
        self._tiny = sizes.tiny
        self._whole = Recursive(Sizes(sizes.size, 0, sizes.unit))
        self._encode = encode
        self._percentile = _PERCENTILE if percentile is None else percentile
        self._threshold = threshold
        self._window = window
        self._minimum = minimum

    def pieces(self, source: Source) -> Iterator[Piece]:
        """The stretches between the places where the topic changes."""
        stretches = [
            found
            for start, end in source.outline.stretches(self._tiny, self._size)
            if (found := list(sentences(source, start, end, self._whole)))
        ]
        vectors = self._vectors([source.text[a:b] for stretch in stretches for a, b, *_ in stretch])
        compared: list[_Similarities] = []
        first = 0
        for stretch in stretches:
            compared.append(_similarities(vectors[first : first + len(stretch)], self._window))
            first += len(stretch)
        limit = self._limit(compared)
        for stretch, similarities in zip(stretches, compared, strict=True):
            for begin, end in self._cut(source, stretch, similarities, limit):
                yield Piece(stretch[begin].start, stretch[end - 1].end)

    def _vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float64]:
        if not texts:
            return np.zeros((0, 1))
        vectors = np.asarray(self._encode(texts), dtype=np.float64)
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise InvalidInputError(
                f"The embedder gave an array of shape {vectors.shape} for {len(texts)} sentences; "
                "it has to give one vector for each."
            )
        return np.nan_to_num(vectors)

    def _limit(self, compared: Sequence[_Similarities]) -> float:
        """Cut where the similarity is below this."""
        if self._threshold is not None:
            return self._threshold
        together = np.concatenate(compared) if compared else np.zeros(0)
        if not len(together):
            return -np.inf
        limit = float(np.percentile(together, 100 - self._percentile))
        # The lowest place itself counts, unless all are alike.
        return float(np.nextafter(limit, np.inf)) if limit < together.max() else limit

    def _cut(
        self, source: Source, stretch: Sequence[Piece], similarities: _Similarities, limit: float
    ) -> Iterator[tuple[int, int]]:
        """Ranges of sentences; `similarities[n]` compares what ends with sentence `n` with what follows."""
        begin = 0
        for next_ in range(1, len(stretch)):
            start = stretch[begin].start
            if source.size(start, stretch[next_].end) > self._size:
                place = self._weakest(source, stretch, similarities, begin, next_)
                yield begin, place
                begin = place
                start = stretch[begin].start
            far = source.size(start, stretch[next_ - 1].end) >= self._minimum
            if begin < next_ and far and similarities[next_ - 1] < limit:
                yield begin, next_
                begin = next_
        if stretch:
            yield begin, len(stretch)

    def _weakest(
        self,
        source: Source,
        stretch: Sequence[Piece],
        similarities: _Similarities,
        begin: int,
        end: int,
    ) -> int:
        """The best place in (begin, end] for a chunk to end: in its second half, so that the rest fits."""
        start = stretch[begin].start
        half = self._size // 2
        after = [n for n in range(begin + 1, end + 1) if source.size(start, stretch[n - 1].end) >= half]
        fits = [n for n in after if n == end or source.size(stretch[n].start, stretch[end].end) <= self._size]
        return min(fits or [end], key=lambda n: (similarities[n - 1], -n))


def _similarities(vectors: npt.NDArray[np.float64], window: int) -> _Similarities:
    """The cosine between the sums of up to `window` vectors before and after each gap."""
    count = len(vectors)
    if count < 2:
        return np.zeros(0)
    sums = np.concatenate([np.zeros((1, vectors.shape[1])), np.cumsum(vectors, axis=0)])
    gaps = np.arange(1, count)
    before = sums[gaps] - sums[np.maximum(gaps - window, 0)]
    after = sums[np.minimum(gaps + window, count)] - sums[gaps]
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    return np.einsum("ij,ij->i", before, after) / np.maximum(lengths, 1e-12)
