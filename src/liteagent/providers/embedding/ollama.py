"""The embedder `ollama`: models that an Ollama server has pulled."""

from typing import TYPE_CHECKING, Final

from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderLimits
from liteagent.contracts.errors import ConfigurationError
from liteagent.providers.embedding.options import Options, identity
from liteagent.providers.vendors.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx2

__all__ = ["create"]

_BASE_URL: Final = "http://localhost:11434"


def create(config: EmbedderConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> Embedder:
    """An embedder at an Ollama server, by default that of this machine.

    Args:
        config: Model, and the server's address without /v1 or /api. Options: `truncate` (true cuts what the
            model cannot read, false has it refused), `keep_alive` (like "5m"), `options` (an object: num_ctx
            and others), `query_prefix`, `passage_prefix`, `batch_texts`, `batch_characters`,
            `text_characters`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `openai`, whose connections are used, is not installed.
    """
    options = Options("ollama", config)
    prefixes, limits = options.prefixes(), options.limits(EmbedderLimits())
    model_options = options.object("options")
    wanted: dict[str, object] = {
        "dimensions": config.dimensions,
        "keep_alive": options.text("keep_alive"),
        "options": model_options,
    }
    body = {"model": config.model, "truncate": options.flag("truncate", default=True)}
    body |= {name: value for name, value in wanted.items() if value}
    options.finish()
    changes = {"prefixes": any(prefixes.values()) and prefixes, "options": model_options}
    model = identity("ollama", config, changes)
    endpoint = Endpoint(config.base_url or _BASE_URL, config.api_key, config.headers, config.timeout)
    try:
        from liteagent.providers.embedding.ollama_wire import OllamaWire
        from liteagent.providers.embedding.wire_embedder import WireEmbedder
        from liteagent.providers.vendors.openai_sdk import translator
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The embedder 'ollama' needs the package {error.name!r}. "
            "Install it with: pip install 'liteagent[openai]'."
        ) from error
    return WireEmbedder(
        model=model,
        limits=limits,
        prefixes=prefixes,
        dimensions=config.dimensions,
        wire=OllamaWire(body),
        endpoint=endpoint,
        errors=translator(endpoint, "Ollama's", ":11434"),
        transport=transport,
    )
