"""How a search goes about it: plain values that a data source, an agent, a node or a request can carry."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from liteagent.contracts.errors import InvalidInputError

__all__ = ["Fusion", "RetrievalOptions", "RetrieverKind"]

RetrieverKind = Literal["bm25", "vector", "hybrid"]
Fusion = Literal["rrf", "convex"]

_BY_LLM = ("none", "llm")
_MOST_CANDIDATES = 1000
_MOST_REWRITES = 8


@dataclass(frozen=True, slots=True)
class RetrievalOptions:
    """How passages are found and put in order. Every value is plain JSON; defaults are what measured best.

    Attributes:
        retriever: `bm25` looks for words, `vector` for meanings, `hybrid` for both.
        fusion: How `hybrid` makes one order of two: `convex` adds scores, each scaled to 0 to 1; `rrf` adds
            1 / (rrf_k + rank) (reciprocal rank fusion).
        rrf_k: How little the first ranks stand out with `rrf`; small values let them stand out more.
        vector_weight: The share of meanings, from 0 to 1, of words the rest; None takes 0.7 for `convex`
            and 0.6 for `rrf`.
        candidates: How many chunks each part looks up.
        threshold: Least final score. Its scale is that of what scored last: the reranker's, where there is
            one; else 0 to 1 of `hybrid`, the cosine of `vector`, or BM25's open scale of `bm25`.
        mmr: From 0 (only variety) to 1 (only relevance): weighs a passage's score against its likeness to
            those before it (maximal marginal relevance); None leaves that out.
        reranker: `none`, `llm`, or the name of a configured reranker.
        rerank_top: How many passages the reranker reads.
        rewrite: `llm` asks a model for other wordings of the question, which are searched too.
        rewrites: How many.
        expand_parents: A chunk that is a part of a wider range is shown as that range.
        distinct: Passages that repeat better ones are left out.
        infer_filters: `llm` lets a model read conditions on metadata out of the question.

    Raises:
        InvalidInputError: A value is out of range; the message names it.

    Example:
        >>> RetrievalOptions.of({"retriever": "bm25", "mmr": 0.7}).candidates
        100
    """

    retriever: RetrieverKind = "hybrid"
    fusion: Fusion = "convex"
    rrf_k: int = 60
    vector_weight: float | None = None
    candidates: int = 100
    threshold: float | None = None
    mmr: float | None = None
    reranker: str = "none"
    rerank_top: int = 20
    rewrite: Literal["none", "llm"] = "none"
    rewrites: int = 3
    expand_parents: bool = True
    distinct: bool = True
    infer_filters: Literal["none", "llm"] = "none"

    def __post_init__(self) -> None:
        _one_of("retriever", self.retriever, get_args(RetrieverKind))
        _one_of("fusion", self.fusion, get_args(Fusion))
        _one_of("rewrite", self.rewrite, _BY_LLM)
        _one_of("infer_filters", self.infer_filters, _BY_LLM)
        _whole("rrf_k", self.rrf_k, 0, 10_000)
        _whole("candidates", self.candidates, 1, _MOST_CANDIDATES)
        _whole("rerank_top", self.rerank_top, 1, _MOST_CANDIDATES)
        _whole("rewrites", self.rewrites, 1, _MOST_REWRITES)
        _number("vector_weight", self.vector_weight, 0.0, 1.0)
        _number("mmr", self.mmr, 0.0, 1.0)
        _number("threshold", self.threshold, -1e9, 1e9)
        _flag("expand_parents", self.expand_parents)
        _flag("distinct", self.distinct)
        if not isinstance(self.reranker, str) or not self.reranker:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidInputError("reranker must be `none`, `llm` or the name of a configured reranker.")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "RetrievalOptions":
        """The options that a JSON object says, the defaults for the others.

        Raises:
            InvalidInputError: An unknown name, or a value that is out of range.
        """
        return cls().but(values)

    def but(self, values: Mapping[str, Any]) -> "RetrievalOptions":
        """The same with other values for what is named: an agent's options over a data source's.

        Raises:
            InvalidInputError: An unknown name, or a value that is out of range.
        """
        known = [field.name for field in fields(self)]
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise InvalidInputError(f"There is no option {unknown[0]!r}; there are: {', '.join(known)}.")
        return replace(self, **values)

    def to_json(self) -> dict[str, Any]:
        """Every option by name; `of` gives an equal value back."""
        return asdict(self)

    @property
    def vector_share(self) -> float:
        """The weight of meanings; that of words is the rest to 1."""
        if self.vector_weight is not None:
            return float(self.vector_weight)
        return 0.7 if self.fusion == "convex" else 0.6


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidInputError(f"{name} is {value!r}; use one of: {', '.join(known)}.")


def _whole(name: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInputError(f"{name} is {value!r}; give a whole number from {least} to {most}.")


def _number(name: str, value: object, least: float, most: float) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInputError(f"{name} is {value!r}; give a number from {least:g} to {most:g}, or nothing.")


def _flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidInputError(f"{name} is {value!r}; give true or false.")
