"""Leaves out passages that repeat better ones."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from liteagent.contracts.documents import Passage

__all__ = ["distinct"]

_WORD = re.compile(r"\w+")
_SAME_SHARE = 0.8


def distinct(passages: Iterable[Passage], top_k: int) -> list[Passage]:
    """The first `top_k` passages of which none repeats an earlier one.

    A passage repeats another when they overlap by half of the shorter one in the same document, or when 80
    % of the shorter one's pairs of neighbouring words stand in the other (the same text in two documents).
    """
    return list(islice(_distinct(passages), top_k))


def _distinct(passages: Iterable[Passage]) -> Iterator[Passage]:
    kept: list[tuple[Passage, frozenset[tuple[str, ...]]]] = []
    for passage in passages:
        pairs = _pairs(passage.text)
        if not any(_overlaps(passage, other) or _same(pairs, seen) for other, seen in kept):
            kept.append((passage, pairs))
            yield passage


def _pairs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    return frozenset(pairwise(words)) or frozenset([tuple(words)])


def _overlaps(one: Passage, other: Passage) -> bool:
    if one.document.id != other.document.id:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared * 2 >= min(one.end - one.start, other.end - other.start)


def _same(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    return len(one & other) >= _SAME_SHARE * min(len(one), len(other))
