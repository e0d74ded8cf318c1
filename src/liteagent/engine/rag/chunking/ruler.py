"""How long a stretch of a text is: in code points, or in the tokens of a model."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias

__all__ = ["LONGEST_TOKEN", "CharacterRuler", "Ruler", "TokenRuler", "TokenStarts", "Unit"]

LONGEST_TOKEN = 16
"""Code points that a token counts for at most: one word of 100,000 letters may be a single unknown token."""

Unit: TypeAlias = Literal["characters", "tokens"]

TokenStarts: TypeAlias = Callable[[str], Sequence[int]]
"""Where each token of a text begins, in code points; several tokens may begin at the same one."""


class Ruler(Protocol):
    """Measures stretches of one text."""

    def size(self, start: int, end: int) -> int:
        """The length of [start, end); a token that lies in it only in part counts as a whole one."""
        ...

    def reach(self, start: int, amount: int) -> int:
        """The last place with `size(start, place) <= amount`, at least `start + 1`, maybe past the text."""
        ...

    def back(self, end: int, amount: int) -> int:
        """The first place to begin at, with `size(place, end) <= amount`; for tokens, where one begins."""
        ...


class CharacterRuler:
    """Counts code points."""

    def size(self, start: int, end: int) -> int:
        """The code points in [start, end)."""
        return end - start

    def reach(self, start: int, amount: int) -> int:
        """`amount` code points further."""
        return start + amount

    def back(self, end: int, amount: int) -> int:
        """`amount` code points before, at most at the text's start."""
        return max(end - amount, 0)


class TokenRuler:
    """Counts the tokens of the whole text; each reaches to the start of the next.

    Args:
        starts: Where tokens begin, in any order.
        length: Code points of the text.
    """

    def __init__(self, starts: Sequence[int], length: int) -> None:
        self._starts = sorted(starts)
        self._length = length

    def size(self, start: int, end: int) -> int:
        """The tokens that touch [start, end), or the code points by `LONGEST_TOKEN`, whichever is more."""
        if end <= start:
            return 0
        first = bisect_left(self._starts, start)
        tokens = bisect_left(self._starts, end, first) - first + self._begun(start, first)
        return max(tokens, -(-(end - start) // LONGEST_TOKEN))

    def reach(self, start: int, amount: int) -> int:
        """The last place with `size(start, place) <= amount`, at least `start + 1`."""
        first = bisect_left(self._starts, start)
        next_ = first + amount - self._begun(start, first)
        end = self._starts[next_] if next_ < len(self._starts) else self._length
        return max(min(end, start + amount * LONGEST_TOKEN), start + 1)

    def back(self, end: int, amount: int) -> int:
        """The first beginning of a token with `size(place, end) <= amount`; `end` where there is none."""
        if amount <= 0:
            return end
        last = bisect_left(self._starts, end)
        place = self._starts[last - amount] if last > amount else 0
        if last > amount and self._starts[last - amount - 1] == place:
            next_ = bisect_right(self._starts, place)
            place = self._starts[next_] if next_ < last else end
        return max(place, end - amount * LONGEST_TOKEN, 0)

    def _begun(self, start: int, first: int) -> int:
        """1 if `start` lies inside of a token, else 0; `first` is the first token from `start` on."""
        return int(first > 0 and (first == len(self._starts) or self._starts[first] != start))
