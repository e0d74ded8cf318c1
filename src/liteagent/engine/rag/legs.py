"""Runs the parts of a search side by side, and goes on without one that fails."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import create_task_group

from liteagent.contracts.errors import InvalidInputError, ProviderError
from liteagent.contracts.retrieval import Scope, Searcher
from liteagent.engine.rag.fusion import Fused, RankedHits, alone, convex, reciprocal_rank
from liteagent.engine.rag.options import RetrievalOptions
from liteagent.engine.rag.tracing import SearchTrace

__all__ = ["MEANINGS", "WORDS", "Legs"]

WORDS = "bm25"
MEANINGS = "vector"
_NO_MEANINGS = "no embedder is configured: words are matched, meanings are not"


@dataclass(frozen=True, slots=True)
class _Search:
    part: str
    text: str
    weight: float


class Legs:
    """Asks searchers and makes one order of what they find.

    Args:
        searchers: By part: `bm25` for words, `vector` for meanings; other names are refused.

    Raises:
        InvalidInputError: There is none, or one of another name.
    """

    def __init__(self, searchers: Mapping[str, Searcher]) -> None:
        if not searchers or set(searchers) - {WORDS, MEANINGS}:
            raise InvalidInputError(f"Give searchers by the names {WORDS!r} and {MEANINGS!r}, at least one.")
        self._searchers = dict(searchers)

    async def find(
        self, texts: Sequence[str], scope: Scope, options: RetrievalOptions, top: int, trace: SearchTrace
    ) -> list[Fused]:
        """Chunks for a question (the first of `texts`) and its other wordings, best first.

        The question counts as much as all other wordings together. A part that fails is done without as
        long as another one answers; if the only part that was asked for fails, the other one is asked.

        Raises:
            ProviderError: Every part there is failed.
        """
        shares = self._shares(options, trace)
        try:
            found = await self._all(_searches(shares, texts), scope, top, trace)
        except ProviderError:
            rest = {part: 1.0 for part in self._searchers if part not in shares}
            if not rest:
                raise
            found = await self._all(_searches(rest, texts), scope, top, trace)
        with trace.step("fuse") as step:
            fused = _fuse(found, options, len(texts))
            step["candidates"] = len(fused)
        return fused

    def _shares(self, options: RetrievalOptions, trace: SearchTrace) -> dict[str, float]:
        """The parts to ask, with their weights."""
        vector = options.vector_share
        asked = (
            {WORDS: 1 - vector, MEANINGS: vector}
            if options.retriever == "hybrid"
            else {options.retriever: 1.0}
        )
        there = {part: share for part, share in asked.items() if part in self._searchers}
        if MEANINGS not in self._searchers:
            trace.note(_NO_MEANINGS)
        return there or dict.fromkeys(self._searchers, 1.0)

    async def _all(
        self, searches: Sequence[_Search], scope: Scope, top: int, trace: SearchTrace
    ) -> list[RankedHits]:
        """What each search found; those that failed are left out, as long as one did not."""
        found: list[RankedHits | ProviderError | None] = [None] * len(searches)

        async def run(place: int, search: _Search) -> None:
            with trace.step(search.part) as step:
                try:
                    hits = await self._searchers[search.part].search(search.text, top, scope)
                except ProviderError as error:
                    found[place] = error
                    trace.failed(step, error, "its part of the search is left out")
                else:
                    step["found"] = len(hits)
                    found[place] = RankedHits(search.part, search.weight, hits)

        if len(searches) == 1:
            await run(0, searches[0])
        else:
            await _side_by_side([partial(run, place, search) for place, search in enumerate(searches)])
        answers = [each for each in found if isinstance(each, RankedHits)]
        failures = [each for each in found if isinstance(each, ProviderError)]
        if failures and not answers:
            raise failures[0]
        return answers


async def _side_by_side(tasks: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """Run all; the first error, if there is one, as it was raised."""
    try:
        async with create_task_group() as group:
            for task in tasks:
                group.start_soon(task)
    except ExceptionGroup as several:
        raise several.exceptions[0] from None


def _searches(shares: Mapping[str, float], texts: Sequence[str]) -> list[_Search]:
    others = max(1, len(texts) - 1)
    return [
        _Search(part, text, share if number == 0 else share / others)
        for number, text in enumerate(texts)
        for part, share in shares.items()
    ]


def _fuse(found: Sequence[RankedHits], options: RetrievalOptions, wordings: int) -> list[Fused]:
    if options.retriever != "hybrid" and wordings == 1:
        return alone(found[0])  # while `hybrid` keeps its scale when a part of it failed
    return reciprocal_rank(found, options.rrf_k) if options.fusion == "rrf" else convex(found)
