"""Any number of texts as calls that keep within an embedder's limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from liteagent.contracts.embedding import EmbedderLimits
from liteagent.engine.rag.graphemes import boundary_at_or_before

__all__ = ["BLANK", "Prepared", "end_of_batch", "prepare", "shortened"]

BLANK = -1
"""The place of a text that says nothing."""

_LONGEST_GRAPHEME = 64


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be embedded.

    Attributes:
        texts: Each once, none blank, none too long.
        places: For each text that was given its place in `texts`, or BLANK.
        cut: How many of those that were given are too long.
    """

    texts: tuple[str, ...]
    places: tuple[int, ...]
    cut: int


def prepare(texts: Sequence[str], limits: EmbedderLimits) -> Prepared:
    """Leave out what is blank or there already, and cut what is too long."""
    most = min(limits.text_characters, limits.characters)
    known: dict[str, int] = {}
    places: list[int] = []
    for text in texts:
        if not text or text.isspace():
            places.append(BLANK)
        else:
            places.append(known.setdefault(shortened(text, most), len(known)))
    return Prepared(tuple(known), tuple(places), sum(_is_cut(text, most) for text in texts))


def shortened(text: str, most: int) -> str:
    """The beginning of `text`, at most `most` code points, that ends between two visible characters."""
    if len(text) <= most:
        return text
    start = len(text) - len(text.lstrip())
    text = text[start:] if start else text
    if len(text) <= most:
        return text
    return text[: boundary_at_or_before(text, most, max(1, most - _LONGEST_GRAPHEME))]


def end_of_batch(texts: Sequence[str], start: int, limits: EmbedderLimits) -> int:
    """Where the batch that begins at `start` ends; it holds at least one text."""
    end, room = start, limits.characters
    while end < min(len(texts), start + limits.texts):
        room -= len(texts[end])
        if room < 0 and end > start:
            break
        end += 1
    return end


def _is_cut(text: str, most: int) -> bool:
    return len(text) > most and len(text.lstrip()) > most
