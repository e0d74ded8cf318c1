"""Leaves out passages that repeat better ones."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from liteagent.contracts.documents import Passage

__all__ = ["Distinct", "distinct"]

_NUMBER = re.compile(r"\d+")
_SAME_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class _Gist:
    pairs: frozenset[tuple[str, ...]]
    text: str


class Distinct:
    """Takes passages, best first, and tells which of them repeat one that it took.

    A passage repeats another when they overlap by half of the shorter one in the same document, or when it
    is the same text in another document: 80 % of the shorter one's pairs of neighbouring words stand in the
    other, and so does every number that it holds: the lines of a price list are alike and say different
    things.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[Passage, _Gist]] = []

    def add(self, passage: Passage) -> bool:
        """Whether it was taken: it repeats none of those before."""
        gist = _gist(passage.text)
        if any(_overlaps(passage, other) or _same(gist, seen) for other, seen in self._kept):
            return False
        self._kept.append((passage, gist))
        return True


def distinct(passages: Iterable[Passage], top_k: int) -> list[Passage]:
    """The first `top_k` passages of which none repeats an earlier one."""
    taken, kept = Distinct(), list[Passage]()
    for passage in passages:
        if len(kept) >= top_k:
            break
        if taken.add(passage):
            kept.append(passage)
    return kept


def _gist(text: str) -> _Gist:
    words = text.casefold().split()
    pairs = frozenset(pairwise(words)) or frozenset([tuple(words)])
    return _Gist(pairs, text)


def _overlaps(one: Passage, other: Passage) -> bool:
    if one.document.id != other.document.id:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared * 2 >= min(one.end - one.start, other.end - other.start)


def _same(one: _Gist, other: _Gist) -> bool:
    shorter, longer = sorted((one, other), key=lambda gist: len(gist.pairs))
    alike = len(shorter.pairs & longer.pairs) >= _SAME_SHARE * len(shorter.pairs)
    return alike and _numbers(shorter) <= _numbers(longer)


def _numbers(gist: _Gist) -> frozenset[str]:
    return frozenset(_NUMBER.findall(gist.text))
