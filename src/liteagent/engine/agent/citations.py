"""From the markers in an answer to what it cites.

A model cites passages by their numbers: `[2]`, `[2][5]`, `[2, 5]`, `[2-5]`. In a finished answer the markers
are numbered anew in the order in which they first appear, each alone in its brackets, so that `[1]` means
`citations[0]`, `[2]` means `citations[1]`, and so on. Numbers that no passage has stay as they are written;
they are always above those in use. Brackets in code (`sys.argv[1]`, `a[1]`, code spans and blocks) and in
links are no markers.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from liteagent.contracts.documents import Citation, Passage
from liteagent.contracts.messages import Message

__all__ = ["cited", "uncited"]

_TOKENS = re.compile(
    r"```.*?(?:```|\Z)|``[^\n]*?``|`[^`\n]*`"
    r"|(?P<blank>[ \t]?)(?P<marker>\[\d{1,6}(?:\s?[-\u2013,;]\s?\d{1,6})*\])(?!\()",
    re.DOTALL | re.ASCII,
)
_ITEM = re.compile(r"(\d+)(?:\s?[-\u2013]\s?(\d+))?", re.ASCII)
_WORD = re.compile(r"[\w.]{1,80}\Z", re.ASCII)
_CODE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|\w*_\w*|[A-Za-z]", re.ASCII)


def cited(message: Message, passages: Sequence[Passage]) -> Message:
    """`message` with its markers numbered anew and the citations that they stand for.

    Args:
        message: The model's answer.
        passages: What the searches found; number n is `passages[n - 1]`.
    """
    order: dict[int, int] = {}

    def renumbered(numbers: Sequence[int]) -> str:
        return "".join(f"[{order.setdefault(number, len(order) + 1)}]" for number in numbers)

    content = _marked(message.content, len(passages), lambda blank, numbers: blank + renumbered(numbers))
    citations = tuple(Citation.of(passages[number - 1]) for number in order)
    return replace(message, content=content, citations=citations)


def uncited(message: Message) -> Message:
    """A finished answer without its markers and citations, as a later turn quotes it.

    The numbers of one turn mean nothing in the next, where a model would take them for its own passages.
    """
    if not message.citations:
        return message
    content = _marked(message.content, len(message.citations), lambda _blank, _numbers: "")
    return replace(message, content=content, citations=())


def _marked(text: str, known: int, write: Callable[[str, Sequence[int]], str]) -> str:
    """`text` with each marker that has a known number written by `write`."""

    def rewrite(found: re.Match[str]) -> str:
        if found["marker"] is None or _is_index(text, found):
            return found[0]
        numbers = _numbers(found["marker"], known)
        return write(found["blank"], numbers) if numbers else found[0]

    return _TOKENS.sub(rewrite, text) if known else text


def _is_index(text: str, found: re.Match[str]) -> bool:
    """Whether the brackets index a name, as in `sys.argv[1]`."""
    start = found.start()
    word = _WORD.search(text[max(0, start - 80) : start])
    return not found["blank"] and word is not None and _CODE.fullmatch(word[0]) is not None


def _numbers(marker: str, known: int) -> list[int]:
    """The known numbers of a marker, in order."""
    numbers: list[int] = []
    for item in _ITEM.finditer(marker):
        first = int(item[1])
        last = min(int(item[2]), known) if item[2] else first
        numbers.extend(number for number in range(first, last + 1) if 0 < number <= known)
    return numbers
