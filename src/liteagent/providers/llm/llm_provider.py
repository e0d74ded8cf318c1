"""The base class for a model of one's own: one method to write."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, TypeAlias

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.llm import (
    LLM,
    LLMItem,
    LLMRequest,
    LLMResponse,
    ModelInfo,
    TextDelta,
    complete,
)
from liteagent.contracts.messages import Message, Role

__all__ = ["LLMProvider", "Messages", "OpenedProvider", "as_messages"]

Messages: TypeAlias = str | Iterable[Message | Mapping[str, str]]
"""What is said to a model: a question, or messages, each one a `Message` or `{"role": …, "content": …}`."""


class LLMProvider:
    """A language model that answers in `chat`. It is an `LLM`, so agents and flows can use it.

    Args:
        api_key: The key, where there is one.
        model_name: The model's name.
        base_url: The address, where there is one.
        options: Whatever else the provider takes.

    Example:
        >>> class Echo(LLMProvider):
        ...     async def chat(self, messages: Messages) -> str:
        ...         return as_messages(messages)[-1].content
        >>> request = LLMRequest((Message(Role.USER, "Hello"),))
        >>> anyio.run(complete, Echo(), request).message.content
        'Hello'
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        model_name: str = "",
        base_url: str | None = None,
        **options: Any,
    ) -> None:
        self.api_key = api_key
        self.model_name = model_name
        self.base_url = base_url
        self.options = options

    async def chat(self, messages: Messages) -> LLMResponse | str:
        """The answer: its text, or a whole response.

        Raises:
            ConfigurationError: The subclass has not written it.
        """
        del messages
        raise ConfigurationError(
            f"{type(self).__name__} has no `chat`. Write `async def chat(self, messages)`."
        )

    @property
    def model(self) -> str:
        """The model's name; that of the class where none was given."""
        return self.model_name or type(self).__name__

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The answer of `chat` in one piece. Override it to stream, or to take tools and settings."""
        said = await self.chat(request.messages)
        if isinstance(said, str):
            said = LLMResponse(Message(Role.ASSISTANT, said), model=self.model)
        if said.message.content:
            yield TextDelta(said.message.content)
        yield said

    async def models(self) -> tuple[ModelInfo, ...]:
        """The one model. Override it where there are more."""
        return (ModelInfo(self.model),)

    async def aclose(self) -> None:
        """Nothing to release. Override it where there is."""


class OpenedProvider(LLMProvider):
    """A model that a factory has made, with the methods of a provider."""

    def __init__(self, llm: LLM) -> None:
        super().__init__(model_name=llm.model)
        self._llm = llm

    async def chat(self, messages: Messages) -> LLMResponse:
        """The whole answer.

        Raises:
            ProviderError: Any failure of the vendor.
        """
        return await complete(self._llm, LLMRequest(as_messages(messages)))

    def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """The stream of the model."""
        return self._llm.stream(request)

    async def models(self) -> tuple[ModelInfo, ...]:
        """What the provider offers."""
        return await self._llm.models()

    async def aclose(self) -> None:
        """Release connections."""
        await self._llm.aclose()


def as_messages(messages: Messages) -> tuple[Message, ...]:
    """The messages, whichever way they were given.

    Raises:
        ValueError: A role is none of system, user, assistant and tool.
    """
    if isinstance(messages, str):
        return (Message(Role.USER, messages),)
    return tuple(each if isinstance(each, Message) else _message(each) for each in messages)


def _message(said: Mapping[str, str]) -> Message:
    return Message(Role(said["role"]), said["content"])
