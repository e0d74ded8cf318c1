"""Sitemaps, whole and hostile."""

import gzip
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.errors import InvalidInputError
from liteagent.providers.datasource.url.sitemap import Entry, Sitemap, parse_sitemap

NAME = "https://example.com/sitemap.xml"


def test_entries_with_extensions_and_without_namespace() -> None:
    data = b"""<?xml version="1.0"?>
    <urlset xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url>
      <loc> https://example.com/a </loc><lastmod>2026-01-01</lastmod>
      <image:image><image:loc>https://example.com/a.png</image:loc></image:image>
    </url><url><lastmod>2026-01-02</lastmod></url><url><loc><![CDATA[https://example.com/?a&b]]></loc></url></urlset>"""
    assert parse_sitemap(data, NAME) == Sitemap(
        (Entry("https://example.com/a", "2026-01-01"), Entry("https://example.com/?a&b"))
    )


def test_an_index_has_sitemaps() -> None:
    data = b"<sitemapindex><sitemap><loc>x</loc><lastmod>y</lastmod></sitemap></sitemapindex>"
    assert parse_sitemap(gzip.compress(data, mtime=0), NAME) == Sitemap(sitemaps=(Entry("x", "y"),))


def test_other_encodings() -> None:
    data = '<?xml version="1.0" encoding="ISO-8859-1"?><urlset><url><loc>é</loc></url></urlset>'
    assert parse_sitemap(data.encode("latin-1"), NAME).pages == (Entry("é"),)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset>&b;</urlset>', "document type"),
        (b"<urlset", "well-formed"),
        (b'<?xml version="1.0" encoding="no-such"?><urlset/>', "well-formed"),
        (b"<feed/>", "`feed`"),
        (gzip.compress(b" " * 53_000_000, mtime=0), "longer"),
        (gzip.compress(b"<urlset/>", mtime=0)[:-9], "damaged"),
    ],
)
def test_what_cannot_be_used(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        parse_sitemap(data, NAME)
    assert caught.value.details == {"url": NAME}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(InvalidInputError):
        assert isinstance(parse_sitemap(data, NAME), Sitemap)
