"""The socket for language models: one method, a stream of deltas that ends with the whole response."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from liteagent.contracts.json import JsonObject, dump
from liteagent.contracts.messages import Message

__all__ = [
    "LLM",
    "LLMConfig",
    "LLMFactory",
    "LLMItem",
    "LLMRequest",
    "LLMResponse",
    "ModelInfo",
    "ModelProfile",
    "OutputSchema",
    "ProfileFactory",
    "ReasoningDelta",
    "ReasoningEffort",
    "TextDelta",
    "ToolChoice",
    "ToolSpec",
    "Usage",
    "complete",
    "consumption",
]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it; `parameters` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The shape that the answer's text must have: JSON that fits `schema`, a JSON Schema of type object."""

    name: str
    schema: JsonObject


ToolChoice: TypeAlias = Literal["auto", "none", "required"]
"""Whether the model may, must not or must call a tool."""

ReasoningEffort: TypeAlias = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How long a model may think; a provider takes the nearest that it knows."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call consumed, in `unit`s: `tokens` as the vendor counted, or `words` for the built-in model.

    Attributes:
        input: All that was read, `cached` and `cache_write` among it.
        output: All that was written, `reasoning` among it.
        cached: Of the input, what the vendor had in its cache.
        cache_write: Of the input, what the vendor put into its cache.
        reasoning: Of the output, what was thought and not said.
    """

    input: int = 0
    output: int = 0
    unit: str = "tokens"
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """The sum; an empty side takes the other's unit."""
        return Usage(
            self.input + other.input,
            self.output + other.output,
            other.unit if not (self.input or self.output) else self.unit,
            self.cached + other.cached,
            self.cache_write + other.cache_write,
            self.reasoning + other.reasoning,
        )


@dataclass(frozen=True, slots=True)
class LLMRequest:
    """One call: messages in order, tools offered, and settings (None = the vendor's default).

    Attributes:
        output_schema: The answer is JSON of this shape. A provider whose model cannot promise it asks for it
            in words; whoever reads the answer checks it in any case.
        tool_choice: Whether a tool may or must be called; a name among `tools` asks for that very one.
        parallel_tools: Whether one answer may hold several calls.
        stop: Texts at which the answer ends.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    temperature: float | None = None
    max_output_tokens: int | None = None
    output_schema: OutputSchema | None = None
    tool_choice: ToolChoice | ToolSpec = "auto"
    parallel_tools: bool = True
    reasoning_effort: ReasoningEffort | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text, in order."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of what the model thinks aloud, in order; no part of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class LLMResponse:
    """The whole answer. `finish_reason` is `stop`, `tool_calls`, `length` or `content_filter`.

    Attributes:
        reasoning: What the model thought aloud, where the vendor tells; the sum of the `ReasoningDelta`s.
        cost: US dollars; None where no price is known.
    """

    message: Message
    usage: Usage = field(default_factory=Usage)
    finish_reason: str = "stop"
    model: str = ""
    reasoning: str = ""
    cost: float | None = None


LLMItem: TypeAlias = TextDelta | ReasoningDelta | LLMResponse


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a provider offers, with what the provider itself says of it.

    Attributes:
        context_window: Tokens; None where the provider does not say.
        max_output: Tokens; None where the provider does not say.
    """

    id: str
    context_window: int | None = None
    max_output: int | None = None


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """What a model can do and how it wants to be asked: data, looked up by the model's name, overridden by a
    provider's option `profile`. An unknown model gets the default profile of its provider type.

    Attributes:
        structured: How JSON of a shape is had: `schema` (the server enforces it), `json` (some JSON is
            promised, the shape is asked for in words) or `none` (all is asked for in words).
        sampling: Whether temperature and top_p are taken.
        system_role: How instructions are sent: `system`, `developer`, or `user` where neither is known.
        limit_name: What the limit of the answer's tokens is called, where servers differ.
        context_window: Tokens; None is unknown.
        max_output: Tokens; None is unknown.
        efforts: How long it can be told to think; where empty, what is asked for is sent as it is.
    """

    tools: bool = True
    parallel_tools: bool = True
    structured: Literal["schema", "json", "none"] = "schema"
    images: bool = False
    reasoning: bool = False
    sampling: bool = True
    system_role: Literal["system", "developer", "user"] = "system"
    limit_name: str = "max_tokens"
    context_window: int | None = None
    max_output: int | None = None
    efforts: tuple[ReasoningEffort, ...] = ()


ProfileFactory: TypeAlias = Callable[[str], ModelProfile]
"""The profile of a model by its name, as entry points of `liteagent.llm_profile` give it by provider type."""


class LLM(Protocol):
    """A language model."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield deltas as they arrive, then exactly one `LLMResponse` whose text is the sum of the
        `TextDelta`s. Closing the iterator early closes the connection.

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
    """What a factory needs to make an LLM.

    Attributes:
        headers: Sent with each request; may hold secrets.
        query: Parameters added to each URL.
        timeout: Seconds that one silence of the provider may last.
        options: What only this provider type knows (`api`, `api_version`, `prompt_cache`, …), and `profile`:
            fields of `ModelProfile` that override what is known of the model. A factory refuses unknown keys.
    """

    model: str
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    timeout: float = 120.0
    query: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    options: JsonObject = field(default_factory=dict[str, Any])


LLMFactory: TypeAlias = Callable[[LLMConfig], LLM]


def consumption(usage: Usage, cost: float, unpriced: int) -> JsonObject:
    """What calls consumed, as it stands in journals: the parts of `usage`; `cost`, US dollars of the calls
    whose price is known; and `unpriced`, how many others there were.

    Sums of such objects, key by key, are such objects.
    """
    more: dict[str, Any] = {"unpriced": unpriced} if unpriced else {}
    return {**dump(usage), **({"cost": cost} if cost or not unpriced else {}), **more}


async def complete(llm: LLM, request: LLMRequest) -> LLMResponse:
    """The whole response, for callers that don't stream."""
    async for item in llm.stream(request):
        if isinstance(item, LLMResponse):
            return item
    raise AssertionError("an LLM's stream ends with an LLMResponse")
