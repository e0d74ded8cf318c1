"""The provider `openai_compatible`: Azure, gateways, vLLM, LiteLLM, LocalAI, llama.cpp, LM Studio and others.

Importing this module costs nothing; the SDK is loaded by `create`, which takes about half a second the first
time in a process and belongs in a thread where an event loop runs.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLM, LLMConfig, ModelProfile
from liteagent.providers.llm import openai
from liteagent.providers.llm.openai_options import open_llm, options_schema
from liteagent.providers.llm.openai_settings import OpenAISettings
from liteagent.providers.vendors.profiles import ProfileTable

if TYPE_CHECKING:
    import httpx2

__all__ = ["DESCRIPTION", "OPTIONS_SCHEMA", "create", "profile"]

DESCRIPTION: Final = (
    "Any endpoint that speaks OpenAI's Chat Completions: Azure, vLLM, LiteLLM, LocalAI, gateways."
)
"""What it is, for people."""
OPTIONS_SCHEMA: Final[JsonObject] = options_schema(
    api={
        "type": "string",
        "enum": ["chat", "responses"],
        "default": "chat",
        "description": "What is asked first; a server without /responses is asked for chat completions.",
    },
    azure={
        "type": "object",
        "description": "Set where base_url is a resource of Azure, like https://name.openai.azure.com.",
        "additionalProperties": False,
        "required": ["api_version"],
        "properties": {
            "api_version": {"type": "string", "description": "Like 2024-10-21."},
            "deployment": {"type": "string", "description": "The deployment's name; else the model's."},
        },
    },
    return_reasoning={
        "type": "boolean",
        "default": False,
        "description": "Whether the thinking before tool calls is sent back with them.",
    },
)
"""The JSON Schema of `LLMConfig.options`."""
_DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
_OPENAI_HOST: Final = "//api.openai.com"


def create(config: LLMConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> LLM:
    """An LLM at `config.base_url` (OpenAI's own address when that is None).

    The SDK's retries are off: whether to try again is decided above. Only what a server refuses, such as a
    JSON Schema or a field that it does not know, is asked for again in another way at once, and in that way
    from then on. Without an `api_key` a placeholder is sent, since servers on the own machine ask for none.
    `config.timeout` bounds each silence and the whole wait for an answer. The text, tool calls and model name
    of an answer are made well-formed: lone surrogates and NUL become U+FFFD.

    Args:
        config: Model, key, address, headers, query and timeout. Options as in `OPTIONS_SCHEMA`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    address = config.base_url or _DEFAULT_BASE_URL
    of_openai = _OPENAI_HOST in address or "azure" in config.options
    known = openai.profile(config.model) if of_openai else profile(config.model)
    settings = OpenAISettings("openai_compatible", config.model, known)
    return open_llm(settings, OPTIONS_SCHEMA, config, _DEFAULT_BASE_URL, transport)


def profile(model: str) -> ModelProfile:
    """What a model behind an unknown server can do, by its name."""
    return _table()(model)


@lru_cache(maxsize=1)
def _table() -> ProfileTable:
    return ProfileTable("liteagent.providers.llm", "openai_compatible_profiles.toml")
