"""Puts passages in another order: by a reranker's judgement, or for variety."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ProviderError, ProviderResponseError
from liteagent.contracts.reranking import Reranker
from liteagent.contracts.retrieval import Scope
from liteagent.engine.rag.mmr import ChunkVectors, diversified, text_likeness, vector_likeness
from liteagent.engine.rag.tracing import SearchTrace

__all__ = ["reranked", "varied"]


async def reranked(
    reranker: Reranker, question: str, passages: Sequence[Passage], trace: SearchTrace
) -> list[Passage]:
    """The passages by the reranker's scores; as they were, with a note in the trace, where it fails."""
    with trace.step("rerank") as step:
        step.update(model=reranker.model, passages=len(passages))
        try:
            scores = await reranker.scores(question, [_readable(each) for each in passages])
            _check(scores, passages, reranker)
        except ProviderError as error:
            trace.failed(step, error, "the order stays as it was")
            return list(passages)
    order = sorted(range(len(passages)), key=lambda place: (-scores[place], place))
    return [_judged(passages[place], scores[place], rank) for rank, place in enumerate(order, 1)]


async def varied(
    passages: Sequence[Passage],
    weight: float,
    top_k: int,
    vectors: ChunkVectors | None,
    scope: Scope,
    trace: SearchTrace,
) -> list[Passage]:
    """Up to `top_k` passages by maximal marginal relevance; scores stay as they are."""
    with trace.step("mmr") as step:
        known = await _vectors(passages, vectors, scope)
        step["likeness"] = "words" if known is None else "vectors"
        likeness = (
            text_likeness([each.text for each in passages]) if known is None else vector_likeness(known)
        )
        chosen = diversified([each.score for each in passages], likeness, weight, top_k)
    return [
        replace(passages[place], explanation={**passages[place].explanation, "mmr_rank": rank})
        for rank, place in enumerate(chosen, 1)
    ]


async def _vectors(passages: Sequence[Passage], source: ChunkVectors | None, scope: Scope) -> Vectors | None:
    """A row for each passage; None where not all have one."""
    if source is None:
        return None
    known = await source([each.chunk_id for each in passages], scope)
    rows = [known[each.chunk_id] for each in passages if each.chunk_id in known]
    return np.stack(rows) if len(rows) == len(passages) else None


def _readable(passage: Passage) -> str:
    return "\n".join((*passage.heading, passage.text))


def _check(scores: Sequence[float], passages: Sequence[Passage], reranker: Reranker) -> None:
    if len(scores) != len(passages):
        raise ProviderResponseError(
            f"{reranker.model} gave {len(scores)} scores for {len(passages)} passages. Check the reranker."
        )


def _judged(passage: Passage, score: float, rank: int) -> Passage:
    told = {**passage.explanation, "fused": passage.score, "rerank": score, "rerank_rank": rank}
    return replace(passage, score=score, explanation=told)
