"""What variables say of providers."""

from pathlib import Path

import pytest

from liteagent.app.environment import environment_providers
from liteagent.app.settings import load_settings
from liteagent.features.llm_providers.environment import DefaultModel


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        (":11500", "http://127.0.0.1:11500"),
        ("box:80", "http://box:80"),
        ("http://box/", "http://box:11434"),
        ("https://box/ollama", "https://box:443/ollama"),
        ("[::1]:11434", "http://[::1]:11434"),
    ],
)
def test_the_address_of_ollama_is_read_as_its_own_client_does(
    tmp_path: Path, host: str, address: str
) -> None:
    (found,) = environment_providers(load_settings(tmp_path, env_file=None, ollama_host=host))
    assert (found.provider_type, found.base_url, found.api_key) == ("ollama", address, None)


def test_keys_are_shown_nowhere(tmp_path: Path) -> None:
    given = {f"{name}_api_key": f"sk-secret-{name}" for name in ("openai", "anthropic", "nvidia")}
    settings = load_settings(tmp_path, env_file=None, **given)
    found = environment_providers(settings)
    assert [each.variable for each in found] == ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "NVIDIA_API_KEY"]
    assert [each.api_key for each in found] == list(given.values())
    assert "sk-secret" not in f"{found!r} {settings!r}"


def test_without_variables_there_is_nothing(tmp_path: Path) -> None:
    assert environment_providers(load_settings(tmp_path, env_file=None)) == ()


@pytest.mark.parametrize(
    ("text", "openai", "ollama"),
    [
        ("", "", ""),
        ("m", "m", "m"),
        ("openai/m", "m", ""),
        ("vendor/m", "vendor/m", "vendor/m"),
        ("openai/", "openai/", "openai/"),
    ],
)
def test_the_default_model_may_name_a_type(text: str, openai: str, ollama: str) -> None:
    default = DefaultModel.parse(text, ["openai", "ollama"])
    assert (default.of("openai"), default.of("ollama")) == (openai, ollama)
