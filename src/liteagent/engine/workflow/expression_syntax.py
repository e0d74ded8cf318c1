"""From the text of an expression to a syntax tree that is small and was parsed without harm."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["MAX_CHARACTERS", "MAX_DEPTH", "MAX_NODES", "SourceText", "SyntaxRefusedError", "parse"]

MAX_CHARACTERS = 2_000
"""Characters of an expression."""
MAX_NODES = 200
"""Names, literals and operations of an expression."""
MAX_DEPTH = 20
"""How deep they stand in each other."""

_TOKEN = re.compile(
    r"""(?P<triple>'''|\"\"\")"""
    r"""|(?P<string>'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*")"""
    r"""|(?P<open>['"])"""
    r"""|(?P<comment>\#)"""
    r"""|(?P<unreadable>[\x00\ud800-\udfff])"""
    r"""|(?P<number>\.?\d[\w.]*(?:(?<=[eE])[+-]\d+)?)"""
    r"""|[^\W\d]\w*"""
)
_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ESCAPE = re.compile(r"\\([\s\S])")
_ESCAPES = frozenset("\\'\"nrtbfxuU")
_LINE_END = re.compile(r"\r\n|\r|\n")
_REFUSED = {
    "triple": "text stands in single or double quotes, not in three",
    "open": "the quote that begins here is never closed",
    "comment": "an expression has no comments",
    "unreadable": "it holds a character that cannot be stored: NUL or half of a pair",
}
_HINTS = {
    "=": "`=` does not compare; write `==`",
    "&": "write `and` instead of `&`",
    "|": "write `or` instead of `|`",
    "!": "write `not` instead of `!`",
    "?": "there is no `?`; write `a if condition else b`",
}
_UNCOUNTED = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)

_Located: TypeAlias = ast.expr | ast.keyword


class SyntaxRefusedError(Exception):
    """A text is no expression of the language; `position` is where, counted in characters from 0."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text as Python's parser has read it, for translating its lines and bytes into positions.

    Attributes:
        text: Without the blanks it began with, which Python would read as indentation.
        indent: How many these were.
    """

    text: str
    indent: int
    _lines: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lines", (0, *(each.end() for each in _LINE_END.finditer(self.text))))

    def start(self, node: _Located) -> int:
        """Where a node begins."""
        return self._position(node.lineno, node.col_offset)

    def end(self, node: ast.expr) -> int:
        """Where a node ends, without the closing brackets around it."""
        return self._position(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def of_error(self, error: SyntaxError) -> int:
        """Where the parser gave up."""
        if not error.offset:
            return self.indent + len(self.text.rstrip())
        return self.indent + min(self._line(error.lineno or 1) + max(error.offset - 1, 0), len(self.text))

    def shows(self, position: int, characters: int) -> str:
        """What is written at a position."""
        start = position - self.indent
        return self.text[start : start + characters]

    def _position(self, line: int, column: int) -> int:
        """`column` counts bytes of UTF-8, as Python's syntax tree does."""
        start = self._line(line)
        before = self.text[start:].encode()[:column]
        return self.indent + start + len(before.decode(errors="ignore"))

    def _line(self, line: int) -> int:
        return self._lines[min(line, len(self._lines)) - 1]


def parse(text: str) -> tuple[ast.expr, SourceText]:
    """The syntax tree of `text`, within the limits; which nodes may be in it is not looked at.

    Raises:
        SyntaxRefusedError: It is too long, too large, too deep, or not an expression.
    """
    if len(text) > MAX_CHARACTERS:
        raise SyntaxRefusedError(f"it is longer than {MAX_CHARACTERS:,} characters", MAX_CHARACTERS)
    bare = text.lstrip()
    if not bare:
        raise SyntaxRefusedError("it is empty", 0)
    _check_tokens(text)
    source = SourceText(bare, len(text) - len(bare))
    tree = _tree(source)
    _check_size(tree, source)
    return tree, source


def _check_tokens(text: str) -> None:
    """Refuses what Python would warn of, or read in more ways than this language has."""
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "string":
                _check_escapes(token[0], token.start())
            case "number" if not _NUMBER.fullmatch(token[0]):
                raise SyntaxRefusedError("this is not a decimal number, nor a name", token.start())
            case str() as group if group in _REFUSED:
                raise SyntaxRefusedError(_REFUSED[group], token.start())
            case _:
                pass


def _check_escapes(string: str, start: int) -> None:
    for escape in _ESCAPE.finditer(string):
        if escape[1] not in _ESCAPES:
            raise SyntaxRefusedError(
                "this backslash escapes nothing; write \\\\ for a backslash", start + escape.start()
            )


def _tree(source: SourceText) -> ast.expr:
    try:
        return ast.parse(source.text, mode="eval").body
    except SyntaxError as error:
        position = source.of_error(error)
        raise SyntaxRefusedError(_reason(error, source.shows(position, 2).rstrip()), position) from None
    except (RecursionError, MemoryError):
        raise SyntaxRefusedError(f"it is nested more than {MAX_DEPTH} levels deep", source.indent) from None
    except ValueError as error:
        raise SyntaxRefusedError(f"it cannot be read: {error}", source.indent) from None


def _reason(error: SyntaxError, shown: str) -> str:
    if "Maybe you meant '=='" in error.msg:
        return _HINTS["="]
    if not shown:
        return "something is missing at its end"
    hint = None if shown == "==" else _HINTS.get(shown[:1])
    return hint or re.split(r" \(detected|\. Perhaps|\. Maybe", error.msg, maxsplit=1)[0]


def _check_size(tree: ast.expr, source: SourceText) -> None:
    count, level = 0, [tree]
    for _ in range(MAX_DEPTH):
        count += len(level)
        if count > MAX_NODES:
            raise SyntaxRefusedError(f"it has more than {MAX_NODES} parts", source.start(level[-1]))
        level = [child for each in level for child in _children(each)]
        if not level:
            return
    raise SyntaxRefusedError(f"it is nested more than {MAX_DEPTH} levels deep", source.start(level[0]))


def _children(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions directly inside of one, also those inside of its keywords and generators."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif not isinstance(child, _UNCOUNTED):
            yield from _children(child)
