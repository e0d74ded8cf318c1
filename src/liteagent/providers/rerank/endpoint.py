"""The reranker `endpoint`: any server with a route /rerank in the manner of Cohere, Jina, Voyage or TEI."""

from typing import TYPE_CHECKING

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.reranking import Reranker, RerankerConfig
from liteagent.providers.vendors.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx2

__all__ = ["create"]


def create(config: RerankerConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> Reranker:
    """A reranker behind `POST {base_url}/rerank`.

    Args:
        config: `base_url` is the API's root: `https://api.cohere.com/v2`, `https://api.jina.ai/v1`, or the
            address of a TEI server, which serves one model and needs no `model`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The address, the key, a header or the timeout is unusable.
        ConfigurationError: The package `openai`, whose connections are used, is not installed.
    """
    endpoint = Endpoint(config.base_url or "", config.api_key, config.headers, config.timeout)
    try:
        from liteagent.providers.rerank.wire_reranker import WireReranker
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The reranker 'endpoint' needs the package {error.name!r}. "
            "Install it with: pip install 'liteagent[openai]'."
        ) from error
    return WireReranker(config.model, endpoint, transport)
