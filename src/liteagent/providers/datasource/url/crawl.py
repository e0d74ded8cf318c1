"""A site, followed link by link from where it starts, nearest pages first."""

import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from anyio import to_thread

from liteagent.contracts.datasource import Listed, RawDocument
from liteagent.contracts.errors import InvalidInputError, ProviderUnavailableError
from liteagent.contracts.fetch import Fetch, FetchError, FetchRefusedError, FetchRequest, FetchResponse
from liteagent.providers.datasource.url.address import Scope, normal_url
from liteagent.providers.datasource.url.cause import status_meaning
from liteagent.providers.datasource.url.config import UrlConfig
from liteagent.providers.datasource.url.pace import Pace
from liteagent.providers.datasource.url.page import Page, media_type, read_page
from liteagent.providers.datasource.url.robots import Robots

__all__ = ["Crawl", "Keep"]

Keep: TypeAlias = Callable[[RawDocument], None]
"""Is given each document that was read on the way."""

_FETCHES_PER_PAGE: Final = 3
"""Duplicates and dead links cost requests too; so many for each page that is wanted, then it is enough."""

_MOST_SEEN: Final = 200_000
"""Pages may lead to new ones without end."""

_NOT_DOCUMENTS: Final = ("audio/", "font/", "image/", "video/", "application/javascript", "text/css")
_NOT_DOCUMENT_LIST: Final = """
.7z .avi .bmp .bz2 .css .deb .dmg .exe .flac .gif .gz .ico .iso .jar .jpeg .jpg .js .m4a .m4v .map .mjs
.mkv .mov .mp3 .mp4 .msi .ogg .otf .png .rar .rpm .svg .tar .tgz .tif .tiff .ttf .wasm .wav .webm .webp
.whl .woff .woff2 .xz .zip .zst
"""
_NOT_DOCUMENT_SUFFIXES: Final = frozenset(_NOT_DOCUMENT_LIST.split())


@dataclass(slots=True)
class _Progress:
    """What has been seen and listed.

    Attributes:
        waiting: URLs with their distance from the start.
        seen: URLs that were put into `waiting`, or that one of those redirected to.
        listed: Names of documents.
        versions: Of these documents, to know a duplicate by.
        deferred: By name, documents that said that another page is their true address, behind that address.
    """

    scope: Scope
    waiting: deque[tuple[str, int]] = field(default_factory=deque[tuple[str, int]])
    seen: set[str] = field(default_factory=set[str])
    listed: set[str] = field(default_factory=set[str])
    versions: set[str | None] = field(default_factory=set[str | None])
    deferred: dict[str, tuple[str, Listed]] = field(default_factory=dict[str, tuple[str, Listed]])

    def add(self, url: str, depth: int) -> None:
        if url not in self.seen and len(self.seen) < _MOST_SEEN:
            self.seen.add(url)
            self.waiting.append((url, depth))

    def true_address(self, url: str) -> str:
        """Where the pages lead that stand for one another."""
        while url not in self.listed and url in self.deferred:
            url = self.deferred[url][0]
        return url

    def left_over(self) -> Iterator[Listed]:
        """Documents whose true address turned out to be none."""
        for address, listed in self.deferred.values():
            end = self.true_address(address)
            if end not in self.listed and listed.version not in self.versions:
                self.listed |= {end, listed.name}
                yield listed


class Crawl:
    """Finds the documents of a site.

    Args:
        config: Where it starts and how far it goes.
        fetch: Reads pages.
        robots: What the sites ask.
        pace: Keeps the distance between requests.
        keep: Is given what was read.
    """

    def __init__(self, config: UrlConfig, fetch: Fetch, robots: Robots, pace: Pace, keep: Keep) -> None:
        self._config = config
        self._fetch = fetch
        self._robots = robots
        self._pace = pace
        self._keep = keep

    async def documents(self) -> AsyncIterator[Listed]:
        """Each document once, nearest first.

        A page that cannot be read at the moment is listed without a version, so that reading it tells why;
        one that is gone is left out.

        Raises:
            InvalidInputError: A start does not answer with a page, or robots are not wanted there.
            ProviderUnavailableError: A start, or a robots.txt, fails at the moment.
            FetchError: A start cannot be reached.
        """
        progress = _Progress(self._config.scope)
        for start in self._config.starts:
            progress.add(start, 0)
        fetches = self._config.max_pages * _FETCHES_PER_PAGE
        while progress.waiting and fetches and len(progress.listed) < self._config.max_pages:
            fetches -= 1
            url, depth = progress.waiting.popleft()
            if listed := await self._visit(progress, url, depth):
                progress.listed.add(listed.name)
                yield listed
        for listed in islice(progress.left_over(), self._config.max_pages - len(progress.listed)):
            yield listed

    async def _visit(self, progress: _Progress, url: str, depth: int) -> Listed | None:
        if not await self._robots.allows(url):
            if depth == 0:
                raise _not_wanted(url)
            return None
        self._pace.slow_down(await self._robots.delay(url))
        response = await self._get(url, depth)
        if not isinstance(response, FetchResponse):
            return response
        final = await self._arrival(progress, url, depth, response)
        if final is None:
            return None
        if not 200 <= response.status < 300:
            return None if response.status in (404, 410) else Listed(final, final, url=final)
        return await self._read(progress, final, depth, response)

    async def _get(self, url: str, depth: int) -> FetchResponse | Listed | None:
        await self._pace.turn()
        try:
            response = await self._fetch(FetchRequest("GET", url, max_bytes=self._config.max_bytes))
        except FetchRefusedError:
            if depth == 0:
                raise
            return None
        except FetchError as error:
            if depth == 0 and error.code != "fetch_too_large":
                raise
            return Listed(url, url, url=url)
        if depth == 0 and not 200 <= response.status < 300:
            raise _start_failed(url, response.status)
        return response

    async def _arrival(
        self, progress: _Progress, url: str, depth: int, response: FetchResponse
    ) -> str | None:
        """Where the URL leads in the end; None where that is seen already, or out of bounds."""
        final = normal_url(response.url, drop_tracking=self._config.drop_tracking) or url
        if final == url:
            return url
        if depth == 0:
            progress.scope = progress.scope.wider(final)
        if final in progress.seen or not progress.scope.holds(final):
            return None
        progress.seen.add(final)
        return final if await self._robots.allows(final) else None

    async def _read(
        self, progress: _Progress, url: str, depth: int, response: FetchResponse
    ) -> Listed | None:
        page = await to_thread.run_sync(self._parse, response)
        if depth < self._config.max_depth:
            for link in page.links:
                if _may_be_document(link) and progress.scope.holds(link):
                    progress.add(link, depth + 1)
        kind = media_type(response) or ""
        if not page.may_index or kind.startswith(_NOT_DOCUMENTS):
            return None
        version = f"sha256:{hashlib.sha256(response.body).hexdigest()}"
        listed = Listed(url, url, len(response.body), version, url, {"depth": depth})
        if _defer(progress, page, listed, depth) or version in progress.versions:
            return None
        progress.versions.add(version)
        self._keep(RawDocument(url, response.body, media_type(response)))
        return listed

    def _parse(self, response: FetchResponse) -> Page:
        return read_page(response, drop_tracking=self._config.drop_tracking)


def _defer(progress: _Progress, page: Page, listed: Listed, depth: int) -> bool:
    """Whether another page of the site stands for this one; that is visited then."""
    address = page.canonical
    if not address or not progress.scope.holds(address) or progress.true_address(address) == listed.name:
        return False
    progress.deferred[listed.name] = (address, listed)
    progress.add(address, depth)
    return True


def _may_be_document(url: str) -> bool:
    return PurePosixPath(urlsplit(url).path).suffix.lower() not in _NOT_DOCUMENT_SUFFIXES


def _not_wanted(url: str) -> InvalidInputError:
    return InvalidInputError(
        f"The robots.txt of the site asks that {url} be left alone. Start elsewhere, ask its owner to allow "
        "the robot LiteAgent, or name single pages with the mode `page`.",
        details={"url": url},
    )


def _start_failed(url: str, status: int) -> InvalidInputError | ProviderUnavailableError:
    message = f"The crawl cannot start at {url}: {status_meaning(status)}."
    details = {"url": url, "status": status}
    if status == 429 or status >= 500:
        return ProviderUnavailableError(message, details=details)
    return InvalidInputError(message, details=details)
