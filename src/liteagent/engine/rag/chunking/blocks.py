"""What a stretch of text is made of: paragraphs, tables, lists and fenced code."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from liteagent.engine.rag.chunking.lines import Line, lines
from liteagent.engine.rag.chunking.markdown import Fence
from liteagent.engine.rag.chunking.tables import is_row, starts_table

__all__ = ["Block", "BlockKind", "blocks", "items"]

BlockKind: TypeAlias = Literal["paragraph", "table", "list", "fence"]

_ITEM = re.compile(r"([ \t]*)(?:[-*+•‣]|\d{1,9}[.)]|[A-Za-z][.)])[ \t]+\S")
# Most lines: they begin neither a table nor a list nor fenced code.
_PLAIN = re.compile(r"[ \t]*[^\W\d_](?![.)])[^|]*$")
_INDENTED = re.compile(r" {2,}\S|\t")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together.

    Attributes:
        start: Where it begins, the headings directly above it included.
        end: After its last line's content.
        lines: Its own lines, without those headings and without blank lines at its end.
    """

    kind: BlockKind
    start: int
    end: int
    lines: Sequence[Line]


def blocks(text: str, start: int, end: int, headings: Collection[int] = ()) -> Iterator[Block]:
    """The blocks of [start, end), in order; only blank lines lie between them.

    Args:
        text: Of the whole document.
        start: The beginning of a line.
        end: Where to stop.
        headings: Where headings begin: one goes together with the block after it.
    """
    all_ = list(lines(text, start, end))
    place, lead = 0, -1
    while place < len(all_):
        line = all_[place]
        if line.start in headings:
            lead = line.start if lead < 0 else lead
            place += 1
        elif not line.text.strip():
            place += 1
        else:
            kind, after = _block(all_, place, headings)
            own = _without_blank_end(all_[place:after])
            yield Block(kind, lead if lead >= 0 else line.start, own[-1].end, own)
            place, lead = after, -1
    if lead >= 0:
        own = _without_blank_end([line for line in all_ if line.start >= lead])
        yield Block("paragraph", lead, own[-1].end, own)


def items(block: Block) -> list[tuple[int, int]]:
    """The ranges of a list's outermost items, the first from the block's start on."""
    first = _ITEM.match(block.lines[0].text)
    indent = len(first[1]) if first else 0
    fence = Fence()
    starts = [block.start]
    for line in block.lines:
        inside = fence.holds(line.text)
        item = None if inside else _ITEM.match(line.text)
        if item and len(item[1]) <= indent and line is not block.lines[0]:
            starts.append(line.start)
    ends = [*starts[1:], block.end]
    return list(zip(starts, ends, strict=True))


def _block(all_: Sequence[Line], place: int, headings: Collection[int]) -> tuple[BlockKind, int]:
    """The kind of the block that begins at a line, and the line after it."""
    line = all_[place].text
    below = all_[place + 1].text if place + 1 < len(all_) else ""
    if starts_table(line, below):
        return "table", _while(all_, place + 1, headings, is_row)
    if Fence().holds(line):
        return "fence", _after_fence(all_, place)
    if _ITEM.match(line):
        return "list", _after_list(all_, place, headings)
    return "paragraph", _after_paragraph(all_, place, headings)


def _while(
    all_: Sequence[Line], place: int, headings: Collection[int], goes_on: Callable[[str], bool]
) -> int:
    while place < len(all_) and all_[place].start not in headings and goes_on(all_[place].text):
        place += 1
    return place


def _after_fence(all_: Sequence[Line], place: int) -> int:
    fence = Fence()
    while place < len(all_) and fence.holds(all_[place].text):
        place += 1
        if not fence.open:
            break
    return place


def _after_list(all_: Sequence[Line], place: int, headings: Collection[int]) -> int:
    fence = Fence()
    blank = False
    while place < len(all_) and all_[place].start not in headings:
        line = all_[place].text
        if not fence.holds(line):
            if blank and line.strip() and not (_ITEM.match(line) or _INDENTED.match(line)):
                break
            blank = not line.strip()
        place += 1
    return place


def _after_paragraph(all_: Sequence[Line], place: int, headings: Collection[int]) -> int:
    place += 1
    while place < len(all_) and all_[place].start not in headings:
        line = all_[place].text
        below = all_[place + 1].text if place + 1 < len(all_) else ""
        if not _PLAIN.match(line) and (
            not line.strip() or Fence().holds(line) or starts_table(line, below) or _ITEM.match(line)
        ):
            break
        place += 1
    return place


def _without_blank_end(some: Sequence[Line]) -> Sequence[Line]:
    count = len(some)
    while count > 1 and not some[count - 1].text.strip():
        count -= 1
    return some[:count]
