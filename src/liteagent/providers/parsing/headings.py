"""Finds the headings of lightweight markup: Markdown and reStructuredText."""

import re
from collections.abc import Iterator

from liteagent.contracts.datasource import Section

__all__ = ["LONGEST_TITLE", "markdown_sections", "restructured_sections"]

LONGEST_TITLE = 300
"""Code points; a longer heading's title is cut, its text is not."""

_MARKDOWN = re.compile(
    r"^ {0,3}(?:(?P<fence>`{3,}|~{3,})(?P<info>[^\r\n]*)"
    r"|(?P<hashes>#{1,6})(?P<title>[ \t][^\r\n]*)?"
    r"|(?P<line>=+|-{2,})[ \t]*)\r?$",
    re.MULTILINE,
)
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*\r?(?:\n|\Z)")
_NOT_A_TITLE = re.compile(r"\s*(?:$|[>|#`~]|[-*+]\s|\d+[.)]\s)|.*\|\s*$| {4}|\t")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_EMPHASIS = re.compile(r"(\*\*|__|[*`])(?=\S)(.+?)(?<=\S)\1")

_UNDERLINE = re.compile(r"^([!-/:-@\[-`{-~])\1{2,}[ \t]*\r?$", re.MULTILINE)


def markdown_sections(text: str) -> tuple[Section, ...]:
    """ATX (`## Title`) and setext (underlined) headings outside of code fences and front matter."""
    return tuple(_markdown(text))


def _markdown(text: str) -> Iterator[Section]:
    matter = _FRONT_MATTER.match(text)
    fence: str | None = None
    for match in _MARKDOWN.finditer(text, matter.end() if matter else 0):
        if mark := match["fence"]:
            fence = _fence_after(fence, mark, match["info"])
        elif fence is None and (section := _heading(text, match)):
            yield section


def _fence_after(fence: str | None, mark: str, info: str) -> str | None:
    """The fence that is open after a line that may open or close one."""
    if fence is None:
        return None if mark[0] == "`" and "`" in info else mark
    closes = mark[0] == fence[0] and len(mark) >= len(fence) and not info.strip()
    return None if closes else fence


def _heading(text: str, match: re.Match[str]) -> Section | None:
    if hashes := match["hashes"]:
        title = (match["title"] or "").strip()
        bare = title.rstrip("#")
        return _section(bare if not bare or bare[-1] in " \t" else title, len(hashes), match.start())
    start, title = _line_above(text, match.start())
    if (
        not 0 < len(title) <= LONGEST_TITLE
        or _NOT_A_TITLE.match(title)
        or _line_above(text, start)[1].strip()
    ):
        return None
    return _section(title, 1 if match["line"][0] == "=" else 2, start)


def _section(title: str, level: int, start: int) -> Section | None:
    plain = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", title[:LONGEST_TITLE])).strip()
    return Section(plain, level, start) if plain else None


def _line_above(text: str, start: int) -> tuple[int, str]:
    """The line before the one at `start`, and where it begins; an empty one where there is none."""
    if start == 0:
        return 0, ""
    begin = text.rfind("\n", 0, start - 1) + 1
    return begin, text[begin : start - 1].removesuffix("\r")


def restructured_sections(text: str) -> tuple[Section, ...]:
    """Underlined titles; a level is the order in which its style (character, overline) first appears."""
    styles: dict[tuple[str, bool], int] = {}
    sections: list[Section] = []
    for match in _UNDERLINE.finditer(text):
        start, title = _line_above(text, match.start())
        if not _underlines(title, match):
            continue
        above, line = _line_above(text, start)
        over = line.rstrip() == match[0].rstrip()
        if line.strip() and not over:
            continue
        level = styles.setdefault((match[1], over), len(styles) + 1)
        sections.append(Section(title.strip(), level, above if over else start))
    return tuple(sections)


def _underlines(title: str, match: re.Match[str]) -> bool:
    long_enough = len(match[0].rstrip()) >= len(title.strip())
    return 0 < len(title.strip()) <= LONGEST_TITLE and long_enough and not _UNDERLINE.match(title)
