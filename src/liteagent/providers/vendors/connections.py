"""Connections to a vendor's API: no redirects, and enough of them for many calls at once."""

from typing import Any, Final

import httpx2

from liteagent.providers.vendors.endpoint import Endpoint

__all__ = ["open_connections"]

_LONGEST_CONNECT: Final = 10.0
_MOST: Final = 1000
_KEPT: Final = 100


def open_connections(
    endpoint: Endpoint, transport: httpx2.AsyncBaseTransport | None = None, **more: Any
) -> httpx2.AsyncClient:
    """A client whose every silence is bounded by the timeout of `endpoint`.

    Args:
        endpoint: Of it only the timeout counts.
        transport: Carries the requests instead of the network; for tests.
        more: What else the client is told: address, headers, parameters.
    """
    return httpx2.AsyncClient(
        transport=transport,
        timeout=httpx2.Timeout(endpoint.timeout, connect=min(endpoint.timeout, _LONGEST_CONNECT)),
        limits=httpx2.Limits(max_connections=_MOST, max_keepalive_connections=_KEPT),
        follow_redirects=False,
        **more,
    )
