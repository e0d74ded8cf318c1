"""Turns fused chunks into passages, as many as are needed and no more."""

from collections.abc import Sequence
from dataclasses import replace

from liteagent.contracts.documents import Passage
from liteagent.contracts.retrieval import PassageSource, Scope
from liteagent.engine.rag.distinct import Distinct
from liteagent.engine.rag.expansion import DocumentRange, parent_of
from liteagent.engine.rag.fusion import Fused

__all__ = ["Candidates"]

_SPARE = 2


class Candidates:
    """Fetches passages in order, and leaves out those that add nothing.

    Args:
        source: Knows the texts.
        distinct: Leave out passages that repeat better ones.
        one_of_each_parent: Of the children of one parent take only the best, as the parent is shown.
    """

    def __init__(self, source: PassageSource, *, distinct: bool, one_of_each_parent: bool) -> None:
        self._source = source
        self._distinct = Distinct() if distinct else None
        self._one_of_each_parent = one_of_each_parent
        self._parents: set[DocumentRange] = set()
        self.repeated = 0

    async def best(self, fused: Sequence[Fused], wanted: int, scope: Scope) -> list[Passage]:
        """Up to `wanted` passages, best first, with scores and explanations."""
        kept: list[Passage] = []
        start, size = 0, wanted * _SPARE
        while start < len(fused):
            some = fused[start : start + size]
            start, size = start + size, size * 2
            known = await self._source.passages([each.chunk_id for each in some], scope)
            for each in some:
                passage = known.get(each.chunk_id)
                if passage is not None and self._adds(passage):
                    kept.append(replace(passage, score=each.score, explanation=each.explanation))
                    if len(kept) == wanted:
                        return kept
        return kept

    def _adds(self, passage: Passage) -> bool:
        """Whether it says something that those before it did not."""
        parent = parent_of(passage) if self._one_of_each_parent else None
        if parent in self._parents or not (self._distinct is None or self._distinct.add(passage)):
            self.repeated += 1
            return False
        if parent is not None:
            self._parents.add(parent)
        return True
