"""The provider `openai_compatible`: OpenAI, gateways, vLLM, llama.cpp, LM Studio, Ollama's /v1 and others.

Importing this module costs nothing; the SDK is loaded by `create`, which takes about half a second the first
time in a process and belongs in a thread where an event loop runs.
"""

from typing import TYPE_CHECKING, Final

from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.contracts.llm import LLM, LLMConfig
from liteagent.providers.vendors.endpoint import Endpoint

if TYPE_CHECKING:
    import httpx2

__all__ = ["create"]

_DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"


def create(config: LLMConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> LLM:
    """An LLM at `config.base_url` (OpenAI's own address when that is None).

    The SDK's retries are off: whether to try again is decided above. Without an `api_key` a placeholder is
    sent, since servers on the own machine ask for none. `config.timeout` bounds each silence and the whole
    wait for an answer. The text, tool calls and model name of an answer are made well-formed: lone
    surrogates and NUL become U+FFFD.

    Args:
        config: Model, key, address, headers and timeout.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header or the timeout is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    if not config.model.strip():
        raise InvalidInputError("'openai_compatible' needs a model name, as its server spells it.")
    base_url = config.base_url or _DEFAULT_BASE_URL
    endpoint = Endpoint(base_url, config.api_key, config.headers, config.timeout)
    try:
        from liteagent.providers.llm.openai_client import OpenAICompatibleLLM
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The provider 'openai_compatible' needs the package {error.name!r}. "
            "Install it with: pip install 'liteagent[openai]'."
        ) from error
    return OpenAICompatibleLLM(config.model, endpoint, transport)
