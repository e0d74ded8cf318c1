"""What can be set for a provider that speaks OpenAI's protocols, and how it is read."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from liteagent.contracts.errors import ConfigurationError, InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLM, LLMConfig, ModelProfile
from liteagent.providers.llm.openai_settings import OpenAISettings
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.options import check_options
from liteagent.providers.vendors.profiles import PROFILE_SCHEMA, overridden

if TYPE_CHECKING:
    import httpx2

__all__ = ["OPTIONS", "open_llm", "options_schema"]

OPTIONS: Final[JsonObject] = {
    "profile": PROFILE_SCHEMA,
    "prompt_cache_key": {
        "type": "string",
        "description": "Names calls that share the beginning of their prompt, for the vendor's cache.",
    },
    "reasoning_summary": {
        "type": "string",
        "enum": ["auto", "concise", "detailed", "off"],
        "default": "auto",
        "description": "How much of its thinking a model tells (Responses).",
    },
    "body": {
        "type": "object",
        "description": "Fields that are added to each request as they are, such as service_tier.",
    },
}
"""Options that each of these providers has, as properties of a JSON Schema."""


def options_schema(**more: JsonObject) -> JsonObject:
    """The JSON Schema of the options: those that each has, and `more`."""
    return {"type": "object", "additionalProperties": False, "properties": {**more, **OPTIONS}}


def open_llm(
    settings: OpenAISettings,
    schema: JsonObject,
    config: LLMConfig,
    base_url: str,
    transport: "httpx2.AsyncBaseTransport | None",
) -> LLM:
    """The model that `config` describes.

    Args:
        settings: Type, model and profile, and what holds where no option says otherwise.
        schema: Of the options.
        config: All of it.
        base_url: The address where `config` has none.
        transport: Carries the requests instead of the network; for tests.

    Raises:
        InvalidInputError: The model, the address, the key, a header, the timeout or an option is unusable.
        ConfigurationError: The package `openai` is not installed.
    """
    provider = settings.provider
    if not config.model.strip():
        raise InvalidInputError(f"{provider!r} needs a model name, as its server spells it.")
    check_options(provider, schema, config.options)
    address = config.base_url or base_url
    endpoint = Endpoint(address, config.api_key, config.headers, config.timeout, config.query)
    try:
        from liteagent.providers.llm.openai_client import OpenAILLM
        from liteagent.providers.vendors.openai_sdk import Azure
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The provider {provider!r} needs the package {error.name!r}. "
            "Install it with: pip install 'liteagent[openai]'."
        ) from error
    azure = cast("Mapping[str, str] | None", config.options.get("azure"))
    return OpenAILLM(
        _set(settings, config.options), endpoint, transport, None if azure is None else Azure(**azure)
    )


def _set(settings: OpenAISettings, options: JsonObject) -> OpenAISettings:
    given = cast("Mapping[str, Any]", options)
    profile: ModelProfile = overridden(settings.profile, given.get("profile") or {})
    return OpenAISettings(
        provider=settings.provider,
        model=settings.model,
        profile=profile,
        api=given.get("api", settings.api),
        loose_schema=settings.loose_schema,
        prompt_cache_key=given.get("prompt_cache_key", ""),
        reasoning_summary=given.get("reasoning_summary", "auto"),
        return_reasoning=given.get("return_reasoning", False),
        body=given.get("body") or {},
    )
