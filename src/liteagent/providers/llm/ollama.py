"""The provider `ollama`: models that an Ollama server runs, spoken to in its own protocol."""

from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLM, LLMConfig, ModelProfile
from liteagent.providers.llm.ollama_wire import OllamaSettings
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.options import check_options
from liteagent.providers.vendors.profiles import PROFILE_SCHEMA, ProfileTable, overridden

if TYPE_CHECKING:
    import httpx2

__all__ = ["DESCRIPTION", "OPTIONS_SCHEMA", "create", "profile"]

DESCRIPTION: Final = "Models that an Ollama server runs, by default the one of this machine."
"""What it is, for people."""
_BASE_URL: Final = "http://127.0.0.1:11434"

OPTIONS_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "keep_alive": {
            "type": ["string", "integer"],
            "description": "How long the model stays loaded after a request, like 5m; -1 is for ever.",
        },
        "num_ctx": {
            "type": "integer",
            "minimum": 1,
            "description": "The window that the model is run with, in tokens; the server's own is small.",
        },
        "truncate": {
            "type": "boolean",
            "description": "Whether the server cuts what is too long for the window, or refuses it.",
        },
        "options": {"type": "object", "description": "More of the model's own options: seed, top_k, min_p…"},
        "profile": PROFILE_SCHEMA,
    },
}
"""The JSON Schema of `LLMConfig.options`."""


def profile(model: str) -> ModelProfile:
    """What `model` can do, as far as its name says; a server that has it knows more."""
    return _table()(model)


def create(config: LLMConfig, transport: "httpx2.AsyncBaseTransport | None" = None) -> LLM:
    """An LLM of the Ollama server at `config.base_url`, by default that of this machine.

    Whether a model sees, thinks or calls tools is asked of the server, once, before the first request for
    which it matters. `config.timeout` bounds each silence; the first may last as long as loading the model.

    Args:
        config: Model, address without /v1 or /api, key, headers, query and timeout. Options:
            `OPTIONS_SCHEMA`.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
    """
    if not config.model.strip():
        raise InvalidInputError("'ollama' needs a model name, as `ollama list` shows it.")
    check_options("ollama", OPTIONS_SCHEMA, config.options)
    overrides = cast("JsonObject", config.options.get("profile") or {})
    address = (config.base_url or _BASE_URL).removesuffix("/").removesuffix("/v1").removesuffix("/api")
    endpoint = Endpoint(address, config.api_key, config.headers, config.timeout, config.query)
    from liteagent.providers.llm.ollama_client import OllamaLLM

    known = overridden(profile(config.model), overrides)
    return OllamaLLM(_settings(config), known, overrides, endpoint, transport)


def _settings(config: LLMConfig) -> OllamaSettings:
    given = cast("dict[str, Any]", dict(config.options))
    options = dict(given.get("options") or {})
    if "num_ctx" in given:
        options["num_ctx"] = given["num_ctx"]
    return OllamaSettings(config.model, given.get("keep_alive"), given.get("truncate"), options)


@cache
def _table() -> ProfileTable:
    return ProfileTable("liteagent.providers.llm", "ollama_profiles.toml")
