"""The process's registry of language models by name, and a factory over it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

from liteagent.contracts.llm import LLMConfig, LLMFactory
from liteagent.contracts.registry import Registry
from liteagent.providers.llm.llm_provider import LLMProvider, OpenedProvider

__all__ = ["LLMProviderFactory", "LLMRegistry", "ProviderType", "llm_registry"]

_Maker: TypeAlias = Callable[..., LLMProvider]
T = TypeVar("T", bound=_Maker)

_OF_ALL = ("api_key", "base_url", "headers", "query", "timeout")
"""Settings of every provider; the rest are options of its type."""


class ProviderType(StrEnum):
    """The built-in kinds of providers; further ones are registered under names of their own."""

    ANTHROPIC = "anthropic"
    BUILTIN = "builtin"
    OLLAMA = "ollama"
    OPENAI = "openai"
    OPENAI_COMPATIBLE = "openai_compatible"


class LLMRegistry:
    """Language models by name: those registered here, and those that are installed.

    Example:
        >>> registry = LLMRegistry()
        >>> @registry.register("echo")
        ... class Echo(LLMProvider):
        ...     async def chat(self, messages: Messages) -> str:
        ...         return "…"
        >>> registry.get("echo", model_name="echo-1").model
        'echo-1'
    """

    def __init__(self) -> None:
        self._own: dict[str, _Maker] = {}
        self._installed: Registry[LLMFactory] = Registry("liteagent.llm")

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator: make a subclass of `LLMProvider` known under `name`, before any installed one."""

        def add(maker: T) -> T:
            self._own[name] = maker
            return maker

        return add

    def names(self) -> tuple[str, ...]:
        """Every name that `get` takes, sorted."""
        return tuple(sorted({*self._own, *self._installed.names()}))

    def own(self) -> dict[str, LLMFactory]:
        """What was registered here, as the platform opens models."""
        return {name: _factory(maker) for name, maker in self._own.items()}

    def get(self, name: str, **settings: Any) -> LLMProvider:
        """The provider called `name`.

        Args:
            name: As registered, or as installed.
            settings: `api_key`, `model_name`, `base_url`; for an installed one also `headers`, `query` and
                `timeout`, and its options; for one registered here whatever its class takes.

        Raises:
            NotFoundError: There is no such name.
            ConfigurationError: Its package is not installed.
            InvalidInputError: A setting is missing or of no use.
        """
        if name in self._own:
            return self._own[name](**settings)
        return OpenedProvider(self._installed.get(name)(_config(settings)))


class LLMProviderFactory:
    """Makes providers by their type."""

    @staticmethod
    def create(provider_type: ProviderType | str, **settings: Any) -> LLMProvider:
        """A provider of that type; settings as `LLMRegistry.get` takes them.

        Raises:
            NotFoundError: There is no such type.
            ConfigurationError: Its package is not installed.
            InvalidInputError: A setting is missing or of no use.
        """
        return llm_registry.get(str(provider_type), **settings)


llm_registry: Final = LLMRegistry()
"""The registry of this process; a platform that is opened later knows what is registered here."""


def _config(settings: dict[str, Any]) -> LLMConfig:
    rest = dict(settings)
    known = {name: rest.pop(name) for name in _OF_ALL if name in rest}
    return LLMConfig(rest.pop("model_name", ""), **known, options=rest)


def _factory(maker: _Maker) -> LLMFactory:
    def make(config: LLMConfig) -> LLMProvider:
        given: dict[str, Any] = {"api_key": config.api_key, "base_url": config.base_url, **config.options}
        named = {name: value for name, value in given.items() if value is not None}
        return maker(model_name=config.model, **named)

    return make
