"""Web pages, sitemaps and crawls of served sites, through the real safe fetch."""

import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import pytest

from liteagent.contracts.datasource import Listed
from liteagent.contracts.errors import (
    DocumentUnreadableError,
    InvalidInputError,
    LiteAgentError,
    ProviderUnavailableError,
)
from liteagent.contracts.fetch import FetchError
from liteagent.infra.fetch.client import SafeFetch
from liteagent.providers.datasource.config import read_config
from liteagent.providers.datasource.url.config import UrlConfig
from liteagent.providers.datasource.url.source import UrlSource, create
from tests.features.sources.naps import Naps
from tests.features.sources.serving import Answer, serving, webserver
from tests.features.sources.site import Site, html, page


class _Web:
    """Sites, and fresh sources over the first of them."""

    def __init__(self, fetch: SafeFetch, naps: Naps, stack: AsyncExitStack) -> None:
        self.fetch, self.naps = fetch, naps
        self._stack = stack
        self.root = ""
        self.site = Site({})

    async def serve(self, answers: Mapping[str, Answer | list[Answer]]) -> str:
        site = Site(answers)
        url = await self._stack.enter_async_context(serving(webserver(site)))
        if not self.root:
            self.root, self.site = url, site
        return url

    def source(self, path: str = "/", **config: object) -> UrlSource:
        given = {"source_path": self.root + path, "delay": 0, **config}
        return UrlSource(read_config(UrlConfig, given), self.fetch, sleep=self.naps)  # pyright: ignore[reportArgumentType]

    async def listed(self, path: str = "/", **config: object) -> list[Listed]:
        return [each async for each in self.source(path, **config).list()]

    async def crawled(self, path: str = "/", **config: object) -> list[str]:
        listed = await self.listed(path, mode="crawl", **config)
        return [each.name.removeprefix(self.root) for each in listed]


Web = Callable[[Mapping[str, Answer | list[Answer]]], Awaitable[_Web]]


@pytest.fixture
async def web(fetch: SafeFetch, naps: Naps) -> AsyncGenerator[Web]:
    async with AsyncExitStack() as stack:
        made = _Web(fetch, naps, stack)

        async def serve(answers: Mapping[str, Answer | list[Answer]]) -> _Web:
            await made.serve(answers)
            return made

        yield serve


async def test_pages_with_what_their_headers_tell(web: Web) -> None:
    tagged = page(text="A", etag='"v1"')
    dated = page(text="B", last_modified="Sat, 21 Nov 2026 12:00:00 GMT")
    here = await web({"/a": tagged, "/b": dated, "/c": page(text="C")})
    a, b, c = await here.listed("/a", urls=[f"{here.root}/b", f"{here.root}/c", f"{here.root}/a#top"])
    assert (a.name, a.version, a.url) == (f"{here.root}/a", 'etag:"v1"', f"{here.root}/a")
    assert (b.version, c.version) == ("last-modified:Sat, 21 Nov 2026 12:00:00 GMT", None)
    assert here.site.count("/a") == 0
    raw = await here.source("/a").read(a)
    assert (raw.data, raw.media_type) == (html(text="A"), "text/html")


async def test_a_redirect_is_recorded(web: Web) -> None:
    here = await web({"/old": Answer(301, headers={"location": "/new"}), "/new": page(text="New")})
    (listed,) = await here.listed("/old")
    assert (listed.name, listed.url) == (f"{here.root}/old", f"{here.root}/new")
    assert listed.metadata == {"redirected_to": f"{here.root}/new"}
    assert (await here.source("/old").read(listed)).data == html(text="New")


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "document_unreadable", "login"),
        (403, "document_unreadable", "refuses"),
        (404, "document_unreadable", "not there"),
        (410, "document_unreadable", "for good"),
        (418, "document_unreadable", "418"),
        (429, "provider_rate_limited", "asked"),
        (500, "provider_unavailable", "500"),
        (503, "provider_unavailable", "503"),
    ],
)
async def test_each_page_has_its_own_cause(web: Web, status: int, code: str, said: str) -> None:
    here = await web({"/bad": Answer(status), "/good": page(text="Good")})
    source = here.source("/bad", urls=[f"{here.root}/good"])
    bad, good = [each async for each in source.list()]
    with pytest.raises(LiteAgentError, match=said) as caught:
        await source.read(bad)
    assert caught.value.error_code == code
    assert caught.value.details == {"name": bad.name, "status": status}
    assert (await source.read(good)).data == html(text="Good")


async def test_what_cannot_be_fetched_has_its_cause_too(web: Web) -> None:
    here = await web({"/long": Answer(200, b"x" * 2_000)})
    source = here.source("/long", urls=["http://127.0.0.1:9/", "http://10.0.0.1/"], max_bytes=1_000)
    causes: list[str] = []
    for listed in [each async for each in source.list()]:
        with pytest.raises(LiteAgentError, match="http://") as caught:
            await source.read(listed)
        causes.append(caught.value.details.get("cause", caught.value.error_code))
    assert causes == ["fetch_too_large", "fetch_failed", "fetch_refused"]


async def test_a_crawl_goes_by_distance_and_stays_on_its_site(web: Web) -> None:
    here = await web(
        {
            "/": page("/b", "a.html#x", "/pic.png", "https://elsewhere.example/", "mailto:x@y", "/gone"),
            "/a.html": page("/deep", "/b?utm_source=a", text="A"),
            "/b": page("/", text="B"),
            "/deep": page("/deeper", text="D"),
            "/deeper": page(text="E"),
        }
    )
    assert await here.crawled() == ["/", "/b", "/a.html", "/deep", "/deeper"]
    assert await here.crawled(max_depth=1) == ["/", "/b", "/a.html"]
    assert await here.crawled(max_depth=0) == ["/"]
    assert await here.crawled(max_pages=2) == ["/", "/b"]
    assert here.site.count("/pic.png") == 0


async def test_a_crawl_reads_nothing_twice_and_can_be_taken_up_later(web: Web) -> None:
    here = await web({"/": page("/b"), "/b": page(text="B")})
    source = here.source(mode="crawl")
    first, second = [each async for each in source.list()]
    assert (await source.read(first)).data == html("/b")
    assert (await source.read(second)).media_type == "text/html"
    assert (here.site.count("/"), here.site.count("/b")) == (1, 1)
    assert (await here.source(mode="crawl").read(second)).data == html(text="B")
    assert here.site.count("/b") == 2


async def test_the_version_of_a_crawled_page_is_its_content(web: Web) -> None:
    here = await web({"/": [page(text="1"), page(text="1"), page(text="2")]})
    one, same, other = [(await here.listed(mode="crawl"))[0].version for _ in range(3)]
    assert one == same != other


ROBOTS = b"""
User-agent: *
Disallow: /

User-agent: LiteAgent
Crawl-delay: 7
Disallow: /private
Allow: /private/open
Disallow: /*.pdf$
Sitemap: {root}/map.xml
"""


async def test_robots_are_obeyed_in_the_group_of_this_crawler(web: Web) -> None:
    here = await web(
        {
            "/robots.txt": Answer(200, ROBOTS),
            "/": page("/private/a", "/private/open/b", "/c.pdf", "/c.pdfx"),
            "/private/a": page(text="a"),
            "/private/open/b": page(text="b"),
            "/c.pdfx": page(text="c"),
            "/to-private": Answer(302, headers={"location": "/private/a"}),
        }
    )
    assert await here.crawled() == ["/", "/private/open/b", "/c.pdfx"]
    assert here.site.count("/private/a") == here.site.count("/c.pdf") == 0
    assert [round(nap) for nap in here.naps.seconds] == [7, 14][: len(here.naps.seconds)] != []
    assert here.site.heard[0].headers["user-agent"].startswith("LiteAgent")
    with pytest.raises(InvalidInputError, match=r"robots\.txt"):
        await here.crawled("/private/a")


async def test_a_site_whose_robots_cannot_be_read_is_left_alone(web: Web) -> None:
    here = await web({"/robots.txt": Answer(503), "/": page()})
    with pytest.raises(ProviderUnavailableError, match="503"):
        await here.crawled()
    assert here.site.count("/") == 0


async def test_wishes_in_pages_and_headers(web: Web) -> None:
    here = await web(
        {
            "/": page("/noindex", "/nofollow", "/header", "/other", "/ours"),
            "/noindex": page("/behind", head='<meta name="ROBOTS" content="NoIndex">', text="1"),
            "/behind": page(text="2"),
            "/nofollow": page("/hidden", head='<meta name="robots" content="index, nofollow">', text="3"),
            "/header": page("/hidden", text="4", x_robots_tag="none"),
            "/other": page("/shown", text="5", x_robots_tag="googlebot: noindex"),
            "/ours": page(text="6", x_robots_tag="LiteAgent: noindex"),
            "/shown": page('/hidden" rel="nofollow', text="7"),
            "/hidden": page(text="8"),
        }
    )
    assert await here.crawled() == ["/", "/nofollow", "/other", "/behind", "/shown"]
    assert here.site.count("/hidden") == 0
    now_hidden = Listed(f"{here.root}/noindex", f"{here.root}/noindex")
    with pytest.raises(DocumentUnreadableError, match="noindex"):
        await here.source(mode="crawl").read(now_hidden)
    assert (await here.source(mode="page").read(now_hidden)).data


async def test_one_document_under_many_addresses(web: Web) -> None:
    def canonical(url: str, text: str) -> Answer:
        return page(head=f'<link rel="canonical" href="{url}">', text=text)

    here = await web(
        {
            "/": page("/print", "/page", "/twin", "/orphan", "/left", "/elsewhere", "/moved"),
            "/print": canonical("/page", "print"),
            "/page": canonical("/page", "page"),
            "/twin": canonical("/page", "page"),
            "/orphan": canonical("/nothing", "orphan"),
            "/left": canonical("/right", "left"),
            "/right": canonical("/left", "right"),
            "/elsewhere": canonical("https://elsewhere.example/", "e"),
            "/moved": Answer(308, headers={"location": "/page"}),
        }
    )
    found = await here.crawled()
    assert found == ["/", "/page", "/elsewhere", "/right", "/orphan"]


async def test_a_page_that_fails_for_the_moment_stays_listed(web: Web) -> None:
    here = await web({"/": page("/down", "/gone"), "/down": Answer(500), "/gone": Answer(410)})
    listed = await here.listed(mode="crawl")
    assert [each.name.removeprefix(here.root) for each in listed] == ["/", "/down"]
    assert listed[1].version is None


async def test_a_crawl_that_cannot_start(web: Web) -> None:
    here = await web({"/down": Answer(500)})
    with pytest.raises(InvalidInputError, match="not there"):
        await here.crawled("/nothing")
    with pytest.raises(ProviderUnavailableError, match="500"):
        await here.crawled("/down")
    with pytest.raises(FetchError):
        await here.crawled(source_path="http://127.0.0.1:9/")


async def test_a_site_without_end(web: Web) -> None:
    here = await web({})

    class Endless(dict[str, Answer | list[Answer]]):
        def get(self, key: str, default: object = None) -> Answer:
            if key == "/robots.txt":
                return Answer(404)
            # The same bytes everywhere, so that no page counts, and links that are ever longer.
            return page(*(f"{n}/" for n in range(3)), text="same")

    here.site.answers = Endless()
    assert await here.crawled(max_pages=10, max_depth=20) == ["/"]
    assert len(here.site.heard) == 1 + 30


async def test_prefixes_narrow_and_widen(web: Web) -> None:
    here = await web({})
    other = await here.serve({"/x": page("/y", text="x"), "/y": page(text="y")})
    here.site.answers = {"/docs/": page("/docs/a", "/blog", f"{other}/x"), "/docs/a": page(text="a")}
    prefixes = [f"{here.root}/docs/", f"{other}/x"]
    assert await here.crawled("/docs/", allowed_prefixes=prefixes) == ["/docs/", "/docs/a", f"{other}/x"]
    assert here.site.count("/blog") == 0


async def test_documents_that_are_no_pages(web: Web) -> None:
    pdf = Answer(200, b"%PDF-1.7", {"content-type": "application/pdf"})
    picture = Answer(200, b"\x89PNG", {"content-type": "image/png"})
    here = await web({"/": page("/paper", "/picture"), "/paper": pdf, "/picture": picture})
    source = here.source(mode="crawl")
    _, paper = [each async for each in source.list()]
    assert (await source.read(paper)).media_type == "application/pdf"


def _urlset(*entries: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        + "".join(f"<url>{entry}</url>" for entry in entries)
        + "</urlset>"
    ).encode()


def _index(*urls: str) -> bytes:
    listed = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return (
        f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'.encode()
    )


async def test_a_sitemap_tells_versions(web: Web) -> None:
    here = await web({})
    root = here.root
    entries = [
        f"<loc> {root}/a?x=1&amp;y=2 </loc><lastmod>2026-11-20T10:00:00+00:00</lastmod>",
        f"<loc>{root}/b</loc><lastmod>2026-11-20</lastmod>",
        f"<loc>{root}/today</loc><lastmod>2026-11-21</lastmod>",
        f"<loc>{root}/c</loc>",
        "<loc>https://elsewhere.example/</loc>",
        f"<loc>{root}/a?x=1&amp;y=2#again</loc>",
    ]
    today = {"date": "Sat, 21 Nov 2026 12:00:00 GMT"}
    here.site.answers = {"/map.xml": Answer(200, _urlset(*entries), today), "/b": page(text="B")}
    listed = await here.listed("/map.xml", mode="sitemap")
    assert [(each.name.removeprefix(root), each.version) for each in listed] == [
        ("/a?x=1&y=2", "lastmod:2026-11-20T10:00:00+00:00"),
        ("/b", "lastmod:2026-11-20"),
        ("/today", None),
        ("/c", None),
    ]
    assert (await here.source("/map.xml", mode="sitemap").read(listed[1])).data == html(text="B")
    assert len(await here.listed("/map.xml", mode="sitemap", max_pages=2)) == 2


async def test_sitemaps_of_a_site(web: Web) -> None:
    here = await web({})
    root = here.root
    here.site.answers = {
        "/robots.txt": Answer(200, b"User-agent: *\nDisallow: /b\nSitemap: " + f"{root}/index.xml".encode()),
        "/index.xml": Answer(200, _index(f"{root}/1.xml.gz", f"{root}/2.txt", f"{root}/index.xml")),
        "/1.xml.gz": Answer(200, gzip.compress(_urlset(f"<loc>{root}/a</loc>", f"<loc>{root}/b</loc>"))),
        "/2.txt": Answer(200, f"\ufeff{root}/c\n\n{root}/a\n".encode()),
    }
    assert [each.name.removeprefix(root) for each in await here.listed(mode="sitemap")] == ["/a", "/c"]
    here.site.answers = {"/sitemap.xml": Answer(200, _urlset(f"<loc>{root}/d</loc>"))}
    assert [each.name.removeprefix(root) for each in await here.listed(mode="sitemap")] == ["/d"]


@pytest.mark.parametrize(
    "body", [b"<html></html>", b"<urlset><url>", b"", _index("x")[:-3], b"\x1f\x8bnothing"]
)
async def test_a_sitemap_that_is_none(web: Web, body: bytes) -> None:
    here = await web({"/map.xml": Answer(200, body)})
    if not body:
        assert await here.listed("/map.xml", mode="sitemap") == []
        return
    with pytest.raises(InvalidInputError, match="cannot be used"):
        await here.listed("/map.xml", mode="sitemap")


async def test_a_sitemap_that_is_not_there_loses_no_documents(web: Web) -> None:
    here = await web({"/index.xml": Answer(200, _index("/down.xml")), "/down.xml": Answer(502)})
    with pytest.raises(InvalidInputError, match="not there"):
        await here.listed("/none.xml", mode="sitemap")
    with pytest.raises(ProviderUnavailableError, match="502"):
        await here.listed("/index.xml", mode="sitemap")


async def test_a_listed_page_that_moved_out(web: Web) -> None:
    here = await web({})
    other = await here.serve({"/": page(text="other")})
    here.site.answers = {"/a": Answer(302, headers={"location": other})}
    listed = Listed(f"{here.root}/a", f"{here.root}/a")
    with pytest.raises(DocumentUnreadableError, match="outside"):
        await here.source(mode="sitemap").read(listed)


async def test_requests_keep_their_distance(web: Web) -> None:
    here = await web({"/": page("/a", "/b"), "/a": page(text="a"), "/b": page(text="b")})
    await here.crawled(delay=5)
    assert [round(nap) for nap in here.naps.seconds] == [5, 10]


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"source_path": "file:///etc/passwd"},
        {"urls": ["nonsense"]},
        {"source_path": "http://a", "mode": "all"},
        {"source_path": "http://a", "max_depth": 21},
        {"source_path": "http://a", "allowed_prefixes": ["x"]},
    ],
)
async def test_a_configuration_of_no_use(fetch: SafeFetch, config: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        create(config, fetch)  # pyright: ignore[reportArgumentType]
