"""The provider `anthropic`: Anthropic's own API, and servers of others that speak its protocol.

Importing this module costs nothing; the SDK is loaded by `create`, which takes about half a second the first
time in a process and belongs in a thread where an event loop runs.
"""

from typing import TYPE_CHECKING, Any, Final, cast

from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLM, LLMConfig, ModelProfile
from liteagent.providers.llm.anthropic_manner import manner_of, profiles
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.options import check_options
from liteagent.providers.vendors.profiles import PROFILE_SCHEMA, overridden

if TYPE_CHECKING:
    import httpx2

__all__ = ["DESCRIPTION", "OPTIONS_SCHEMA", "create", "profile"]

DESCRIPTION: Final = "Anthropic's models, and servers of others that speak its Messages API."
"""What it is, for people."""
_BASE_URL: Final = "https://api.anthropic.com"
_PASSED_ON: Final = ("max_tokens", "thinking", "forced_tools", "body")

OPTIONS_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "prompt_cache": {
            "type": "boolean",
            "default": True,
            "description": "Whether the vendor keeps the stable head of a request, so that it is cheaper.",
        },
        "cache_ttl": {
            "type": "string",
            "enum": ["5m", "1h"],
            "default": "5m",
            "description": "How long it is kept.",
        },
        "max_tokens": {
            "type": "integer",
            "minimum": 1,
            "description": "The answer's limit where a request has none; else the model's own.",
        },
        "thinking": {
            "type": "string",
            "enum": ["adaptive", "budget"],
            "description": "Whether an effort or a number of tokens tells the model how long to think.",
        },
        "forced_tools": {
            "type": "boolean",
            "description": "Whether the model can be forced to call a tool; else it is asked to in words.",
        },
        "profile": PROFILE_SCHEMA,
        "body": {
            "type": "object",
            "description": "Fields that are added to each request as they are, such as service_tier.",
        },
    },
}
"""The JSON Schema of `LLMConfig.options`."""


def profile(model: str) -> ModelProfile:
    """What `model` can do, as far as its name says."""
    return profiles()(model)


def create(config: LLMConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> LLM:
    """An LLM at `config.base_url`, without /v1 (Anthropic's own address when that is None).

    The SDK's retries are off: whether to try again is decided above. Without an `api_key` a placeholder is
    sent, since servers on the own machine ask for none. `config.timeout` bounds each silence. Thinking is
    asked for where a request has a `reasoning_effort`; what was thought is kept in `Message.provider_state`
    and sent back to the same model as long as what was said before it has not changed.

    Args:
        config: Model, key, address, headers, query and timeout. Options: `OPTIONS_SCHEMA`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `anthropic` is not installed.
    """
    if not config.model.strip():
        raise InvalidInputError("'anthropic' needs a model name, as its server spells it.")
    check_options("anthropic", OPTIONS_SCHEMA, config.options)
    known = overridden(profile(config.model), cast("JsonObject", config.options.get("profile") or {}))
    manner = manner_of(config.model, known, _settings(config.options))
    endpoint = Endpoint(
        (config.base_url or _BASE_URL).removesuffix("/").removesuffix("/v1"),
        config.api_key,
        config.headers,
        config.timeout,
        config.query,
    )
    try:
        from liteagent.providers.llm.anthropic_client import AnthropicLLM
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The provider 'anthropic' needs the package {error.name!r}. "
            "Install it with: pip install 'liteagent[anthropic]'."
        ) from error
    return AnthropicLLM(config.model, manner, endpoint, transport)


def _settings(options: JsonObject) -> dict[str, Any]:
    given = {name: options[name] for name in _PASSED_ON if name in options}
    if not options.get("prompt_cache", True):
        return {**given, "cache": None}
    return {**given, "cache": options.get("cache_ttl", "5m")}
