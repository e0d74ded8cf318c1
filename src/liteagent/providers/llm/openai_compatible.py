"""The provider `openai_compatible`: OpenAI, gateways, vLLM, llama.cpp, LM Studio, Ollama's /v1 and others.

Importing this module costs nothing; the SDK is loaded by `create`, which takes about half a second the first
time in a process and belongs in a thread where an event loop runs.
"""

import math
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.contracts.llm import LLM, LLMConfig

if TYPE_CHECKING:
    import httpx2

__all__ = ["create"]

_DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")


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
    base_url = config.base_url or _DEFAULT_BASE_URL
    _check(config, base_url)
    try:
        from liteagent.providers.llm.openai_client import OpenAICompatibleLLM
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The provider 'openai_compatible' needs the package {error.name!r}. "
            "Install it with: pip install 'liteagent[openai]'."
        ) from error
    return OpenAICompatibleLLM(config, base_url, transport)


def _check(config: LLMConfig, base_url: str) -> None:
    if not config.model.strip():
        raise InvalidInputError("'openai_compatible' needs a model name, as its server spells it.")
    if not _is_web_address(base_url):
        raise InvalidInputError("base_url must be like https://host/v1, without spaces.")
    if not math.isfinite(config.timeout) or config.timeout <= 0:
        raise InvalidInputError("timeout must be a number of seconds above 0.")
    if not _HEADER_VALUE.fullmatch(config.api_key or ""):
        raise InvalidInputError("The API key holds characters that no key has; paste it again.")
    for name, value in config.headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise InvalidInputError(f"The header {name!r} is not valid: only printable ASCII is.")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    printable = text.isascii() and text.isprintable() and " " not in text
    return parts.scheme in ("http", "https") and bool(parts.hostname) and valid_port and printable
