"""The provider `openai`: OpenAI's own API, Responses first and Chat Completions where those are missing.

Importing this module costs nothing; the SDK is loaded by `create`, which takes about half a second the first
time in a process and belongs in a thread where an event loop runs.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLM, LLMConfig, ModelProfile
from liteagent.providers.llm.openai_options import open_llm, options_schema
from liteagent.providers.llm.openai_settings import OpenAISettings
from liteagent.providers.vendors.profiles import ProfileTable

if TYPE_CHECKING:
    import httpx2

__all__ = ["DESCRIPTION", "OPTIONS_SCHEMA", "create", "profile"]

DESCRIPTION: Final = "OpenAI's models, through its Responses API or Chat Completions."
"""What it is, for people."""
OPTIONS_SCHEMA: Final[JsonObject] = options_schema(
    api={
        "type": "string",
        "enum": ["responses", "chat"],
        "default": "responses",
        "description": "What is asked first; a server without /responses is asked for chat completions.",
    }
)
"""The JSON Schema of `LLMConfig.options`."""
_BASE_URL: Final = "https://api.openai.com/v1"


def create(config: LLMConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> LLM:
    """A model of OpenAI's.

    The SDK's retries are off: whether to try again is decided above. Nothing is stored at OpenAI; what a
    model has thought comes encrypted and is sent back with its message. `config.timeout` bounds each silence
    and the whole wait for an answer.

    Args:
        config: Model and key; an address only for a proxy. Options as in `OPTIONS_SCHEMA`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    settings = OpenAISettings(
        "openai", config.model, profile(config.model), api="responses", loose_schema=False
    )
    return open_llm(settings, OPTIONS_SCHEMA, config, _BASE_URL, transport)


def profile(model: str) -> ModelProfile:
    """What a model of OpenAI's can do, by its name."""
    return _table()(model)


@lru_cache(maxsize=1)
def _table() -> ProfileTable:
    return ProfileTable("liteagent.providers.llm", "openai_profiles.toml")
