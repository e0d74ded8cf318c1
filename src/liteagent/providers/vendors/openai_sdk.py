"""The official SDK as we want it: no retries, no redirects, nothing out of the environment."""

from dataclasses import dataclass
from typing import Any, Final

import httpx2
import openai

from liteagent.providers.vendors.connections import open_connections
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.openai_errors import ErrorTranslator

__all__ = ["Azure", "open_client", "translator"]

_NO_KEY: Final = "not-needed"


@dataclass(frozen=True, slots=True)
class Azure:
    """What Azure wants to know besides the resource's address.

    Attributes:
        api_version: Like 2024-10-21.
        deployment: The deployment's name; None where it is the model's.
    """

    api_version: str
    deployment: str | None = None


def open_client(
    endpoint: Endpoint, transport: httpx2.AsyncBaseTransport | None = None, azure: Azure | None = None
) -> openai.AsyncOpenAI:
    """A client of `endpoint`; whether to try again is decided by who calls it.

    Args:
        endpoint: Without a key a placeholder is sent, since the SDK wants one.
        transport: Carries the requests instead of the network; for tests.
        azure: Set where `endpoint` is a resource of Azure.
    """
    connections = open_connections(endpoint, transport)
    address = httpx2.URL(endpoint.base_url)
    root = str(address.copy_with(query=None, fragment=None))
    settings: dict[str, Any] = {
        "api_key": endpoint.api_key or _NO_KEY,
        "default_headers": dict(endpoint.headers),
        "default_query": {**dict(address.params), **endpoint.query},
        "timeout": connections.timeout,
        "max_retries": 0,
        "http_client": connections,
    }
    if azure is None:
        client = openai.AsyncOpenAI(base_url=root, **settings)
    else:
        client = openai.AsyncAzureOpenAI(
            azure_endpoint=root,
            azure_deployment=azure.deployment,
            api_version=azure.api_version,
            **settings,
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
    return ErrorTranslator(
        endpoint, protocol, root=f"Check that base_url is the API's root (it often ends in {root})."
    )
