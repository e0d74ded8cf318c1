"""Where a text may be cut without taking a visible character apart.

An approximation of Unicode's extended grapheme clusters (UAX 29) that needs no table: combining marks,
joiners, emoji modifiers and tags, consonants that a virama joins, Hangul vowels and finals, the second half
of a flag, of a CR LF and of a surrogate pair. Marks that stand before their letter (Arabic number signs) are
not known to it.
"""

import unicodedata

__all__ = ["boundary_at_or_after", "boundary_at_or_before"]

_JOINER = "\u200d"
_VIRAMA = 9
_LONGEST_ROW_OF_FLAGS = 4096
# Letters by their category that are written as marks: Thai and Lao AM, half-width kana's voice marks.
_MARKS = frozenset("\u200c\u200d\u0e33\u0eb3\uff9e\uff9f")


def boundary_at_or_before(text: str, index: int, lowest: int) -> int:
    """The last boundary in [lowest, index]; `index` itself where that stretch holds none."""
    for place in range(index, max(lowest, 0) - 1, -1):
        if not _joined(text, place):
            return place
    return index


def boundary_at_or_after(text: str, index: int, highest: int) -> int:
    """The first boundary in [index, highest]; `highest` where that stretch holds none."""
    while index < highest and _joined(text, index):
        index += 1
    return index


def _joined(text: str, index: int) -> bool:
    """Whether the characters at `index - 1` and `index` belong together."""
    if not 0 < index < len(text):
        return False
    before, after = text[index - 1], text[index]
    if after < "\u0300":
        return after == "\n" and before == "\r"
    if before in "\r\n":
        return False
    return before == _JOINER or _extends(after) or _conjunct(before, after) or _pairs(text, index)


def _extends(character: str) -> bool:
    return (
        character in _MARKS
        or unicodedata.category(character)[0] == "M"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\u1160" <= character <= "\u11ff"
        or "\udc00" <= character <= "\udfff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _conjunct(before: str, after: str) -> bool:
    return unicodedata.combining(before) == _VIRAMA and unicodedata.category(after) == "Lo"


def _pairs(text: str, index: int) -> bool:
    """Whether `index` lies in the middle of a flag: after an odd number of regional indicators in a row."""
    if not _regional(text[index]):
        return False
    first = index
    lowest = max(0, index - _LONGEST_ROW_OF_FLAGS)
    while first > lowest and _regional(text[first - 1]):
        first -= 1
    return (index - first) % 2 == 1


def _regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
