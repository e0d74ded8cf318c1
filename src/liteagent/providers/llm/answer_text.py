"""The text of an answer that arrives in pieces, and ends where a stop text begins: pure."""

from collections.abc import Sequence
from typing import TypeAlias

from liteagent.contracts.llm import ReasoningDelta, TextDelta
from liteagent.providers.vendors.wire_text import PiecewiseText

__all__ = ["AnswerText", "Delta", "deltas"]

Delta: TypeAlias = TextDelta | ReasoningDelta


def deltas(thought: str, text: str) -> list[Delta]:
    """What is new of each, as it is told."""
    told: list[Delta] = [ReasoningDelta(thought)] if thought else []
    return [*told, TextDelta(text)] if text else told


class AnswerText:
    """Well-formed text out of pieces.

    Args:
        stop: Texts before which it ends, for servers that do not look for them; what may be the beginning of
            one is held back.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._pieces = PiecewiseText()
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self._said: list[str] = []
        self.stopped = False
        """Whether a stop text has come."""

    @property
    def text(self) -> str:
        """Everything handed out so far."""
        if len(self._said) > 1:
            self._said = ["".join(self._said)]
        return self._said[0] if self._said else ""

    def feed(self, piece: str) -> str:
        """The part of the text that is certain after `piece`."""
        return self._hand_out(self._pieces.feed(piece), last=False)

    def end(self) -> str:
        """What was held back."""
        return self._hand_out(self._pieces.end(), last=True)

    def _hand_out(self, piece: str, *, last: bool) -> str:
        if self._stop:
            piece = self._cut(self._held + piece, last=last)
        if piece:
            self._said.append(piece)
        return piece

    def _cut(self, text: str, *, last: bool) -> str:
        self._held = ""
        if self.stopped:
            return ""
        found = [at for at in map(text.find, self._stop) if at >= 0]
        if found:
            self.stopped = True
            return text[: min(found)]
        keep = 0 if last else max(_overlap(text, stop) for stop in self._stop)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` begin `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
