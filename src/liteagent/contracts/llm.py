"""The socket for language models: one method, a stream of deltas that ends with the whole response."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from liteagent.contracts.json import JsonObject
from liteagent.contracts.messages import Message

__all__ = [
    "LLM",
    "LLMConfig",
    "LLMFactory",
    "LLMItem",
    "LLMRequest",
    "LLMResponse",
    "ModelInfo",
    "TextDelta",
    "ToolSpec",
    "Usage",
    "complete",
]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it; `parameters` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call consumed, in `unit`s: `tokens` as the vendor counted, or `words` for the built-in model."""

    input: int = 0
    output: int = 0
    unit: str = "tokens"

    def __add__(self, other: "Usage") -> "Usage":
        """The sum; an empty side takes the other's unit."""
        unit = other.unit if not (self.input or self.output) else self.unit
        return Usage(self.input + other.input, self.output + other.output, unit)


@dataclass(frozen=True, slots=True)
class LLMRequest:
    """One call: messages in order, tools offered, and settings (None = the vendor's default)."""

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    temperature: float | None = None
    max_output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, in order."""

    text: str


@dataclass(frozen=True, slots=True)
class LLMResponse:
    """The whole answer. `finish_reason` is `stop`, `tool_calls`, `length` or `content_filter`."""

    message: Message
    usage: Usage = field(default_factory=Usage)
    finish_reason: str = "stop"
    model: str = ""


LLMItem: TypeAlias = TextDelta | LLMResponse


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a provider offers."""

    id: str


class LLM(Protocol):
    """A language model."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield `TextDelta`s as they arrive, then exactly one `LLMResponse` whose text is their sum.

        Raises:
            ProviderError: Any failure of the vendor, with the text so far in `partial`.
        """
        ...

    async def models(self) -> tuple[ModelInfo, ...]:
        """The models that the provider offers now.

        Raises:
            ProviderError: The vendor cannot say.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class LLMConfig:
    """What a factory needs to make an LLM."""

    model: str
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    timeout: float = 120.0


LLMFactory: TypeAlias = Callable[[LLMConfig], LLM]


async def complete(llm: LLM, request: LLMRequest) -> LLMResponse:
    """The whole response, for callers that don't stream."""
    async for item in llm.stream(request):
        if isinstance(item, LLMResponse):
            return item
    raise AssertionError("an LLM's stream ends with an LLMResponse")
