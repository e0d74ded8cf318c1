"""What a source of web pages can be told."""

from dataclasses import dataclass
from typing import Literal

from liteagent.contracts.errors import InvalidInputError
from liteagent.providers.datasource.config import option
from liteagent.providers.datasource.url.address import Scope, normal_url, origin_of

__all__ = ["UrlConfig"]


@dataclass(frozen=True, slots=True)
class UrlConfig:
    """The configuration of a source of web pages."""

    source_path: str = option("", "The URL of the page, the sitemap or the site, or where the crawl starts.")
    urls: tuple[str, ...] = option((), "Further URLs of the same kind.")
    mode: Literal["page", "sitemap", "crawl"] = option(
        "page",
        "`page`: these pages only. `sitemap`: what the sitemap lists; of a site without a path, the sitemaps "
        "that its robots.txt names, else /sitemap.xml. `crawl`: these pages and what they lead to.",
    )
    max_pages: int = option(
        500, "The most pages that a sitemap or a crawl brings.", minimum=1, maximum=20_000
    )
    max_depth: int = option(3, "How many links a crawl goes away from its start.", minimum=0, maximum=20)
    allowed_prefixes: tuple[str, ...] = option(
        (), "What the URLs of a sitemap or a crawl may begin with; by default they stay on the same site."
    )
    delay: float = option(
        0.5, "Seconds between two requests; a longer Crawl-delay of the site counts.", minimum=0, maximum=60
    )
    drop_tracking: bool = option(
        True, "Leave out parameters that only tell where a reader came from (`utm_source`, `gclid`)."
    )
    max_bytes: int = option(
        10_000_000, "How long one document may be.", minimum=1_000, maximum=50 * 1024 * 1024
    )

    @property
    def starts(self) -> tuple[str, ...]:
        """The URLs in their one spelling, each once.

        Raises:
            InvalidInputError: There is none, or one is no http or https URL.
        """
        given = [url for url in (self.source_path, *self.urls) if url.strip()]
        if not given:
            raise InvalidInputError("A URL source needs `source_path` or `urls`: where to read.")
        return tuple(dict.fromkeys(self._normal(url) for url in given))

    @property
    def scope(self) -> Scope:
        """Where a crawl may go; raises as `starts`."""
        prefixes = tuple(self._normal(prefix) for prefix in self.allowed_prefixes)
        return Scope(frozenset(map(origin_of, self.starts)), prefixes)

    def _normal(self, url: str) -> str:
        found = normal_url(url, drop_tracking=self.drop_tracking)
        if found is None:
            raise InvalidInputError(
                f"{url[:200]!r} is no address that can be read. Write it as https://host/path, without a user"
                " name."
            )
        return found
