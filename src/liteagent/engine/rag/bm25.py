"""A lexical index that can take and lose documents at any time: incremental BM25 over immutable segments.

New documents wait in a list until the next search, which merges them. Segments grow in tiers (a small one
is merged into one at most twice its size, never beyond `BLOCK_CHUNKS` chunks), so adding stays cheap
however large the index is. Searching reads a snapshot and holds no lock.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from threading import Lock

from liteagent.contracts.documents import Chunk
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.retrieval import Hit
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.languages import AnyAnalyzer, create_analyzer
from liteagent.engine.rag.ranking import Bm25Parameters, Ranking, rank
from liteagent.engine.rag.segment import Segment
from liteagent.engine.rag.terms import BLOCK_CHUNKS, DocumentTerms, analyze

__all__ = ["Bm25Index", "create_lexical_index", "search_together"]

_LONGEST_QUERY = 10_000


class Bm25Index:
    """Chunk ids and statistics of words; the texts stay with whoever keeps the documents.

    Safe to use from several threads.

    Args:
        analyzer: Makes the terms of chunks and questions; `Analyzer("english")` where omitted. With an
            `AutoAnalyzer` each document is analysed in its language, and questions in all of them.
        parameters: BM25's `k1` and `b`.

    Example:
        >>> index = Bm25Index()
        >>> index.add("d1", [Chunk("c1", "d1", 0, 0, 17, "How to brew tea.")])
        >>> [hit.chunk_id for hit in index.search("brewing tea", top_k=5)]
        ['c1']
    """

    def __init__(self, analyzer: AnyAnalyzer | None = None, parameters: Bm25Parameters | None = None) -> None:
        self.analyzer = analyzer or Analyzer()
        self.parameters = parameters or Bm25Parameters()
        self._lock = Lock()
        self._segments: tuple[Segment, ...] = ()
        self._pending: dict[str, tuple[Segment, ...]] = {}
        self._analyzers: dict[str, str] = {}
        self._documents_by_analyzer: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many chunks it holds."""
        with self._lock:
            waiting = (segment for segments in self._pending.values() for segment in segments)
            return sum(segment.live_count for segment in (*self._segments, *waiting))

    @property
    def waiting(self) -> int:
        """How many documents the next search has to merge first."""
        return len(self._pending)

    def add(self, document_id: str, chunks: Sequence[Chunk]) -> None:
        """Index a document's chunks; one with the same id is replaced."""
        terms = analyze(self.analyzer, chunks)
        self.add_terms(document_id, [chunk.id for chunk in chunks], terms)

    def add_terms(self, document_id: str, chunk_ids: Sequence[str], terms: DocumentTerms) -> None:
        """Index a document by terms that were made before; one with the same id is replaced.

        Raises:
            InvalidInputError: The terms describe another number of chunks, or come from another analyzer.
        """
        if not self.analyzer.accepts(terms.analyzer):
            raise InvalidInputError(
                f"The terms were made by {terms.analyzer!r} and this index wants {self.analyzer.name!r}. "
                "Index the document again."
            )
        if len(terms) != len(chunk_ids):
            raise InvalidInputError(
                f"The document has {len(chunk_ids)} chunks and terms of {len(terms)}. Index it again."
            )
        segments = tuple(
            Segment.of(document_id, chunk_ids[place * BLOCK_CHUNKS : (place + 1) * BLOCK_CHUNKS], block)
            for place, block in enumerate(terms.blocks)
        )
        with self._lock:
            self._forget(document_id)
            if segments:
                self._pending[document_id] = segments
                self._analyzers[document_id] = terms.analyzer
                self._documents_by_analyzer[terms.analyzer] += 1

    def remove(self, document_id: str) -> None:
        """Forget a document; an unknown id is ignored."""
        with self._lock:
            self._forget(document_id)

    def search(self, query: str, top_k: int) -> list[Hit]:
        """At most `top_k` hits with a score above zero, best first; equal scores by chunk id."""
        return list(search_together([self], query, top_k).hits)

    def snapshot(self) -> tuple[Segment, ...]:
        """The segments as they are now; later changes do not show in them."""
        with self._lock:
            if self._pending:
                waiting = (segment for segments in self._pending.values() for segment in segments)
                self._segments = _tiered((*self._segments, *waiting))
                self._pending = {}
            return self._segments

    def analyzers(self) -> frozenset[str]:
        """The names of the analysers that its documents went through."""
        with self._lock:
            return frozenset(+self._documents_by_analyzer)

    def _forget(self, document_id: str) -> None:
        analyzer = self._analyzers.pop(document_id, None)
        if analyzer is None:
            return
        self._documents_by_analyzer[analyzer] -= 1
        if self._pending.pop(document_id, None) is None:
            self._segments = tuple(_without(self._segments, document_id))


def search_together(
    indexes: Sequence[Bm25Index], query: str, top_k: int, documents: Collection[str] | None = None
) -> Ranking:
    """The best chunks of several indexes, scored as if one index held them all.

    Where `documents` are named (a set is best), the chunks of others are not looked at.

    Frequencies and lengths are added up over the indexes before anything is scored, so scores compare, and
    what is in other indexes has no influence. All must share one analyzer's name; the first one's
    parameters count.
    """
    if not indexes or top_k < 1:
        return Ranking((), 0)
    names = frozenset[str]().union(*(index.analyzers() for index in indexes))
    counts = indexes[0].analyzer.query_counts(query[:_LONGEST_QUERY], names)
    segments = [segment for index in indexes for segment in index.snapshot()]
    return rank(segments, counts, top_k, indexes[0].parameters, documents)


def create_lexical_index(kind: str = "bm25", *, language: str = "english") -> Bm25Index:
    """A lexical index by name; the one there is, is `bm25`.

    Args:
        kind: `bm25`.
        language: A Snowball stemmer's name, or `auto` to have each document's language found out.

    Raises:
        InvalidInputError: An unknown kind, or a language without a stemmer.
    """
    if kind != "bm25":
        raise InvalidInputError(f"There is no lexical index {kind!r}; use 'bm25'.")
    return Bm25Index(create_analyzer(language))


def _without(segments: Iterable[Segment], document_id: str) -> Iterable[Segment]:
    for segment in segments:
        if document_id in segment.documents:
            segment = segment.without(document_id)
            if segment.live_count * 2 < len(segment.chunk_ids):
                segment = Segment.merged([segment])
        if segment.live_count:
            yield segment


def _tiered(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """The same chunks in few segments: from the smallest up, each group that fits is merged."""
    left = sorted(segments, key=lambda segment: segment.live_count, reverse=True)
    done: list[Segment] = []
    while left:
        group = [left.pop()]
        size = group[0].live_count
        while left and left[-1].live_count <= min(2 * size, BLOCK_CHUNKS - size):
            size += left[-1].live_count
            group.append(left.pop())
        done.append(group[0] if len(group) == 1 else Segment.merged(group))
    return tuple(done)
