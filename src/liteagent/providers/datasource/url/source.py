"""A data source of web pages: single ones, those of a sitemap, or those that a crawl finds."""

from collections.abc import AsyncIterator

import anyio

from liteagent.contracts.datasource import DataSource, Listed, RawDocument
from liteagent.contracts.errors import DocumentUnreadableError
from liteagent.contracts.fetch import (
    Fetch,
    FetchError,
    FetchRefusedError,
    FetchRequest,
    FetchResponse,
    FetchTooLargeError,
)
from liteagent.contracts.json import JsonObject
from liteagent.providers.datasource.config import read_config
from liteagent.providers.datasource.patience import PatientFetch, Sleep
from liteagent.providers.datasource.url.address import normal_url, origin_of
from liteagent.providers.datasource.url.cause import not_fetched, of_status, unreadable
from liteagent.providers.datasource.url.config import UrlConfig
from liteagent.providers.datasource.url.crawl import Crawl
from liteagent.providers.datasource.url.pace import Pace
from liteagent.providers.datasource.url.page import media_type, read_page
from liteagent.providers.datasource.url.robots import Robots
from liteagent.providers.datasource.url.shelf import Shelf
from liteagent.providers.datasource.url.sitemap_pages import SitemapPages

__all__ = ["UrlSource", "create"]

_ATTEMPTS = 3


class UrlSource:
    """Web pages, and what else is served like them.

    Names and locators are URLs in their one spelling. What a crawl has read is held, within bounds, until
    `read` asks for it; another object of this class reads it again.

    Args:
        config: Which pages.
        fetch: Everything is read through it.
        sleep: Waits between requests.
    """

    def __init__(self, config: UrlConfig, fetch: Fetch, *, sleep: Sleep = anyio.sleep) -> None:
        self._config = config
        self._starts = config.starts
        self._scope = config.scope
        self._sleep = sleep
        self._fetch = PatientFetch(fetch, attempts=_ATTEMPTS, sleep=sleep)
        self._pace = Pace(config.delay, sleep)
        self._shelf = Shelf()

    async def list(self) -> AsyncIterator[Listed]:
        """The documents: pages in the order given, a sitemap's in its own, a crawl's nearest first.

        Raises:
            InvalidInputError: A sitemap or a crawl's start cannot be used; the message says why.
            ProviderUnavailableError: One of them fails at the moment; index again later.
            FetchError: One of them cannot be reached.
        """
        self._shelf.clear()
        async for listed in self._documents():
            yield listed

    async def read(self, listed: Listed) -> RawDocument:
        """One document.

        Raises:
            DocumentUnreadableError: It is not there, too large, or does not want to be read; the message says
                which, and the details have the `status` or the `cause`.
            ProviderRateLimitedError: The site says that too much was asked of it.
            ProviderUnavailableError: The site fails at the moment.
            FetchError: It cannot be reached.
        """
        if held := self._shelf.take(listed.name):
            return held
        response = await self._get(listed)
        if not 200 <= response.status < 300:
            raise of_status(listed, response)
        if self._config.mode != "page":
            self._check_wishes(listed, response)
        return RawDocument(listed.name, response.body, media_type(response))

    def _documents(self) -> AsyncIterator[Listed]:
        if self._config.mode == "page":
            return self._pages()
        robots = Robots(self._fetch)
        if self._config.mode == "sitemap":
            return SitemapPages(self._config, self._fetch, robots, self._pace).documents()
        return Crawl(self._config, self._fetch, robots, self._pace, self._shelf.put).documents()

    async def _pages(self) -> AsyncIterator[Listed]:
        for url in self._starts:
            yield await self._peek(url)

    async def _peek(self, url: str) -> Listed:
        """The page with what its headers tell; without that where they cannot be had."""
        await self._pace.turn()
        try:
            response = await self._fetch(FetchRequest("HEAD", url))
        except (FetchError, FetchRefusedError):
            return Listed(url, url, url=url)
        if not 200 <= response.status < 300:
            return Listed(url, url, url=url)
        final = normal_url(response.url, drop_tracking=False) or url
        moved = {} if final == url else {"redirected_to": final}
        return Listed(url, url, version=_version(response), url=final, metadata=moved)

    async def _get(self, listed: Listed) -> FetchResponse:
        await self._pace.turn()
        request = FetchRequest("GET", listed.locator, max_bytes=self._config.max_bytes)
        try:
            return await self._fetch(request)
        except (FetchRefusedError, FetchTooLargeError) as error:
            raise not_fetched(listed, error) from error

    def _check_wishes(self, listed: Listed, response: FetchResponse) -> None:
        """What was found by itself may have moved away, or ask not to be found, since it was listed.

        Raises:
            DocumentUnreadableError: It has.
        """
        final = normal_url(response.url) or listed.locator
        if not self._scope.holds(final) and origin_of(final) != origin_of(listed.locator):
            raise unreadable(listed, f"it redirects to {final}, which is outside of the source", url=final)
        if not read_page(response).may_index:
            raise _asks_not_to_be_found(listed)


def create(config: JsonObject, fetch: Fetch) -> DataSource:
    """The source, as the entry point `liteagent.datasource` makes it from a `UrlConfig`.

    Raises:
        InvalidInputError: No URL is given, or one cannot be read.
    """
    return UrlSource(read_config(UrlConfig, config), fetch)


def _version(response: FetchResponse) -> str | None:
    if tag := response.headers.get("etag", "").strip():
        return f"etag:{tag}"
    changed = response.headers.get("last-modified", "").strip()
    return f"last-modified:{changed}" if changed else None


def _asks_not_to_be_found(listed: Listed) -> DocumentUnreadableError:
    return unreadable(listed, "it asks not to be indexed (`noindex`)")
