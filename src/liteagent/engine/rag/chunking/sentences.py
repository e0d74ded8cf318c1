"""Where sentences end, in any script, well enough to compare them."""

import re
from collections.abc import Iterator

from liteagent.engine.rag.chunking.recursive import Recursive
from liteagent.engine.rag.chunking.source import Piece, Source
from liteagent.engine.rag.graphemes import boundary_at_or_before

__all__ = ["sentences"]

# Written as escapes where a character looks like another one. First those that a blank follows (a full stop
# also stands in numbers and names), then those that end a sentence by themselves, then empty lines.
_END = re.compile(
    r"[.!?\u2026\u061f\u06d4\u0964\u0965\u0589\u1362\u17d4\u104b][\"'\u201d\u2019\u00bb)\]]*\s+"
    r"|[\u3002\uff01\uff1f\uff61][\"'\u201d\u2019\u300d\u300f\uff09]*\s*"
    r"|(?:\r\n?|\n)[^\S\r\n]*(?:\r\n?|\n)\s*"
)


def sentences(source: Source, start: int, end: int, whole: Recursive) -> Iterator[Piece]:
    """The sentences of [start, end) without the blanks around them; `whole` cuts those that are too long."""
    first = start
    for match in _END.finditer(source.text, start, end):
        end_ = match.end()
        if (
            boundary_at_or_before(source.text, end_, end_ - 1) == end_
        ):  # else a mark belongs to the last blank
            yield from whole.within(source, first, end_)
            first = end_
    if first < end:
        yield from whole.within(source, first, end)
