"""The embedder `openai`: OpenAI's own API."""

from typing import TYPE_CHECKING, Final

from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderLimits, TextKind
from liteagent.providers.embedding.openai_compatible import open_embedder
from liteagent.providers.embedding.options import Options

if TYPE_CHECKING:
    import httpx2

__all__ = ["create"]

_BASE_URL: Final = "https://api.openai.com/v1"
# The API takes 2048 texts, 8192 tokens of each and 300,000 tokens of all; a call of that size takes long.
_LIMITS: Final = EmbedderLimits(texts=256, characters=200_000, text_characters=24_000)


def create(config: EmbedderConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> Embedder:
    """An embedder of OpenAI.

    Args:
        config: Model and key; an address only for a proxy. Options: `encoding_format`, `query_prefix`,
            `passage_prefix`, `batch_texts`, `batch_characters`, `text_characters`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    options = Options("openai", config)
    bodies: dict[TextKind, dict[str, object]] = {"query": {}, "passage": {}}
    return open_embedder("openai", config, options, _BASE_URL, _LIMITS, bodies, {}, transport)
