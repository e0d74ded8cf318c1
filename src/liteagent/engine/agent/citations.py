"""From the markers in an answer to what it cites.

A model cites passages by their numbers: `[2]`, `[2][5]`, `[2, 5]`, `[2-5]`. The text stays as the model wrote
it, and as it was streamed; each citation carries the number that stands for it. Numbers that no passage has
cite nothing. Brackets in code (`sys.argv[1]`, `a[1]`, code spans and blocks) and in links are no markers.
"""

import re
from collections.abc import Sequence
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
    """`message` with the citations that its markers stand for, in the order of their first mention.

    Args:
        message: The model's answer.
        passages: What the searches found; number n is `passages[n - 1]`.
    """
    mentioned = [n for numbers in _markers(message.content, len(passages)).values() for n in numbers]
    order = dict.fromkeys(mentioned)
    return replace(message, citations=tuple(Citation.of(passages[n - 1], n) for n in order))


def uncited(message: Message) -> Message:
    """A finished answer without its markers and citations, as a later turn quotes it.

    The numbers of one turn mean nothing in the next, where a model would take them for its own passages.
    """
    if not message.citations:
        return message
    used = {citation.marker for citation in message.citations}
    content, done = "", 0
    for (start, end), numbers in _markers(message.content, max(used)).items():
        if used.issuperset(numbers):
            content, done = content + message.content[done:start], end
    return replace(message, content=content + message.content[done:], citations=())


def _markers(text: str, known: int) -> dict[tuple[int, int], list[int]]:
    """Where the markers stand, with the blank before them, and their numbers of those from 1 to `known`."""
    found = (each for each in _TOKENS.finditer(text) if each["marker"] and not _is_index(text, each))
    markers = {each.span(): _numbers(each["marker"], known) for each in found}
    return {span: numbers for span, numbers in markers.items() if numbers}


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
