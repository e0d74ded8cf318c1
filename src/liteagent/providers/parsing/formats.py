"""Every format behind one function; what a foreign parser claims by suffix is its."""

from collections.abc import Iterable, Mapping

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.providers.parsing.causes import unreadable
from liteagent.providers.parsing.delimited import DelimitedParser
from liteagent.providers.parsing.docx import DocxParser
from liteagent.providers.parsing.email_message import EmailParser
from liteagent.providers.parsing.epub import EpubParser
from liteagent.providers.parsing.html import HtmlParser
from liteagent.providers.parsing.json_text import JsonParser
from liteagent.providers.parsing.kinds import Kind, kind_of, suffix_of
from liteagent.providers.parsing.pdf import PdfParser
from liteagent.providers.parsing.plain import PlainParser
from liteagent.providers.parsing.pptx import PptxParser
from liteagent.providers.parsing.workbook import WorkbookParser

__all__ = ["Formats"]


class Formats:
    """Reads a document of any format, in this process: for hostile input, call it in a child only.

    Args:
        foreign: Parsers that were installed beside the built-in ones; they come first.

    Example:
        >>> Formats().parse(RawDocument("no-suffix", b"<!doctype html><h1>Tea</h1>")).media_type
        'text/html'
    """

    def __init__(self, foreign: Iterable[Parser] = ()) -> None:
        self._foreign = {suffix: parser for parser in foreign for suffix in parser.suffixes}
        self._parsers: Mapping[Kind, Parser] = {
            "delimited": DelimitedParser(),
            "docx": DocxParser(),
            "email": EmailParser(self.parse),
            "epub": EpubParser(),
            "html": HtmlParser(),
            "json": JsonParser(),
            "pdf": PdfParser(),
            "plain": PlainParser(),
            "pptx": PptxParser(),
            "workbook": WorkbookParser(),
        }

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text.

        Raises:
            DocumentUnreadableError: `details["cause"]` says why.
        """
        parser = self._foreign.get(suffix_of(raw)) or self._parsers[kind_of(raw)]
        try:
            return parser.parse(raw)
        except DocumentUnreadableError:
            raise
        except MemoryError:
            raise unreadable(
                raw, "parse_memory", "reading it takes more memory than a document may. Split it."
            ) from None
        except RecursionError:
            raise unreadable(
                raw, "bomb", "it is nested deeper than any program writes. Save it again."
            ) from None
        except Exception as error:
            raise unreadable(
                raw, "corrupt", f"it is damaged ({type(error).__name__}). Save it again in its own program."
            ) from error
