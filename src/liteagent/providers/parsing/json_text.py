"""JSON, and JSON by lines: checked, and laid out where it is one long line."""

import json
import re

import orjson

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.causes import unreadable
from liteagent.providers.parsing.decoding import decode
from liteagent.providers.parsing.kinds import suffix_of

__all__ = ["JsonParser", "create"]

_BY_LINES = frozenset((".jsonl", ".ndjson"))
_COMMENT = re.compile(r"^\s*(?://|/\*)", re.MULTILINE)
_LONG_LINE = 2000


class JsonParser:
    r"""The text as it stands; a value in one long line is laid out with an indentation of two.

    Example:
        >>> JsonParser().parse(RawDocument("a.json", b'{"tea": "green"}\n')).text
        '{"tea": "green"}\n'
    """

    suffixes: tuple[str, ...] = (".geojson", ".json", ".jsonl", ".ndjson")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text.

        Raises:
            DocumentUnreadableError: Not JSON (the message says where), nested too deeply, or no text at all.
        """
        text = decode(raw)
        if (
            suffix_of(raw) in _BY_LINES
            or "jsonl" in (raw.media_type or "")
            or "ndjson" in (raw.media_type or "")
        ):
            for number, line in enumerate(text.split("\n"), 1):
                if line.strip():
                    _load(raw, line, number)
            return ParsedDocument(text, "application/jsonl")
        try:
            value = _load(raw, text, 1)
        except DocumentUnreadableError:
            if _COMMENT.search(text):  # settings with comments are read as they stand
                return ParsedDocument(text, "application/json")
            raise
        if len(text) > _LONG_LINE > text.count("\n") and len(max(text.split("\n"), key=len)) > _LONG_LINE:
            text = _laid_out(value)
        return ParsedDocument(text, "application/json")


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return JsonParser()


def _load(raw: RawDocument, text: str, line: int) -> object:
    # The standard parser: it takes NaN, which Python's own programs write, and ends where memory does.
    try:
        return json.loads(text)
    except RecursionError as error:
        raise _too_deep(raw) from error
    except json.JSONDecodeError as error:
        raise unreadable(
            raw,
            "corrupt",
            f"it is not JSON: {error.msg} in line {line + error.lineno - 1}, column {error.colno}. "
            "Correct it there, or name it .txt.",
        ) from error


def _laid_out(value: object) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONEncodeError, UnicodeDecodeError):  # what only Python's own parser took
        return json.dumps(value, indent=2)


def _too_deep(raw: RawDocument) -> DocumentUnreadableError:
    return unreadable(raw, "bomb", "its values are nested more than 1,000 levels deep. Flatten it.")
