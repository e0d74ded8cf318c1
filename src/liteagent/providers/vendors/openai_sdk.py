"""The official SDK as we want it: no retries, no redirects, nothing out of the environment."""

from typing import Final

import httpx2
import openai

from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.openai_errors import ErrorTranslator

__all__ = ["open_client", "translator"]

_NO_KEY: Final = "not-needed"
_LONGEST_CONNECT: Final = 10.0


def open_client(endpoint: Endpoint, transport: httpx2.AsyncBaseTransport | None = None) -> openai.AsyncOpenAI:
    """A client of `endpoint`; whether to try again is decided by who calls it.

    Args:
        endpoint: Without a key a placeholder is sent, since the SDK wants one.
        transport: Carries the requests instead of the network; for tests.
    """
    timeout = httpx2.Timeout(endpoint.timeout, connect=min(endpoint.timeout, _LONGEST_CONNECT))
    client = openai.AsyncOpenAI(
        api_key=endpoint.api_key or _NO_KEY,
        base_url=endpoint.base_url,
        default_headers=dict(endpoint.headers),
        timeout=timeout,
        max_retries=0,
        http_client=httpx2.AsyncClient(
            transport=transport,
            timeout=timeout,
            limits=httpx2.Limits(max_connections=1000, max_keepalive_connections=100),
            follow_redirects=False,
        ),
    )
    # The SDK takes these from the environment; another vendor's server must not be told them.
    client.organization = client.project = None
    return client


def translator(endpoint: Endpoint, protocol: str = "OpenAI's", root: str = "/v1") -> ErrorTranslator:
    """What makes our errors out of those of `endpoint`, its secrets left out.

    Args:
        endpoint: Where it is.
        protocol: Whose format its answers have, for messages.
        root: What `base_url` often ends in, for messages.
    """
    url = httpx2.URL(endpoint.base_url)
    where = f"{url.scheme}://{url.netloc.decode('ascii')}"
    secrets = [endpoint.api_key or "", *endpoint.headers.values(), url.password, *url.params.values()]
    return ErrorTranslator(where, endpoint.timeout, secrets, protocol, root)
