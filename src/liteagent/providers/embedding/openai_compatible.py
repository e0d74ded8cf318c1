"""The embedder `openai_compatible`: vLLM, TEI, llama.cpp, LM Studio, LocalAI, gateways and others.

Importing this module costs nothing; the SDK is loaded by `create`, which takes about half a second the first
time in a process and belongs in a thread where an event loop runs.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, cast

from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderLimits, TextKind
from liteagent.contracts.errors import ConfigurationError
from liteagent.providers.embedding.options import Options, identity
from liteagent.providers.vendors.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx2

__all__ = ["create", "open_embedder"]

_DEFAULT_BASE_URL: Final = "http://localhost:8000/v1"


def create(config: EmbedderConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> Embedder:
    """An embedder at `config.base_url`; without one, at port 8000 of this machine.

    Without an `api_key` a placeholder is sent, since servers on the own machine ask for none.

    Args:
        config: Model, key, address, headers, timeout, dimensions. Options: `body`, `query_body` and
            `passage_body` (objects that are added to the request: always, or for that kind of text),
            `query_prefix`, `passage_prefix`, `encoding_format` (auto, base64, float), `batch_texts`,
            `batch_characters`, `text_characters`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    options = Options("openai_compatible", config)
    always = options.object("body")
    bodies: dict[TextKind, Mapping[str, object]] = {
        "query": {**always, **options.object("query_body")},
        "passage": {**always, **options.object("passage_body")},
    }
    changes = {"bodies": any(bodies.values()) and bodies}
    return open_embedder(
        "openai_compatible", config, options, _DEFAULT_BASE_URL, EmbedderLimits(), bodies, changes, transport
    )


def open_embedder(
    vendor: str,
    config: EmbedderConfig,
    options: Options,
    base_url: str,
    limits: EmbedderLimits,
    bodies: Mapping[TextKind, Mapping[str, object]],
    changes: Mapping[str, object],
    transport: "httpx2.AsyncBaseTransport | None",
) -> Embedder:
    """An embedder of `vendor`, which speaks OpenAI's protocol; `base_url` and `limits` stand in.

    `bodies` are the fields that a kind of text adds, and `changes` what of the options changes the vectors.

    Raises:
        InvalidInputError: What the configuration says is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    prefixes = options.prefixes()
    asked = options.choice("encoding_format", "auto", "base64", "float")
    limits = options.limits(limits)
    options.finish()
    model = identity(vendor, config, {"prefixes": any(prefixes.values()) and prefixes, **changes})
    endpoint = Endpoint(config.base_url or base_url, config.api_key, config.headers, config.timeout)
    try:
        from liteagent.providers.embedding.openai_wire import OpenAIWire
        from liteagent.providers.embedding.wire_embedder import WireEmbedder
        from liteagent.providers.vendors.openai_sdk import translator
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The embedder {vendor!r} needs the package {error.name!r}. "
            "Install it with: pip install 'liteagent[openai]'."
        ) from error
    encoding = None if asked == "auto" else cast("Literal['base64', 'float']", asked)
    return WireEmbedder(
        model=model,
        limits=limits,
        prefixes=prefixes,
        dimensions=config.dimensions,
        wire=OpenAIWire(config.model, config.dimensions, bodies, encoding),
        endpoint=endpoint,
        errors=translator(endpoint),
        transport=transport,
    )
