"""A search from question to passages: parts side by side, fused, put in order, and shown in full."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import anyio

from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import InvalidInputError, ProviderError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.llm import LLM
from liteagent.contracts.reranking import Reranker
from liteagent.contracts.retrieval import (
    Condition,
    PassageSource,
    RetrievalQuery,
    RetrievalResult,
    Scope,
    Searcher,
)
from liteagent.engine.rag.candidates import Candidates
from liteagent.engine.rag.expansion import RangeSource, expanded
from liteagent.engine.rag.filters import Fields, condition_json, infer_conditions
from liteagent.engine.rag.fusion import Fused
from liteagent.engine.rag.legs import Legs
from liteagent.engine.rag.mmr import ChunkVectors
from liteagent.engine.rag.options import RetrievalOptions
from liteagent.engine.rag.ordering import reranked, varied
from liteagent.engine.rag.reranking import LLMReranker
from liteagent.engine.rag.rewriting import rewrite
from liteagent.engine.rag.tracing import SearchTrace

__all__ = ["FieldSource", "SearchParts", "SearchRetriever"]

FieldSource: TypeAlias = Callable[[Scope], Awaitable[Fields]]
"""The fields of metadata of what lies in a scope, with values of each."""

_VARIETY = 6  # passages to choose from, for each one asked for


@dataclass(frozen=True, slots=True)
class SearchParts:
    """What a search is put together from.

    Attributes:
        searchers: By part: `bm25` for words, `vector` for meanings; one is enough.
        passages: Knows the texts behind chunk ids.
        ranges: Knows the texts of documents; without it parents are not shown.
        vectors: Knows the vectors behind chunk ids; without it variety is judged by words.
        reranker: What options call by its name; `llm` needs none.
        llm: Rewrites questions, reads conditions and reranks, where options ask for it.
        fields: Knows the metadata that there is; without it no conditions are read.
        datasource_ids: Where a query looks that names no data source: None looks everywhere in the
            workspace, empty nowhere.
    """

    searchers: Mapping[str, Searcher]
    passages: PassageSource
    workspace_id: str = ""
    ranges: RangeSource | None = None
    vectors: ChunkVectors | None = None
    reranker: Reranker | None = None
    llm: LLM | None = None
    fields: FieldSource | None = None
    datasource_ids: tuple[str, ...] | None = ()
    facts: Mapping[str, str] = field(default_factory=dict[str, str])


class SearchRetriever:
    """Searches by words, by meaning, or both, as its options say.

    A part that fails at its provider is done without: if the embedding model cannot be reached, words are
    still matched; if the reranker cannot, the fused order stays. Whatever was left out stands in the trace
    (`notes`, and `error` at the step).

    Args:
        parts: What it searches with.
        options: How it goes about it.
        clock: Seconds, for the times in traces; the event loop's where omitted.

    Raises:
        InvalidInputError: The options ask for a part that is not there.
    """

    def __init__(
        self,
        parts: SearchParts,
        options: RetrievalOptions | None = None,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._parts = parts
        self._options = options or RetrievalOptions()
        self._clock = clock
        self._legs = Legs(parts.searchers)
        self._reranker = _reranker(parts, self._options)
        if "llm" in (self._options.rewrite, self._options.infer_filters) and parts.llm is None:
            raise InvalidInputError(
                "Options `rewrite` and `infer_filters` need a language model: give `llm`."
            )

    async def retrieve(self, query: RetrievalQuery) -> RetrievalResult:
        """The best passages for `query`, at most `query.top_k`.

        Raises:
            ProviderError: Every part of the search failed.
        """
        trace = SearchTrace(self._clock, self._facts(query))
        scope = self._scope(query)
        texts = [query.text, *await self._wordings(query.text, trace)]
        inferred = await self._inferred(query.text, scope, trace)
        fused = await self._find(texts, replace(scope, where=(*scope.where, *inferred)), query.top_k, trace)
        if inferred and not fused:
            trace.note("nothing fits the conditions read from the question: searched again without them")
            fused = await self._find(texts, scope, query.top_k, trace)
        passages = await self._choose(query, fused, scope, trace)
        return RetrievalResult(tuple(passages), trace.to_json())

    def _facts(self, query: RetrievalQuery) -> dict[str, JsonValue]:
        options = self._options
        facts: dict[str, JsonValue] = {"retriever": options.retriever}
        if options.retriever == "hybrid":
            facts |= {"fusion": options.fusion, "vector_weight": options.vector_share}
        datasources = query.datasource_ids or self._parts.datasource_ids
        facts |= {"datasources": None if datasources is None else list(datasources), "top_k": query.top_k}
        if query.where:
            facts["where"] = [condition_json(each) for each in query.where]
        return {**facts, **self._parts.facts}

    def _scope(self, query: RetrievalQuery) -> Scope:
        return Scope(
            self._parts.workspace_id, query.datasource_ids or self._parts.datasource_ids, query.where
        )

    async def _wordings(self, text: str, trace: SearchTrace) -> list[str]:
        if self._options.rewrite == "none" or self._parts.llm is None:
            return []
        with trace.step("rewrite") as step:
            try:
                wordings = await rewrite(self._parts.llm, text, self._options.rewrites)
            except ProviderError as error:
                trace.failed(step, error, "only the question itself is searched")
                return []
        trace.add(queries=[text, *wordings])
        return wordings

    async def _inferred(self, text: str, scope: Scope, trace: SearchTrace) -> tuple[Condition, ...]:
        parts = self._parts
        if self._options.infer_filters == "none" or parts.llm is None or parts.fields is None:
            return ()
        with trace.step("infer_filters") as step:
            try:
                found = await infer_conditions(parts.llm, text, await parts.fields(scope))
            except ProviderError as error:
                trace.failed(step, error, "no conditions are read from the question")
                return ()
        trace.add(inferred=[condition_json(each) for each in found])
        return found

    async def _find(self, texts: Sequence[str], scope: Scope, top_k: int, trace: SearchTrace) -> list[Fused]:
        return await self._legs.find(texts, scope, self._options, max(self._options.candidates, top_k), trace)

    async def _choose(
        self, query: RetrievalQuery, fused: Sequence[Fused], scope: Scope, trace: SearchTrace
    ) -> list[Passage]:
        """Candidates, put in order and cut to what was asked for."""
        options, parts = self._options, self._parts
        shows_parents = options.expand_parents and parts.ranges is not None
        with trace.step("passages") as step:
            candidates = Candidates(
                parts.passages, distinct=options.distinct, one_of_each_parent=shows_parents
            )
            passages = await candidates.best(fused, self._pool(query.top_k), scope)
            step.update(kept=len(passages), repeated=candidates.repeated)
        if self._reranker is not None and passages:
            passages = await reranked(self._reranker, query.text, passages, trace)
        if options.threshold is not None:
            passages = _reaching(passages, options.threshold, trace)
        if options.mmr is not None and len(passages) > 1:
            passages = await varied(passages, options.mmr, query.top_k, parts.vectors, scope, trace)
        passages = passages[: query.top_k]
        if shows_parents and parts.ranges is not None and any(each.parent for each in passages):
            with trace.step("expand_parents"):
                passages = await expanded(passages, parts.ranges, scope)
        return passages

    def _pool(self, top_k: int) -> int:
        """How many distinct passages to choose from."""
        if self._reranker is not None:
            return max(top_k, self._options.rerank_top)
        return top_k * _VARIETY if self._options.mmr is not None else top_k


def _reranker(parts: SearchParts, options: RetrievalOptions) -> Reranker | None:
    if options.reranker == "none":
        return None
    if options.reranker == "llm":
        if parts.llm is None:
            raise InvalidInputError("The reranker `llm` needs a language model: give `llm`.")
        return LLMReranker(parts.llm)
    if parts.reranker is None:
        raise InvalidInputError(f"The reranker {options.reranker!r} was not handed in: give `reranker`.")
    return parts.reranker


def _reaching(passages: Sequence[Passage], threshold: float, trace: SearchTrace) -> list[Passage]:
    with trace.step("threshold") as step:
        kept = [each for each in passages if each.score >= threshold]
        step["dropped"] = len(passages) - len(kept)
    return kept
