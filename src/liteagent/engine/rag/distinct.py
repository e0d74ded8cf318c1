"""Leaves out passages that repeat better ones."""

import re
from functools import cached_property
from itertools import pairwise

from liteagent.contracts.documents import Passage

__all__ = ["Distinct"]

_NUMBER = re.compile(r"\d+")
_SAME_SHARE = 0.8


class _Gist:
    """What is compared of a text, made as far as it is needed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._in_order = text.casefold().split()
        self.words = frozenset(self._in_order)
        self._least_common = len(self.words) - 1 - (1 - _SAME_SHARE) * max(1, len(self._in_order) - 1)

    @cached_property
    def pairs(self) -> frozenset[tuple[str, ...]]:
        """Neighbouring words."""
        return frozenset(pairwise(self._in_order)) or frozenset([tuple(self._in_order)])

    def lacks(self, common: int) -> bool:
        """Whether with so many words in common too many pairs must be missing in the other text.

        Each missing word but the last one begins a pair that is missing too.
        """
        return common < self._least_common

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every number in it."""
        return frozenset(_NUMBER.findall(self._text))


class Distinct:
    """Takes passages, best first, and tells which of them repeat one that it took.

    A passage repeats another when they overlap by half of the shorter one in the same document, or when it
    is the same text in another document: 80 % of the shorter one's pairs of neighbouring words stand in the
    other, and so does every number that it holds: the lines of a price list are alike and say different
    things.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[Passage, _Gist]] = []
        self._texts: set[str] = set()

    def add(self, passage: Passage) -> bool:
        """Whether it was taken: it repeats none of those before."""
        if passage.text in self._texts:
            return False
        gist = _Gist(passage.text)
        if any(_overlaps(passage, other) or _same(gist, seen) for other, seen in self._kept):
            return False
        self._kept.append((passage, gist))
        self._texts.add(passage.text)
        return True


def _overlaps(one: Passage, other: Passage) -> bool:
    if one.document.id != other.document.id:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared * 2 >= min(one.end - one.start, other.end - other.start)


def _same(one: _Gist, other: _Gist) -> bool:
    common = len(one.words & other.words)
    if one.lacks(common) and other.lacks(common):
        return False
    shorter, longer = sorted((one, other), key=lambda gist: len(gist.pairs))
    alike = len(shorter.pairs & longer.pairs) >= _SAME_SHARE * len(shorter.pairs)
    return alike and shorter.numbers <= longer.numbers
