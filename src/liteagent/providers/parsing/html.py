"""HTML pages: the tree is built by lexbor, the text is written by `page_text`."""

import re
from collections.abc import Iterator
from types import MappingProxyType

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from liteagent.contracts.datasource import ParsedDocument, Parser, RawDocument
from liteagent.contracts.documents import Scalar
from liteagent.providers.parsing.causes import unreadable
from liteagent.providers.parsing.decoding import decode
from liteagent.providers.parsing.page_text import PageText
from liteagent.providers.parsing.tag_cost import tree_cost

__all__ = ["HtmlParser", "create", "read_page"]

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_MOST_STEPS = 2_000_000_000

# With events, every option of a select is copied as it comes: minutes for a long one.
_OPTIONS = LexborDocumentOptions.WO_EVENTS
_KNOWN = MappingProxyType(
    {"author": "author", "date": "date", "description": "description", "keywords": "keywords"}
)
_LONGEST_VALUE = 500
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
        document = read_page(raw, decode(raw, _declared(raw.data)))
        if not document.text:
            raise unreadable(
                raw,
                "empty",
                "the page holds no text; its content may be made by scripts. Save the page as rendered.",
            )
        return document


def read_page(raw: RawDocument, html: str, *, whole: bool = False) -> ParsedDocument:
    """The text of a page that is a part of `raw`; it may be empty.

    A `whole` page has nothing around its main part: a book's chapter, a message.

    Raises:
        DocumentUnreadableError: It is nested too deeply.
    """
    if tree_cost(html) > _MOST_STEPS:
        raise unreadable(
            raw,
            "bomb",
            "its elements are nested too deeply, or one has too many attributes. Simplify the page.",
        )
    tree = LexborHTMLParser(html, options=_OPTIONS)
    page = _read(tree, whole=whole)
    return ParsedDocument(
        page.text, "text/html", _title(tree, page), page.sections, metadata=dict(_metadata(tree))
    )


def create() -> Parser:
    """The parser, as the entry point `liteagent.parser` makes it."""
    return HtmlParser()


def _declared(data: bytes) -> str | None:
    match = _CHARSET.search(data, 0, 4096)
    return match[1].decode("ascii") if match else None


def _read(tree: LexborHTMLParser, *, whole: bool) -> PageText:
    body = tree.body
    main = body if whole else _main(tree)
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


def _metadata(tree: LexborHTMLParser) -> Iterator[tuple[str, Scalar]]:
    root = tree.root
    language = root.attributes.get("lang") if root is not None else None
    if language:
        yield "language", language[:_LONGEST_VALUE]
    for node in tree.head.iter() if tree.head is not None else ():
        if node.tag != "meta":
            continue
        name = _KNOWN.get((node.attributes.get("name") or "").casefold())
        value = " ".join((node.attributes.get("content") or "").split())[:_LONGEST_VALUE]
        if name and value:
            yield name, value
