"""HTML pages: the tree is built by lexbor, the text is written by `page_text`."""

import re

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.providers.parsing.decoding import decode, unreadable
from liteagent.providers.parsing.page_text import PageText
from liteagent.providers.parsing.tag_cost import tree_cost

__all__ = ["HtmlParser", "create"]

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_MOST_STEPS = 2_000_000_000

# With events, every option of a select is copied as it comes: minutes for a long one.
_OPTIONS = LexborDocumentOptions.WO_EVENTS
_UNSEEN = "[hidden], [aria-hidden=true], [role=navigation], [role=search], a.headerlink"
_MAIN = ("main, [role=main]", "article")


class HtmlParser:
    r"""The text of a page's main part, with its headings as sections.

    `<main>`, `role=main` or the only `<article>` is read where there is one, else the body without
    navigation, header, footer and asides.

    Example:
        >>> HtmlParser().parse(RawDocument("a.html", b"<h1>Tea</h1><ul><li>green<li>black</ul>")).text
        'Tea\n\n- green\n- black'
    """

    suffixes: tuple[str, ...] = (".htm", ".html", ".xhtml")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The page's text.

        Raises:
            DocumentUnreadableError: Binary, over 50 MiB, in an unknown encoding, a page without any text, or
                one that is nested more than about 60,000 levels deep.
        """
        html = decode(raw, _declared(raw.data))
        if tree_cost(html) > _MOST_STEPS:
            raise unreadable(
                raw, "its elements are nested too deeply, or one has too many attributes. Simplify the page."
            )
        tree = LexborHTMLParser(html, options=_OPTIONS)
        page = _read(tree)
        if not page.text:
            raise unreadable(
                raw, "the page holds no text; its content may be made by scripts. Save the page as rendered."
            )
        return ParsedDocument(page.text, "text/html", _title(tree, page), page.sections)


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return HtmlParser()


def _declared(data: bytes) -> str | None:
    match = _CHARSET.search(data, 0, 4096)
    return match[1].decode("ascii") if match else None


def _read(tree: LexborHTMLParser) -> PageText:
    body = tree.body
    main = _main(tree)
    unseen = frozenset(node.mem_id for node in tree.css(_UNSEEN))
    page = PageText.of(main, unseen, inside_main=True) if main is not None else PageText("", ())
    return page if page.text or body is None else PageText.of(body, unseen, inside_main=False)


def _main(tree: LexborHTMLParser) -> LexborNode | None:
    for selector in _MAIN:
        found = tree.css(selector)
        if len(found) == 1:
            return found[0]
    return None


def _title(tree: LexborHTMLParser, page: PageText) -> str | None:
    node = tree.css_first("head > title")
    title = " ".join(node.text().split()) if node is not None else ""
    return title or (page.sections[0].title if page.sections else None)
