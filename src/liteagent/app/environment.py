"""Providers that appear because their vendor's usual variable is set."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import SecretStr

from liteagent.app.settings import Settings
from liteagent.features.llm_providers.environment import EnvironmentProvider

__all__ = ["environment_providers"]

_NVIDIA = "https://integrate.api.nvidia.com/v1"
_OLLAMA_PORT = 11434


def environment_providers(settings: Settings) -> tuple[EnvironmentProvider, ...]:
    """The providers that these settings name a key or an address of."""
    return tuple(_found(settings))


def _found(settings: Settings) -> Iterator[EnvironmentProvider]:
    if key := _value(settings.openai_api_key):
        yield EnvironmentProvider("OPENAI_API_KEY", "OpenAI", "openai", key, settings.openai_base_url)
    if key := _value(settings.anthropic_api_key):
        yield EnvironmentProvider("ANTHROPIC_API_KEY", "Anthropic", "anthropic", key)
    if settings.ollama_host:
        address = _ollama(settings.ollama_host)
        yield EnvironmentProvider("OLLAMA_HOST", "Ollama", "ollama", base_url=address)
    if key := _value(settings.nvidia_api_key):
        yield EnvironmentProvider("NVIDIA_API_KEY", "NVIDIA", "openai_compatible", key, _NVIDIA)


def _value(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value().strip()


def _ollama(host: str) -> str:
    """The address that Ollama's own client would take: scheme and port may be missing."""
    url = host.strip().rstrip("/")
    url = url if "://" in url else f"http://{url}"
    parts = urlsplit(url)
    # Where a server listens on every address, a client calls this machine.
    name = "127.0.0.1" if parts.hostname in (None, "0.0.0.0") else parts.hostname  # noqa: S104  compared
    name = f"[{name}]" if ":" in name else name
    port = parts.port or (443 if parts.scheme == "https" else _OLLAMA_PORT)
    return f"{parts.scheme}://{name}:{port}{parts.path}"
