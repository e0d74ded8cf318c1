"""The pages that a site's sitemaps list."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from anyio import to_thread

from liteagent.contracts.datasource import Listed
from liteagent.contracts.errors import InvalidInputError, ProviderUnavailableError
from liteagent.contracts.fetch import Fetch, FetchRequest, FetchResponse
from liteagent.providers.datasource.url.address import Scope, normal_url, origin_of
from liteagent.providers.datasource.url.cause import status_meaning
from liteagent.providers.datasource.url.config import UrlConfig
from liteagent.providers.datasource.url.pace import Pace
from liteagent.providers.datasource.url.robots import Robots
from liteagent.providers.datasource.url.sitemap import Entry, Sitemap, parse_sitemap

__all__ = ["SitemapPages"]

_MOST_SITEMAPS: Final = 500
_DEEPEST: Final = 3
_MAX_BYTES: Final = 52_428_800


@dataclass(frozen=True, slots=True)
class _Read:
    """A sitemap, and the day on which the server says that it sent it (`YYYY-MM-DD`)."""

    sitemap: Sitemap
    today: str


class SitemapPages:
    """Lists what sitemaps list.

    Args:
        config: The sitemaps, or sites, and the bounds.
        fetch: Reads sitemaps.
        robots: What the sites ask.
        pace: Keeps the distance between requests.
    """

    def __init__(self, config: UrlConfig, fetch: Fetch, robots: Robots, pace: Pace) -> None:
        self._config = config
        self._fetch = fetch
        self._robots = robots
        self._pace = pace

    async def documents(self) -> AsyncIterator[Listed]:
        """Each page once, in the order of the sitemaps; the time of its last change is its version.

        Raises:
            InvalidInputError: A sitemap is not there or not readable.
            ProviderUnavailableError: A sitemap, or a robots.txt, fails at the moment.
            FetchError: A site cannot be reached.
        """
        scope, listed = self._config.scope, set[str]()
        async for read in self._sitemaps():
            for entry in read.sitemap.pages:
                url = normal_url(entry.url, drop_tracking=self._config.drop_tracking)
                if url and url not in listed and await self._wanted(url, scope):
                    listed.add(url)
                    yield Listed(url, url, version=_version(entry, read.today), url=url)
                    if len(listed) >= self._config.max_pages:
                        return

    async def _wanted(self, url: str, scope: Scope) -> bool:
        return scope.holds(url) and await self._robots.allows(url)

    async def _sitemaps(self) -> AsyncIterator[_Read]:
        waiting = deque([(url, 0) for start in self._config.starts for url in await self._of_site(start)])
        seen = {url for url, _ in waiting}
        while waiting and len(seen) <= _MOST_SITEMAPS:
            url, depth = waiting.popleft()
            read = await self._read(url)
            yield read
            for entry in read.sitemap.sitemaps if depth < _DEEPEST else ():
                below = normal_url(entry.url, url, drop_tracking=False)
                if below and below not in seen:
                    seen.add(below)
                    waiting.append((below, depth + 1))

    async def _of_site(self, start: str) -> tuple[str, ...]:
        """The sitemap itself, or those of the site that was named instead of one."""
        if urlsplit(start).path != "/":
            return (start,)
        named = [normal_url(url, start, drop_tracking=False) for url in await self._robots.sitemaps(start)]
        return tuple(dict.fromkeys(filter(None, named))) or (f"{origin_of(start)}/sitemap.xml",)

    async def _read(self, url: str) -> _Read:
        await self._pace.turn()
        response = await self._fetch(FetchRequest("GET", url, max_bytes=_MAX_BYTES, timeout=60.0))
        if not 200 <= response.status < 300:
            raise _failed(url, response.status)
        return _Read(await to_thread.run_sync(parse_sitemap, response.body, url), _day(response))


def _version(entry: Entry, today: str) -> str | None:
    """A day alone tells nothing about a page that may change again on the same day."""
    changed = entry.changed
    if not changed or ("T" not in changed and not changed < today):
        return None
    return f"lastmod:{changed}"


def _day(response: FetchResponse) -> str:
    """In UTC, which no author's day is more than one behind; empty where the server does not say."""
    try:
        found: datetime = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, TypeError, IndexError):
        return ""
    return found.astimezone(UTC).date().isoformat()


def _failed(url: str, status: int) -> InvalidInputError | ProviderUnavailableError:
    message = f"The sitemap {url} cannot be read: {status_meaning(status)}."
    details = {"url": url, "status": status}
    if status == 429 or status >= 500:
        return ProviderUnavailableError(message, details=details)
    return InvalidInputError(message, details=details)
