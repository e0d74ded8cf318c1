"""Leaves out passages that repeat better ones."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from liteagent.contracts.documents import Passage

__all__ = ["distinct"]

_WORD = re.compile(r"\w+")
_SAME_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class _Gist:
    pairs: frozenset[tuple[str, ...]]
    numbers: frozenset[str]


def distinct(passages: Iterable[Passage], top_k: int) -> list[Passage]:
    """The first `top_k` passages of which none repeats an earlier one.

    A passage repeats another when they overlap by half of the shorter one in the same document, or when it
    is the same text in another document: 80 % of the shorter one's pairs of neighbouring words stand in the
    other, and so does every number that it holds: the lines of a price list are alike and say different
    things.
    """
    return list(islice(_distinct(passages), top_k))


def _distinct(passages: Iterable[Passage]) -> Iterator[Passage]:
    kept: list[tuple[Passage, _Gist]] = []
    for passage in passages:
        gist = _gist(passage.text)
        if not any(_overlaps(passage, other) or _same(gist, seen) for other, seen in kept):
            kept.append((passage, gist))
            yield passage


def _gist(text: str) -> _Gist:
    words = _WORD.findall(text.casefold())
    pairs = frozenset(pairwise(words)) or frozenset([tuple(words)])
    return _Gist(pairs, frozenset(word for word in words if any(map(str.isdecimal, word))))


def _overlaps(one: Passage, other: Passage) -> bool:
    if one.document.id != other.document.id:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared * 2 >= min(one.end - one.start, other.end - other.start)


def _same(one: _Gist, other: _Gist) -> bool:
    shorter, longer = sorted((one, other), key=lambda gist: len(gist.pairs))
    alike = len(shorter.pairs & longer.pairs) >= _SAME_SHARE * len(shorter.pairs)
    return alike and shorter.numbers <= longer.numbers
