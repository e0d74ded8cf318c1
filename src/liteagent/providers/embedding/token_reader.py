"""Texts as token numbers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

__all__ = ["TokenIds", "TokenReader", "padded_batches"]

TokenIds = npt.NDArray[np.int64]

# Padding is wasted work: texts go together by length, so many at a time that the batch stays in the cache.
_BATCH_TOKENS: Final = 4_096
_BATCH_TEXTS: Final = 16


class TokenReader:
    """A Hugging Face tokenizer, one text at a time: its own batches would take every processor.

    Args:
        path: Of tokenizer.json.
        max_tokens: Longer texts are cut; 0 never cuts.
        special: Whether the model wants its marks for beginning and end.
    """

    def __init__(self, path: Path, max_tokens: int, *, special: bool) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        if max_tokens:
            self._tokenizer.enable_truncation(max_tokens)  # pyright: ignore[reportUnknownMemberType]
        self._special = special

    def __call__(self, text: str) -> TokenIds:
        """The token numbers of `text`."""
        return np.array(self._tokenizer.encode(text, add_special_tokens=self._special).ids, dtype=np.int64)


def padded_batches(rows: Sequence[TokenIds]) -> Iterator[tuple[list[int], TokenIds, TokenIds]]:
    """The rows by length: for each batch the places of its rows, their tokens padded with 0, and the mask."""
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    while order:
        longest, places = 1, list[int]()
        for place in order[:_BATCH_TEXTS]:
            longest = max(longest, len(rows[place]))
            if places and longest * (len(places) + 1) > _BATCH_TOKENS:
                break
            places.append(place)
        order = order[len(places) :]
        yield _padded(rows, places)


def _padded(rows: Sequence[TokenIds], places: list[int]) -> tuple[list[int], TokenIds, TokenIds]:
    width = max(1, *(len(rows[place]) for place in places))
    ids = np.zeros((len(places), width), np.int64)
    mask = np.zeros((len(places), width), np.int64)
    for line, place in enumerate(places):
        ids[line, : len(rows[place])] = rows[place]
        mask[line, : len(rows[place])] = 1
    return places, ids, mask
