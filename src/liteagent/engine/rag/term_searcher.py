"""The search by words where a term store keeps them."""

from collections.abc import Sequence

from liteagent.contracts.lexical import TermsQuery, TermStore
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.engine.rag.languages import AnyAnalyzer, AutoAnalyzer
from liteagent.engine.rag.ranking import Bm25Parameters

__all__ = ["TermSearcher"]

_LONGEST_QUERY = 10_000


class TermSearcher:
    """Finds chunks by words, with BM25.

    Args:
        store: Where the terms are.
        analyzer: Makes the terms of questions; one for all languages where omitted.
        parameters: BM25's `k1` and `b`.
    """

    def __init__(
        self,
        store: TermStore,
        analyzer: AnyAnalyzer | None = None,
        parameters: Bm25Parameters | None = None,
    ) -> None:
        self._store = store
        self._analyzer = analyzer or AutoAnalyzer()
        self._parameters = parameters or Bm25Parameters()

    async def search(self, text: str, top_k: int, scope: Scope) -> Sequence[Hit]:
        """At most `top_k` hits, best first; what is outside of `scope` is not looked at.

        Raises:
            ProviderError: The store's server failed.
        """
        names = await self._store.analyzers(scope)
        counts = self._analyzer.query_counts(text[:_LONGEST_QUERY], names) if names else {}
        if not counts:
            return []
        query = TermsQuery(counts, top_k, self._parameters.k1, self._parameters.b)
        return await self._store.search(query, scope)
