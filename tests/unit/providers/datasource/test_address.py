"""One spelling for each URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.providers.datasource.url.address import Scope, normal_url


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("HTTP://Example.COM", "http://example.com/"),
        ("https://example.com:443/a#b", "https://example.com/a"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("https://example.com./", "https://example.com/"),
        ("https://example.com/a/./b/../c", "https://example.com/a/c"),
        ("https://example.com/../../a/..", "https://example.com/"),
        ("https://example.com/%7euser/%2fx%c3%a9", "https://example.com/~user/%2Fx%C3%A9"),
        ("https://example.com/ü ?q=ä b", "https://example.com/%C3%BC%20?q=%C3%A4%20b"),
        ("https://example.com/?", "https://example.com/"),
        ("https://example.com/?b=2&a=1&&UTM_Source=x&fbclid=y", "https://example.com/?b=2&a=1"),
        ("https://[2001:DB8::1]:443/", "https://[2001:db8::1]/"),
        ("mailto:a@example.com", None),
        ("javascript:alert(1)", None),
        ("https://me:secret@example.com/", None),
        ("https://@example.com/", None),
        ("https:///path", None),
        ("https://example.com:99999/", None),
        ("https://[::1", None),
        ("", None),
        ("https://example.com/" + "a" * 5000, None),
    ],
)
def test_spellings(text: str, normal: str | None) -> None:
    assert normal_url(text) == normal


def test_references_and_tracking() -> None:
    base = "https://example.com/docs/a.html?x=1"
    assert normal_url("b.html", base) == "https://example.com/docs/b.html"
    assert normal_url("//other.example/x", base) == "https://other.example/x"
    assert normal_url("?y=2&utm_medium=m", base, drop_tracking=False) == (
        "https://example.com/docs/a.html?y=2&utm_medium=m"
    )


@given(st.text(max_size=60), st.text(max_size=20))
def test_a_normal_url_is_its_own_spelling(path: str, query: str) -> None:
    once = normal_url(f"https://example.com/{path}?{query}")
    assert once is None or normal_url(once) == once


def test_a_scope() -> None:
    site = Scope(frozenset({"https://a.example"}))
    assert site.holds("https://a.example/x")
    assert not site.holds("https://a.example.evil/x")
    assert not site.holds("http://a.example/x")
    assert site.wider("https://b.example/").holds("https://b.example/y")
    folder = Scope(site.origins, ("https://a.example/docs/",))
    assert (folder.holds("https://a.example/docs/x"), folder.holds("https://a.example/x")) == (True, False)
