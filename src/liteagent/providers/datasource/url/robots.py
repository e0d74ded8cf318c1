"""What a site asks robots to leave alone."""

from typing import Final

from anyio import to_thread
from protego import Protego

from liteagent.contracts.errors import ProviderUnavailableError
from liteagent.contracts.fetch import Fetch, FetchRequest, FetchResponse
from liteagent.providers.datasource.url.address import origin_of

__all__ = ["ROBOT", "Robots"]

ROBOT: Final = "LiteAgent"
"""The name that groups of a robots.txt know this crawler by."""

_MAX_BYTES: Final = 512_000
_LONGEST_DELAY: Final = 30.0


class Robots:
    """The robots.txt of each site that is asked about, read once (RFC 9309).

    Args:
        fetch: Reads them.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known: dict[str, Protego] = {}

    async def allows(self, url: str) -> bool:
        """Whether the site of a URL lets this crawler read it.

        Raises:
            ProviderUnavailableError: Its robots.txt cannot be read at the moment, so nothing may be.
            FetchError: The same, for the site cannot be reached.
        """
        return (await self._rules(url)).can_fetch(url, ROBOT)

    async def delay(self, url: str) -> float:
        """Seconds between two requests that the site of a URL asks for, 30 at most; raises as `allows`."""
        return min((await self._rules(url)).crawl_delay(ROBOT) or 0.0, _LONGEST_DELAY)

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """The sitemaps that the site of a URL names; raises as `allows`."""
        return tuple((await self._rules(url)).sitemaps)

    async def _rules(self, url: str) -> Protego:
        origin = origin_of(url)
        if origin not in self._known:
            request = FetchRequest("GET", f"{origin}/robots.txt", max_bytes=_MAX_BYTES)
            response = await self._fetch(request)
            self._known[origin] = await to_thread.run_sync(_parsed, origin, response)
        return self._known[origin]


def _parsed(origin: str, response: FetchResponse) -> Protego:
    if response.status == 429 or response.status >= 500:
        raise ProviderUnavailableError(
            f"{origin}/robots.txt answers with the status {response.status}, so it is not known what may be "
            "read. Index the source again later.",
            details={"url": f"{origin}/robots.txt", "status": response.status},
        )
    said = response.body.decode("utf-8-sig", "replace") if response.status < 300 else ""
    return Protego.parse(said)
