"""The headings of Markdown."""

import re
from collections.abc import Iterator

from liteagent.contracts.datasource import Section
from liteagent.engine.rag.chunking.lines import lines

__all__ = ["Fence", "markdown_sections"]

_CANDIDATE = re.compile(r"^[ \t]*(?:#{1,6}|=|--|`{3}|~{3})[^\r\n]*", re.MULTILINE)
_HASHES = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})([^\r\n]*)$")
_NOT_A_TITLE = re.compile(r"\s*(?:$|[>|#`~]|[-*+]\s|\d+[.)]\s)|.*\|\s*$| {4}|\t")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|[*`])(?=\S)(.+?)(?<=\S)\1")
_LONGEST_TITLE = 300


class Fence:
    """Knows, line by line, whether a code fence is open."""

    def __init__(self) -> None:
        self._mark = ""

    @property
    def open(self) -> bool:
        """Whether the next line is inside."""
        return bool(self._mark)

    def holds(self, line: str) -> bool:
        """Whether the line belongs to fenced code, the fences themselves included."""
        was_open = bool(self._mark)
        match = _FENCE.match(line)
        if match is None:
            return was_open
        mark, info = match[1], match[2]
        if not was_open:
            self._mark = "" if mark[0] == "`" and "`" in info else mark
            return bool(self._mark)
        if mark[0] == self._mark[0] and len(mark) >= len(self._mark) and not info.strip():
            self._mark = ""
        return True


def markdown_sections(text: str) -> tuple[Section, ...]:
    """ATX (`## Title`) and setext (underlined) headings outside of fenced code and front matter."""
    return tuple(_sections(text))


def _sections(text: str) -> Iterator[Section]:
    fence = Fence()
    for match in _CANDIDATE.finditer(text, _after_front_matter(text)):
        if not fence.holds(match[0]) and (section := _heading(text, match.start(), match[0])):
            yield section


def _heading(text: str, start: int, line: str) -> Section | None:
    if match := _HASHES.match(line):
        title = line[match.end() :].strip()
        bare = title.rstrip("#")
        return _section(bare if not bare or bare[-1] in " \t" else title, len(match[1]), start)
    match = _UNDERLINE.match(line)
    place, title = _line_above(text, start)
    if match is None or not 0 < len(title) <= _LONGEST_TITLE:
        return None
    if _NOT_A_TITLE.match(title) or _line_above(text, place)[1].strip():
        return None
    return _section(title, 1 if match[1][0] == "=" else 2, place)


def _line_above(text: str, start: int) -> tuple[int, str]:
    """The line before the one at `start`, and where it begins; an empty one where there is none."""
    if start == 0:
        return 0, ""
    begin = text.rfind("\n", 0, start - 1) + 1
    return begin, text[begin : start - 1].removesuffix("\r")


def _section(title: str, level: int, start: int) -> Section | None:
    plain = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", title[:_LONGEST_TITLE])).strip()
    return Section(plain, level, start) if plain else None


def _after_front_matter(text: str) -> int:
    if not text.startswith("---"):
        return 0
    for number, line in enumerate(lines(text, 0, len(text))):
        mark = line.text.rstrip()
        if number == 0 and mark != "---":
            return 0
        if number and mark in ("---", "..."):
            return line.next
    return 0
