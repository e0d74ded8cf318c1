"""What pages say to a crawler."""

import pytest

from liteagent.contracts.fetch import FetchResponse
from liteagent.providers.datasource.url.page import Page, read_page

URL = "https://example.com/docs/a"


def _read(html: str, **headers: str) -> Page:
    given = {"content-type": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return read_page(FetchResponse(200, given, html.encode(), URL))


def test_links_in_order_each_once() -> None:
    page = _read(
        '<a href="b">1</a><a href="/c#x">2</a><a href="b#y">3</a><area href="?q=1">'
        '<a href="mailto:x@y">4</a>'
        '<a rel="external NoFollow" href="d">5</a><a name="x">6</a><a href>7</a>'
        '<a href="javascript:x()">8</a>'
    )
    root = "https://example.com"
    assert page.links == (f"{root}/docs/b", f"{root}/c", f"{root}/docs/a?q=1", f"{root}/docs/a")


def test_base_and_canonical() -> None:
    page = _read('<base href="/other/"><link rel="Canonical" href="me"><a href="b">x</a>')
    assert page == Page(("https://example.com/other/b",), "https://example.com/other/me")


@pytest.mark.parametrize(
    ("header", "may_index"),
    [
        ("", True),
        ("nofollow, noarchive", True),
        ("NOINDEX", False),
        ("none", False),
        ("otherbot: noindex", True),
        ("otherbot: nofollow, liteagent: noindex", False),
        ("robots: noindex", False),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST", True),
        ("otherbot: nofollow, noindex", False),
    ],
)
def test_headers(header: str, *, may_index: bool) -> None:
    assert _read("<p>x</p>", x_robots_tag=header).may_index is may_index
    pdf = FetchResponse(200, {"content-type": "application/pdf", "x-robots-tag": header}, b"", URL)
    assert read_page(pdf) == Page(may_index=may_index)


@pytest.mark.parametrize(
    ("meta", "may_index", "links"),
    [
        ('<meta name="robots" content="noindex">', False, 1),
        ('<meta name="LiteAgent" content="nofollow">', True, 0),
        ('<meta name="googlebot" content="none">', True, 1),
        ('<meta name="robots" content="all"><meta name="robots" content="none">', False, 0),
        ('<meta name="robots">', True, 1),
    ],
)
def test_metas(meta: str, *, may_index: bool, links: int) -> None:
    page = _read(f'{meta}<a href="b">x</a>')
    assert (page.may_index, len(page.links)) == (may_index, links)


def test_what_is_no_page() -> None:
    for html in ("", "\0\0", "<", "<a href='" + "x" * 9_000):
        assert _read(html).may_index
