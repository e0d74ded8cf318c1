"""Comma, semicolon and tab separated values as one Markdown table."""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.providers.parsing.causes import too_large, unreadable
from liteagent.providers.parsing.decoding import decode
from liteagent.providers.parsing.kinds import suffix_of
from liteagent.providers.parsing.text_writer import TextWriter

__all__ = ["DelimitedParser", "create"]

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_LONGEST_FIELD = 131_072
_MOST_COLUMNS = 16_384


class DelimitedParser:
    r"""The rows as a table; the delimiter is told by the first lines.

    Example:
        >>> DelimitedParser().parse(RawDocument("a.csv", b"tea;price\ngreen;3\n")).text
        '| tea | price |\n| --- | --- |\n| green | 3 |'
    """

    suffixes: tuple[str, ...] = (".csv", ".tab", ".tsv")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The table.

        Raises:
            DocumentUnreadableError: Not text, or with a cell or a row that is too long to be one.
        """
        text = decode(raw)
        tabbed = suffix_of(raw) in (".tab", ".tsv") or "tab-sep" in (raw.media_type or "")
        delimiter = _delimiter(text, "\t" if tabbed else ",")
        columns = max(map(len, _rows(raw, text, delimiter)), default=0)
        writer = TextWriter(raw)
        writer.table(_rows(raw, text, delimiter), columns)
        return writer.document("text/tab-separated-values" if tabbed else "text/csv")


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return DelimitedParser()


def _delimiter(text: str, expected: str) -> str:
    """The character that the first lines have most often, the same number of times where possible."""
    lines = [line for line in islice(io.StringIO(text[: 64 * 1024]), _SAMPLE_LINES) if line.strip()]
    counts = {each: [line.count(each) for line in lines] for each in expected + _DELIMITERS}
    return max(counts, key=lambda each: (min(counts[each], default=0), each == expected))


def _rows(raw: RawDocument, text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if len(row) > _MOST_COLUMNS:
                raise too_large(raw, "columns", _MOST_COLUMNS)
            yield row
    except csv.Error as error:
        if "field larger" in str(error):
            raise too_large(
                raw, "characters in one cell (is a quotation mark missing?)", _LONGEST_FIELD
            ) from error
        raise unreadable(
            raw, "corrupt", f"line {reader.line_num} is no row of a table: {error}. Correct it there."
        ) from error
