"""Numbers for pieces of text, so that whole documents are looked up at once."""

from collections.abc import Callable, Iterable, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

__all__ = ["TermNumbers", "Vocabulary"]

TermNumbers = npt.NDArray[np.int64]

_LONGEST_KEPT = 40


class Vocabulary(dict[str, int]):
    """A number for each piece of text, and the terms behind it; what is not known is learnt.

    Safe to use from several threads. Numbers are given out and never taken back; a long piece gets a new one
    each time, for it hardly comes again.

    Args:
        learn: The terms of a piece, in order; it is called by one thread at a time.
        before: Knows pieces that need not be learnt again.
    """

    def __init__(self, learn: Callable[[str], Sequence[int]], before: "Vocabulary | None" = None) -> None:
        super().__init__()
        self._learn = learn
        self._before = before
        self._lock = Lock()
        self._terms: TermNumbers = np.empty(0, np.int64)
        self._starts: TermNumbers = np.zeros(1, np.int64)
        self._new_terms: list[int] = []
        self._new_sizes: list[int] = []

    @property
    def given_out(self) -> int:
        """How many numbers it has given out."""
        return len(self._starts) - 1 + len(self._new_sizes)

    def forget_before(self) -> None:
        """Do without the vocabulary before it from now on."""
        with self._lock:
            self._before = None

    def terms(self, pieces: Iterable[str]) -> tuple[TermNumbers, TermNumbers]:
        """The terms of pieces one after the other, and how many each piece has."""
        numbers = np.fromiter(map(self.__getitem__, pieces), np.int64)
        terms, starts = self._level()
        first = starts[numbers]
        sizes = starts[numbers + 1] - first
        ends = np.cumsum(sizes)
        total = int(sizes.sum())
        return terms[np.repeat(first - ends + sizes, sizes) + np.arange(total)], sizes

    def terms_of(self, piece: str) -> list[int] | None:
        """The terms of a piece that is known; None where it is not."""
        number = self.get(piece)
        if number is None:
            return None
        terms, starts = self._level()
        return terms[int(starts[number]) : int(starts[number + 1])].tolist()

    def __missing__(self, piece: str) -> int:
        """The number of a piece that is new."""
        with self._lock:
            known = self.get(piece)
            return self._add(piece) if known is None else known

    def _add(self, piece: str) -> int:
        number = self.given_out
        terms = None if self._before is None else self._before.terms_of(piece)
        terms = self._learn(piece) if terms is None else terms
        self._new_terms.extend(terms)
        self._new_sizes.append(len(terms))
        if len(piece) <= _LONGEST_KEPT:
            self[piece] = number
        return number

    def _level(self) -> tuple[TermNumbers, TermNumbers]:
        """All terms, and where those of each number begin; what others hold of them stays as it is."""
        with self._lock:
            if self._new_sizes:
                self._terms = np.concatenate((self._terms, np.array(self._new_terms, np.int64)))
                ends = self._starts[-1] + np.cumsum(np.array(self._new_sizes, np.int64))
                self._starts = np.concatenate((self._starts, ends))
                self._new_terms, self._new_sizes = [], []
            return self._terms, self._starts
