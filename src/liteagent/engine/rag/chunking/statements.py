"""Where the statements of a program begin, and which of them define something.

It reads words, not grammar: comments, texts and brackets tell which lines begin a statement, and braces or
indentation how deep. So it goes on where a file is broken, and after a bracket that nobody closes a line that
plainly defines something begins anew.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from liteagent.engine.rag.chunking.languages import CLOSING, Language

__all__ = ["Statement", "statements"]

_DEFINES = re.compile(
    r"(?:@\w|\((?:def|ns\b)|(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)]*\))?"
    r"|unsafe|extern|inline|virtual|override|open|sealed|data|partial|local|declare|const|create|or|replace)\s+)*"
    r"(?:def|defp|defmodule|defmacro|class|function|func|fn|fun|sub|proc|procedure|struct|enum|union|interface"
    r"|trait|impl|module|mod|namespace|protocol|extension|record|object|contract|table|view|trigger|macro)\b(?!\s*[=:,.]))",
    re.IGNORECASE,
)
_ANEW = re.compile(
    r"(?:async def|def|class|@\w|from \S+ import|import \S|func|fn|pub|impl|function|export)\b"
)
_CONTROLS = re.compile(
    r"(?:if|else|elif|for|foreach|while|do|switch|case|default|match|try|catch|except|finally|with|return|loop"
    r"|select|when|unless|until|begin|guard|defer|go|using|lock|synchronized|throw|new|await|yield)\b"
)
_CLOSES = re.compile(
    r"[)\]}]|(?:else|elif|elsif|except|catch|finally|rescue|ensure|end|fi|done|esac|then|case|default)\b"
)
_DECORATES = re.compile(r"(?:@[\w.:]+(?:\([^\r\n]*\))?|#!?\[[^\r\n]*\]|\[[^\r\n]*\])[ \t]*(?=[\r\n]|\Z)")
_DIRECTIVE = re.compile(r"#(?![\[!])")
_OPENERS = {")": "(", "]": "[", "}": "{"}


@dataclass(slots=True)
class Statement:
    """Where a statement begins, with the comments and decorators directly above it.

    Attributes:
        start: The beginning of its first line.
        head: The beginning of its first line that is neither comment nor decorator.
        level: How deep it is nested: open braces, or the width of its indentation.
        defines: Whether it is a function, a class or the like.
        spaced: Whether a blank line stands above it.
    """

    start: int
    head: int
    level: int
    defines: bool
    spaced: bool


def statements(text: str, language: Language) -> list[Statement]:
    """The statements, in order; lines that go on with one, close a block or are blank begin none."""
    reader = _Reader(text, language)
    for kind, start, end in _tokens(text, language):
        reader.read(kind, start, end)
    reader.finish()
    return reader.found


def _tokens(text: str, language: Language) -> Iterator[tuple[str, int, int]]:
    """Kind and range of each token; what looks like the beginning of a long one that has no end is none."""
    endless: set[str] = set()
    place = 0
    while match := language.tokens.search(text, place):
        place = match.end()
        kind = match.lastgroup or ""
        if kind != "long":
            yield kind, match.start(), place
            continue
        mark = match[0]
        closing = None if mark in endless else CLOSING[mark].match(text, place)
        if closing is None:
            endless.add(mark)
        else:
            place = closing.end()
            yield ("text" if mark[0] in "\"'`" else "comment"), match.start(), place


class _Reader:
    def __init__(self, text: str, language: Language) -> None:
        self.found: list[Statement] = []
        self._text = text
        self._braced = language.braced
        self._brackets: list[str] = []
        self._depth = 0  # open braces
        self._line = 0  # where the line begins
        self._outside = True  # whether no bracket was open there but braces
        self._level = 0  # and how many of these
        self._code = -1  # where its code begins, -1 while there is none
        self._read = 0  # how far it was read
        self._ended = True  # whether what was read last ended a statement
        self._blank = False  # whether the line above is blank
        self._lead = -1  # where comments directly above begin
        self._lead_spaced = False
        self._decorates = False  # whether the line is a decorator
        self._begun: Statement | None = None

    def read(self, kind: str, start: int, end: int) -> None:
        """Take note of a token."""
        self._note_code(start)
        self._read = end
        if kind == "line":
            self._end_line(start, end)
        elif kind == "comment":
            if self._code < 0 and self._lead < 0 and self._outside:
                self._lead, self._lead_spaced = self._line, self._blank
        else:
            self._begin(start)
            self._bracket(kind, start)

    def finish(self) -> None:
        """Take note of the text's end."""
        self._note_code(len(self._text))
        self._end_line(len(self._text), len(self._text))
        self._end_lead()

    def _note_code(self, end: int) -> None:
        """Whatever is not blank between two tokens is code."""
        between = self._text[self._read : end]
        if between and not between.isspace():
            self._begin(self._read + len(between) - len(between.lstrip()))
            self._ended = False

    def _begin(self, place: int) -> None:
        """The line has code, from `place` on where it is the first."""
        if self._code >= 0:
            return
        self._code = place
        head = self._text[place : place + 200]
        if place == self._line and self._brackets and _ANEW.match(head):
            self._brackets.clear()
            self._depth = self._level = 0
            self._outside = self._ended = True
        if self._outside and not _CLOSES.match(head) and (self._ended or self._blank or not self._braced):
            self._add(place, head)

    def _add(self, place: int, head: str) -> None:
        spaced = self._lead_spaced if self._lead >= 0 else self._blank
        start = self._lead if self._lead >= 0 else self._line
        level = self._level if self._braced else len(self._text[self._line : place].expandtabs())
        self._lead = -1
        self._decorates = _DECORATES.match(self._text, place) is not None if self._braced else head[0] == "@"
        if self._decorates:
            self._lead, self._lead_spaced = start, spaced
            return
        self._begun = Statement(start, self._line, level, _DEFINES.match(head) is not None, spaced)
        self.found.append(self._begun)

    def _bracket(self, kind: str, start: int) -> None:
        mark = self._text[start]
        self._ended = kind == "end" or (kind == "close" and mark == "}") or (kind == "open" and mark == "{")
        if kind == "open":
            self._open(mark)
        elif kind == "close":
            self._close(mark)

    def _open(self, mark: str) -> None:
        begun = self._begun
        if mark == "{":
            if self._braced and begun and begun.level == self._depth and not self._controls(begun):
                begun.defines = True
            self._depth += 1
        self._brackets.append(mark)

    def _controls(self, statement: Statement) -> bool:
        return _CONTROLS.match(self._text[statement.head : statement.head + 200].lstrip()) is not None

    def _close(self, mark: str) -> None:
        """A brace closes what is open inside of it as well; any other mark only its like."""
        opener = _OPENERS[mark]
        if mark == "}" and self._depth:
            while self._brackets.pop() != "{":
                pass
            self._depth -= 1
        elif self._brackets and self._brackets[-1] == opener and mark != "}":
            self._brackets.pop()

    def _end_line(self, end: int, next_: int) -> None:
        goes_on = not self._braced and self._text[end - 1 : end] == "\\"
        if self._code >= 0 and self._braced and _DIRECTIVE.match(self._text, self._code):
            self._ended = True
        self._ended, self._decorates = self._ended or self._decorates, False
        blank = (self._code < 0 and self._text[self._line : end].isspace()) or end == self._line
        if blank:
            self._end_lead()
        self._blank = blank
        self._line = self._read = next_
        self._code = -1
        self._level = self._depth
        top = self._brackets[-1] if self._brackets else "{" if self._braced else ""
        self._outside = (top == "{" if self._braced else not top) and not goes_on

    def _end_lead(self) -> None:
        """Comments with nothing directly below them stand by themselves."""
        if self._lead >= 0:
            level = self._level if self._braced else 0
            self.found.append(Statement(self._lead, self._lead, level, False, self._lead_spaced))
            self._lead = -1
