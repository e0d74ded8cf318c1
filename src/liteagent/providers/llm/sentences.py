"""Text of any document as sentences that can be quoted, with what stands above them. Pure.

Plain text, Markdown and reStructuredText are understood as far as quoting needs: headings and signatures
become the context of the sentences below them, a few lines of code stay with the sentence that announces
them; other code, tables, contents and page furniture are left out.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

__all__ = ["Sentence", "sentences"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence.

    Attributes:
        lead: The signature or term that it explains (`shutil.copy(src, dst)`), if it stands below one.
        heading: The heading above it.
        block: Number of its paragraph within the text.
        first: Whether it opens its paragraph.
        code: The lines of code that it announces, if it ends with a colon and they are few.
    """

    text: str
    lead: str = ""
    heading: str = ""
    block: int = 0
    first: bool = False
    code: str = ""


_LONGEST: Final = 420
_FEWEST_WORDS: Final = 4
_HEADING_WORDS: Final = 12
_LONGEST_ABBREVIATION: Final = 12
_MOST_CODE: Final = 500
_MOST_CODE_LINES: Final = 8

_FENCE: Final = re.compile(r"\s*(```|~~~)")
_MARKED_HEADING: Final = re.compile(r"\s*#{1,6}\s+(.+?)\s*#*$")
_UNDERLINE: Final = re.compile(r"(?:([=\-~^\"'*+#`:_])\1{2,}|\.{4,})\s*$")
_ITEM: Final = re.compile(r"\s*(?:[-*+•‣]|\(?\d{1,2}[.)])\s+(?=\S)")
_TABLE: Final = re.compile(r"\s*(\||\+[-=+]+\+|[=-]{2,}\s+[=-]{2,})")
_DIRECTIVE: Final = re.compile(r"\s*\.\.\s+([\w:-]+)::\s*(.*)$")
_DESCRIBED: Final = re.compile(
    r"(py:|c:)?(function|method|class|attribute|data|exception|decorator|module|classmethod|staticmethod"
    r"|option|cmdoption|envvar|opcode|macro|type|member|describe|confval|coroutinefunction)$"
)
_COMMENT: Final = re.compile(r"\s*\.\.(\s|$)|\s*:[\w -]+:(\s|$)|\s*<!--|\s*\[[^\]]+\]:\s")
_SIGNATURE: Final = re.compile(
    r"(?:(?:async|class|def|exception|classmethod|static|staticmethod|abstractmethod|coroutine|decorator|property"
    r"|function|awaitable)\s+)*"
    r"@?[A-Za-z_][\w.]*\s*(?:\(.*\)|\[.*\])(?:\s*(?:->|→|:).*)?$"
    r"|(?:class|exception|def|attribute|data)\s+[A-Za-z_][\w.]*$"
    r"|--?[a-z][\w-]*(?:[ =,].{0,40})?$"
    r"|[A-Za-z_]\w*(?:\.\w+)+$|[A-Z][A-Z0-9_]{3,}$"
)
_CODE: Final = re.compile(
    r"\s*(>>>|\.\.\.(?:\s|$)|\$ |% |C:\\|#!|//|/\*|@\w+|def |class \w+.*:$|import \w|return\b|print\("
    r"|from [\w.]+ import"
    r"|(if|for|while|with|try|else|elif|except)\b.*:\s*$|[\w.\[\]'\", ]+ ?[-+*/|]?= ?\S|[\])}]+[;,]?$|</?\w"
    r"|\w+\(.*\)$|#include|Traceback|File \"|\w+Error:|[\"'{\[])"
)
_CODE_END: Final = re.compile(r"[;{}\\]\s*$")
_FURNITURE: Final = re.compile(
    r"(source code:|see also\b|(changed|new|added|deprecated) in version|deprecated since|availability:"
    r"|raises an auditing event|copyright|all rights reserved|table of contents|last updated"
    r"|©|note$|tip$|warning$)",
    re.IGNORECASE,
)
_STOP: Final = re.compile(r"[.!?:…\u3002\uff01\uff1f]['\"\u2019\u201d»)\]*_`]*$")
_BOUNDARY: Final = re.compile(
    r"(?<=[.!?…])(?P<closing>['\"\u2019\u201d)\]*_`]*)\s+(?=[A-Z0-9\"'(\[`*_<«\u201c\u2018]|[^\x00-\x7f])|(?<=[\u3002\uff01\uff1f])"
)
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|mr|mrs|ms|dr|prof|fig|no|vol|pp|approx|incl|resp|st|sec|eq|ca|bzw|z\.b|d\.h)"
    r"|(?:^|\s)[A-Z]|(?:^|\s)\d{1,2})\.$",
    re.IGNORECASE,
)

_MARKUP: Final = (
    (re.compile(r":[\w:+-]+:`([^`<]*?)\s*<[^`>]*>`"), r"\1"),
    (re.compile(r":[\w:+-]+:`[~!]?([^`]+)`"), r"`\1`"),
    (re.compile(r"``([^`]+)``"), r"`\1`"),
    (re.compile(r"`([^`<]+?)\s*<[^`>]+>`_{1,2}"), r"\1"),
    (re.compile(r"!\[[^\[\]]{0,200}\]\([^()]{0,300}\)"), ""),
    (re.compile(r"(?<![\w)])\[([^\[\]]{1,200})\]\((?:[^()]|\([^()]*\)){0,300}\)"), r"\1"),
    (re.compile(r"(?<=\s)\[(?:\d{1,3}|#\w*|\*)\]_?(?=\s|[.,;:]|$)"), ""),
    (re.compile(r"[¶]|\[source\]"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"\s+([.,;:!?])(?=\s|$)"), r"\1"),
)


def sentences(text: str) -> list[Sentence]:
    """The sentences of `text` that are worth quoting, in order."""
    reader = _Reader()
    for line in text.splitlines():
        reader.line(line)
    reader.end_block()
    return reader.found


class _Reader:
    """Collects lines to paragraphs and knows what they stand under."""

    def __init__(self) -> None:
        self.found: list[Sentence] = []
        self._lines: list[str] = []
        self._item = False
        self._fence = ""
        self._fenced: list[str] = []
        self._announced = False
        self._lead = ""
        self._heading = ""
        self._blocks = 0
        self._skipped_indent: int | None = None

    def line(self, line: str) -> None:
        if self._in_code(line) or self._in_skipped(line):
            return
        if not line.strip():
            self.end_block()
        elif self._is_context(line):
            return
        elif _ITEM.match(line):
            self.end_block()
            self._item = True
            self._lines.append(_ITEM.sub("", line, count=1))
        else:
            self._lines.append(line)

    def end_block(self) -> None:
        lines, item = self._lines, self._item
        self._lines, self._item = [], False
        if not lines:
            return
        joined = _clean(" ".join(line.strip() for line in lines))
        if _is_code(lines) or (self._announced and not item and _is_title(joined)):
            self._attach(lines)
            return
        self._announced = False
        self._blocks += 1
        if len(lines) <= 2 and _SIGNATURE.match(joined):
            self._lead = joined
        elif len(lines) == 1 and not item and _is_title(joined):
            self._heading, self._lead = joined, ""
        elif item or not _is_contents(lines):
            self._take(joined, item)

    def _take(self, paragraph: str, item: bool) -> None:
        for number, text in enumerate(_split(paragraph)):
            if _is_quotable(text, item) and not (number == 0 and _is_fragment(text, item)):
                self.found.append(Sentence(text, self._lead, self._heading, self._blocks, number == 0))
                self._announced = paragraph.endswith(text) and text.endswith(":")

    def _attach(self, lines: list[str]) -> None:
        """Give code to the sentence that announces it."""
        code = textwrap.dedent("\n".join(lines)).strip("\n").replace("```", "")
        if self._announced and code and len(lines) <= _MOST_CODE_LINES and len(code) <= _MOST_CODE:
            self.found[-1] = replace(self.found[-1], code=code)
        self._announced = False

    def _in_code(self, line: str) -> bool:
        fence = _FENCE.match(line)
        if not self._fence and not fence:
            return False
        if fence and not self._fence:
            self.end_block()
            self._fence, self._fenced = fence.group(1), []
        elif fence and fence.group(1) == self._fence:
            self._fence = ""
            self._attach(self._fenced)
        else:
            self._fenced.append(line)
        return True

    def _in_skipped(self, line: str) -> bool:
        """Whether `line` belongs to a directive whose body is no prose."""
        if self._skipped_indent is None:
            return False
        if not line.strip() or len(line) - len(line.lstrip()) > self._skipped_indent:
            return True
        self._skipped_indent = None
        return False

    def _is_context(self, line: str) -> bool:
        if directive := _DIRECTIVE.match(line):
            self.end_block()
            self._direct(line, *directive.groups())
            return True
        if _UNDERLINE.match(line):
            self._underline()
            return True
        if heading := _MARKED_HEADING.match(line):
            self.end_block()
            self._heading, self._lead = _clean(heading.group(1)), ""
            return True
        return bool(_TABLE.match(line) or _COMMENT.match(line))

    def _direct(self, line: str, name: str, argument: str) -> None:
        if _DESCRIBED.match(name):
            self._lead = _clean(argument)
        elif name not in (
            "note",
            "warning",
            "tip",
            "important",
            "hint",
            "caution",
            "attention",
            "admonition",
        ):
            self._skipped_indent = len(line) - len(line.lstrip())

    def _underline(self) -> None:
        if len(self._lines) == 1:
            self._heading, self._lead = _clean(self._lines.pop()), ""
            self._item = False
        self.end_block()


def _clean(text: str) -> str:
    for pattern, replacement in _MARKUP:
        text = pattern.sub(replacement, text)
    return text.strip()


def _split(paragraph: str) -> Iterator[str]:
    start = 0
    for match in _BOUNDARY.finditer(paragraph):
        end = match.end("closing") if match.group("closing") is not None else match.end()
        if not _ABBREVIATED.search(paragraph[max(start, end - _LONGEST_ABBREVIATION) : end]):
            yield paragraph[start:end].strip()
            start = match.end()
    if rest := paragraph[start:].strip():
        yield rest


def _is_code(lines: list[str]) -> bool:
    marked = sum(1 for line in lines if _CODE.match(line) or _CODE_END.search(line))
    prose = _STOP.search(lines[-1]) and not lines[0].lstrip().startswith((">>>", "..."))
    return marked * 2 > len(lines) or (marked * 3 > len(lines) and not prose)


def _is_title(text: str) -> bool:
    return len(text.split()) <= _HEADING_WORDS and not re.search(r"[.!?;:,\u3002\uff01\uff1f]$", text)


def _is_contents(lines: list[str]) -> bool:
    """Whether a block is a list of titles: several short lines of which hardly one ends like a sentence."""
    short = sum(1 for line in lines if len(line.split()) <= 7 and not re.search(r"[.!?,;:]$", line.strip()))
    return len(lines) >= 3 and short * 4 >= len(lines) * 3


def _is_fragment(text: str, item: bool) -> bool:
    """Whether a paragraph begins in the middle of a sentence, as the first of a passage may."""
    return not item and bool(re.match(r"[a-z]+[ ,;)]|[.,;)\]]", text))


def _is_quotable(text: str, item: bool) -> bool:
    if len(text) > _LONGEST or _FURNITURE.match(text) or text.startswith("("):
        return False
    count = len(text.split()) + sum(1 for char in text if "\u3040" <= char <= "\u9fff") // 2
    letters = sum(1 for char in text if char.isalpha() or char.isspace())
    whole = bool(_STOP.search(text)) or (item and count > _FEWEST_WORDS and not _has_title_case(text))
    return whole and count >= _FEWEST_WORDS and letters * 4 >= len(text) * 3


def _has_title_case(text: str) -> bool:
    """Whether most of the longer words are capitalised, as in the title of a chapter."""
    longer = [word for word in text.split() if len(word) > 3]
    return sum(1 for word in longer if word[0].isupper()) * 2 > len(longer)
