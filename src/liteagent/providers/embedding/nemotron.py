"""The embedder `nemotron`: NVIDIA's hosted models, and NIM containers at an address of one's own."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from liteagent.contracts.embedding import Embedder, EmbedderConfig, EmbedderLimits, TextKind
from liteagent.providers.embedding.openai_compatible import open_embedder
from liteagent.providers.embedding.options import Options

if TYPE_CHECKING:
    import httpx2

__all__ = ["create"]

_BASE_URL: Final = "https://integrate.api.nvidia.com/v1"
_LIMITS: Final = EmbedderLimits(texts=64, characters=200_000, text_characters=24_000)


def create(config: EmbedderConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> Embedder:
    """An embedder of NVIDIA, which is told whether a text is a question or a passage.

    Args:
        config: Model and key; an address for a NIM of one's own. Options: `truncate` (END, START, NONE: what
            becomes of a text that is too long for the model; NONE has it refused), `encoding_format`,
            `query_prefix`, `passage_prefix`, `batch_texts`, `batch_characters`, `text_characters`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    options = Options("nemotron", config)
    truncate = options.choice("truncate", "END", "START", "NONE")
    bodies: dict[TextKind, Mapping[str, object]] = {
        "query": {"input_type": "query", "truncate": truncate},
        "passage": {"input_type": "passage", "truncate": truncate},
    }
    changes = {"truncate": truncate != "END" and truncate}
    return open_embedder("nemotron", config, options, _BASE_URL, _LIMITS, bodies, changes, transport)
