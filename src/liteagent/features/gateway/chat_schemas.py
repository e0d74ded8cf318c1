"""`/v1/chat/completions`: OpenAI's Chat Completions as they are sent."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from liteagent.features.gateway.schemas import (
    Extension,
    JsonSchemaBody,
    Metadata,
    ModelName,
    Stop,
    Temperature,
    Tokens,
    ToolName,
    TopP,
)
from liteagent.infra.http.schemas import Body

__all__ = [
    "AssistantMessage",
    "ChatBody",
    "ChatMessageBody",
    "FunctionTool",
    "ImagePart",
    "NamedTool",
    "RefusalPart",
    "SchemaFormat",
    "StreamOptions",
    "SystemMessage",
    "TextPart",
    "ToolMessage",
    "UserMessage",
]

_Text = Annotated[str, Field(max_length=2_000_000)]


class TextPart(Body):
    """A piece of text."""

    type: Literal["text"]
    text: _Text


class RefusalPart(Body):
    """What an assistant would not do."""

    type: Literal["refusal"]
    refusal: _Text


class _ImageUrl(Body):
    url: Annotated[str, Field(max_length=28_000_000, description="`data:image/png;base64,…`")]
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(Body):
    """A picture, inside of the request."""

    type: Literal["image_url"]
    image_url: _ImageUrl


_Texts = _Text | list[TextPart]


class SystemMessage(Body):
    """Instructions; they follow the agent's own."""

    role: Literal["system", "developer"]
    content: _Texts
    name: str | None = None


class UserMessage(Body):
    """What the user says and shows."""

    role: Literal["user"]
    content: _Text | list[TextPart | ImagePart]
    name: str | None = None


class _FunctionCall(Body):
    name: ToolName
    arguments: str


class _ToolCall(Body):
    id: Annotated[str, Field(min_length=1, max_length=200)]
    type: Literal["function"] = "function"
    function: _FunctionCall
    index: int | None = None


class AssistantMessage(Body):
    """What was answered before; a message of a response may be sent back as it is."""

    role: Literal["assistant"]
    content: _Text | list[TextPart | RefusalPart] | None = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: list[_ToolCall] | None = None
    annotations: list[JsonValue] | None = None
    audio: None = None
    function_call: None = None


class ToolMessage(Body):
    """What a tool of the client's returned."""

    role: Literal["tool"]
    content: _Texts
    tool_call_id: Annotated[str, Field(min_length=1, max_length=200)]
    name: str | None = None


ChatMessageBody = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")
]


class _Function(Body):
    name: ToolName
    description: Annotated[str | None, Field(max_length=20_000)] = None
    parameters: dict[str, JsonValue] | None = None
    strict: bool | None = None


class FunctionTool(Body):
    """A tool that the client itself calls when the model asks for it."""

    type: Literal["function"]
    function: _Function


class _FunctionName(Body):
    name: ToolName


class NamedTool(Body):
    """The tool that is to be called."""

    type: Literal["function"]
    function: _FunctionName


class _TextFormat(Body):
    type: Literal["text", "json_object"]


class SchemaFormat(Body):
    """The answer is JSON of a shape."""

    type: Literal["json_schema"]
    json_schema: JsonSchemaBody


class StreamOptions(Body):
    """What a stream tells besides its text."""

    include_usage: bool = False
    include_obfuscation: bool | None = None


class ChatBody(Body):
    """A turn of an agent or a run of a flow. Fields marked as hints are taken and change nothing."""

    model: ModelName
    messages: Annotated[list[ChatMessageBody], Field(min_length=1, max_length=2000)]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    tools: Annotated[list[FunctionTool] | None, Field(max_length=128)] = None
    tool_choice: Literal["auto", "none", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    response_format: _TextFormat | SchemaFormat | None = None
    temperature: Temperature = None
    top_p: TopP = None
    max_tokens: Tokens = None
    max_completion_tokens: Tokens = None
    stop: Stop = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    n: int | None = Field(default=None, description="1, the only number of answers that there is.")
    metadata: Metadata = None
    user: Annotated[str | None, Field(max_length=512)] = None
    liteagent: Extension | None = None
    store: bool | None = Field(default=None, description="A hint: every turn is kept as a run.")
    seed: int | None = Field(default=None, description="A hint.")
    service_tier: str | None = Field(default=None, description="A hint.")
    prompt_cache_key: str | None = Field(default=None, description="A hint.")
    prompt_cache_retention: str | None = Field(default=None, description="A hint.")
    safety_identifier: str | None = Field(default=None, description="A hint.")
    verbosity: Literal["low", "medium", "high"] | None = Field(default=None, description="A hint.")
    modalities: list[str] | None = Field(default=None, description='["text"], if given.')
    logprobs: bool | None = Field(default=None, description="False, if given.")
    top_logprobs: int | None = Field(default=None, description="0, if given.")
    frequency_penalty: float | None = Field(default=None, description="0, if given.")
    presence_penalty: float | None = Field(default=None, description="0, if given.")
    logit_bias: dict[str, Any] | None = Field(default=None, description="Empty, if given.")
