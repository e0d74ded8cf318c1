"""The families of programming languages: what their comments, texts and blocks look like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from liteagent.contracts.errors import InvalidInputError

__all__ = ["CLOSING", "Language", "language_named", "language_of"]

_REST = r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<end>;)|(?P<line>\r\n|\r|\n)"
# One that nobody closes ends with its line, so that no place is read twice.
_DOUBLE = r'"(?:\\.|[^"\\\r\n])*(?:"|\\?\Z|(?=[\r\n]))'
_SINGLE = r"'(?:\\.|[^'\\\r\n])*(?:'|\\?\Z|(?=[\r\n]))"
# Between the marks of a character: `'` also begins a lifetime in Rust and parts digits in C++.
_CHARACTER = r"'(?:\\[^'\r\n]{1,10}|[^'\\\r\n])'"


@dataclass(frozen=True, slots=True)
class Language:
    """What is needed to find statements.

    Attributes:
        tokens: Matches one of: the beginning of a comment or text that may have several lines (`long`), a
            comment (`comment`), a text (`text`), a bracket (`open`, `close`), `;` (`end`) or a line's end
            (`line`).
        braced: Whether blocks stand in braces; else in their indentation.
    """

    tokens: re.Pattern[str]
    braced: bool


def _language(long: str, comments: str, texts: str, *, braced: bool) -> Language:
    pattern = f"(?P<long>{long})|(?P<comment>{comments})|(?P<text>{texts})" + _REST
    return Language(re.compile(pattern, re.DOTALL), braced)


_HASH = r"\#[^\r\n]*"
_SLASHES = r"//[^\r\n]*"
_QUOTED = f"{_DOUBLE}|{_SINGLE}"
_PYTHON = _language("\"\"\"|'''", _HASH, _QUOTED, braced=False)
_INDENTED = _language(r"(?!)", _HASH, _QUOTED, braced=False)
_DASHED = _language(r"--\[\[|\{-|/\*", r"--[^\r\n]*", _QUOTED, braced=False)
_LISP = _language('"', r";[^\r\n]*", r"\\.", braced=False)
_BRACED = _language(r"/\*|\"\"\"", _SLASHES, f"{_DOUBLE}|{_CHARACTER}", braced=True)
_SCRIPT = _language(r"/\*|`", _SLASHES, _QUOTED, braced=True)
_SHELL = _language(r"(?!)", r"(?<![^\s;])\#[^\r\n]*", _QUOTED, braced=True)

CLOSING: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        **{mark: re.compile(rf"(?:\\.|[^\\])*?{mark}", re.DOTALL) for mark in ('"', '"""', "'''", "`")},
        "/*": re.compile(r".*?\*/", re.DOTALL),
        "{-": re.compile(r".*?-\}", re.DOTALL),
        "--[[": re.compile(r".*?\]\]", re.DOTALL),
    }
)
"""What ends a comment or text that may have several lines, by how it begins."""

_NAMES: Mapping[str, Language] = MappingProxyType(
    {
        **dict.fromkeys(["python", "py", "pyi", "cython", "starlark"], _PYTHON),
        **dict.fromkeys(
            [
                "ruby",
                "rb",
                "elixir",
                "ex",
                "exs",
                "crystal",
                "julia",
                "jl",
                "yaml",
                "yml",
                "toml",
                "ini",
                "nim",
                "r",
                "cmake",
            ],
            _INDENTED,
        ),
        **dict.fromkeys(["haskell", "hs", "lua", "sql", "elm", "ada", "vhdl"], _DASHED),
        **dict.fromkeys(["clojure", "clj", "lisp", "scheme", "racket"], _LISP),
        **dict.fromkeys(
            [
                "c",
                "h",
                "cc",
                "cpp",
                "c++",
                "cxx",
                "hpp",
                "csharp",
                "cs",
                "java",
                "rust",
                "rs",
                "go",
                "golang",
                "zig",
                "scala",
                "kotlin",
                "kt",
                "kts",
                "objc",
                "proto",
                "css",
                "scss",
                "less",
                "swift",
                "dart",
            ],
            _BRACED,
        ),
        **dict.fromkeys(
            [
                "javascript",
                "js",
                "jsx",
                "mjs",
                "typescript",
                "ts",
                "tsx",
                "php",
                "vue",
                "svelte",
                "groovy",
                "gradle",
                "graphql",
            ],
            _SCRIPT,
        ),
        **dict.fromkeys(
            ["shell", "shellscript", "sh", "bash", "zsh", "perl", "pl", "tcl", "hcl", "tf"], _SHELL
        ),
    }
)

_PYTHON_LINE = re.compile(
    r"^[ \t]*(?:def \w+\(|class \w+[(:]|from [\w.]+ import |import [\w.]+\r?$|if __name__)", re.MULTILINE
)
_BRACED_LINE = re.compile(r"[;{}][ \t]*\r?$", re.MULTILINE)
_SCRIPT_LINE = re.compile(
    r"^[ \t]*(?:export |const |let |var |function\b|async function|import .* from |require\()|=>|<\?php",
    re.MULTILINE,
)
_HASH_LINE = re.compile(r"^[ \t]*#(?!include|define|if|endif|else|pragma|\[|!\[)", re.MULTILINE)
_DASHED_LINE = re.compile(r"^--|^local |^(?:SELECT|CREATE|INSERT) ", re.MULTILINE)
_LISP_LINE = re.compile(r"^\((?:def|ns\b|define)", re.MULTILINE)
_LOOKED_AT = 20_000


def language_named(name: str) -> Language:
    """A language by its name or its files' suffix.

    Raises:
        InvalidInputError: There is none of that name.
    """
    found = _NAMES.get(name.lower().lstrip("."))
    if found is None:
        known = ", ".join(sorted(_NAMES))
        raise InvalidInputError(
            f"The chunker 'code' does not know the language {name!r}; leave it out, or use one of {known}."
        )
    return found


def language_of(text: str, media_type: str) -> Language:
    """The language that the media type names (`text/x-python`), else what the text looks like."""
    name = media_type.partition(";")[0].rpartition("/")[2].strip().lower()
    return _NAMES.get(name.removeprefix("x-")) or _guess(text[:_LOOKED_AT])


def _guess(text: str) -> Language:
    lines = text.count("\n") + 1
    if len(_BRACED_LINE.findall(text)) * 6 > lines:
        if len(_SCRIPT_LINE.findall(text)) * 30 > lines:
            return _SCRIPT
        return _SHELL if len(_HASH_LINE.findall(text)) * 20 > lines else _BRACED
    if _PYTHON_LINE.search(text):
        return _PYTHON
    if _LISP_LINE.search(text):
        return _LISP
    return _DASHED if _DASHED_LINE.search(text) else _INDENTED
