"""The registry and the factory of the specification."""

from typing import Any

import pytest

from liteagent import LLMProvider, LLMProviderFactory, ProviderType
from liteagent.contracts.errors import ConfigurationError, InvalidInputError, NotFoundError
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, LLMResponse, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.llm_provider import Messages, as_messages
from liteagent.providers.llm.registry import LLMRegistry
from liteagent.testing import LLMSuite


class _Echo(LLMProvider):
    async def chat(self, messages: Messages) -> str:
        return f"{self.model_name} heard: {as_messages(messages)[-1].content}"


class TestOwnProvider(LLMSuite):
    """A class with nothing but `chat` is a model like any other, in one piece."""

    @pytest.fixture
    def llm(self) -> LLM:
        return _Echo(model_name="echo")

    async def test_a_cancelled_stream_leaves_nothing_open(self, llm: LLM) -> None:
        """It has no pieces between which to cancel."""
        assert (await complete(llm, self.text_request())).message.content


@pytest.fixture
def registry() -> LLMRegistry:
    return LLMRegistry()


async def test_a_class_is_registered_and_made_with_its_settings(registry: LLMRegistry) -> None:
    assert registry.register("openai")(_Echo) is _Echo
    provider = registry.get("openai", api_key="sk", model_name="m", region="eu")
    assert isinstance(provider, _Echo)
    assert (provider.api_key, provider.options) == ("sk", {"region": "eu"})
    assert await provider.chat("Hi") == "m heard: Hi"
    assert await provider.chat([{"role": "user", "content": "Ho"}]) == "m heard: Ho"


async def test_an_installed_one_is_opened(registry: LLMRegistry) -> None:
    provider = registry.get("builtin", model_name="builtin-extractive")
    said = await provider.chat([Message(Role.USER, "What is a run?")])
    assert isinstance(said, LLMResponse)
    assert said.usage.unit == "words"
    assert {"builtin", "openai_compatible"} <= set(registry.names())
    await provider.aclose()


@pytest.mark.parametrize("provider_type", [ProviderType.OPENAI, "openai_compatible"])
async def test_the_factory_makes_what_the_specification_shows(provider_type: Any) -> None:
    provider = LLMProviderFactory.create(provider_type=provider_type, api_key="sk", model_name="gpt-4o")
    assert isinstance(provider, LLMProvider)
    assert provider.model == "gpt-4o"
    await provider.aclose()


def test_what_is_not_there_or_lacks_something_says_so(registry: LLMRegistry) -> None:
    with pytest.raises(NotFoundError, match="nonsense"):
        registry.get("nonsense")
    with pytest.raises(InvalidInputError):
        registry.get("openai_compatible", api_key="sk")


async def test_a_class_without_chat_says_what_to_write() -> None:
    with pytest.raises(ConfigurationError, match="async def chat"):
        await LLMProvider().chat("Hi")


async def test_a_platform_opens_what_is_registered(registry: LLMRegistry) -> None:
    registry.register("echo")(_Echo)
    llm = registry.own()["echo"](LLMConfig("m", "sk", options={"region": "eu"}))
    request = LLMRequest((Message(Role.USER, "Hi"),))
    assert (await complete(llm, request)).message.content == "m heard: Hi"
