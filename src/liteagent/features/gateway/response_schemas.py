"""`/v1/responses`: OpenAI's Responses as they are asked for."""

from typing import Annotated, Any, Literal, cast

from pydantic import Discriminator, Field, JsonValue, Tag

from liteagent.features.gateway.schemas import (
    Extension,
    Metadata,
    ModelName,
    Temperature,
    Tokens,
    ToolName,
    TopP,
)
from liteagent.infra.http.schemas import Body

__all__ = [
    "CallItem",
    "CallOutputItem",
    "FunctionToolBody",
    "InputImage",
    "InputItem",
    "InputText",
    "MessageItem",
    "NamedFunction",
    "OutputText",
    "ReasoningItem",
    "Refusal",
    "ResponseBody",
    "SchemaFormat",
]

_Text = Annotated[str, Field(max_length=2_000_000)]
_Id = Annotated[str | None, Field(max_length=200)]


class InputText(Body):
    """A piece of text that is sent."""

    type: Literal["input_text"]
    text: _Text


class InputImage(Body):
    """A picture, inside of the request."""

    type: Literal["input_image"]
    image_url: Annotated[str, Field(max_length=28_000_000, description="`data:image/png;base64,…`")]
    detail: Literal["auto", "low", "high", "original"] | None = None


class OutputText(Body):
    """A piece of text that was answered before."""

    type: Literal["output_text"]
    text: _Text
    annotations: list[JsonValue] | None = None
    logprobs: list[JsonValue] | None = None


class Refusal(Body):
    """What an assistant would not do."""

    type: Literal["refusal"]
    refusal: _Text


class MessageItem(Body):
    """A message; one of an earlier response may be sent back as it is."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: (
        _Text | list[Annotated[InputText | InputImage | OutputText | Refusal, Field(discriminator="type")]]
    )
    id: _Id = None
    status: str | None = None
    phase: str | None = None


class CallItem(Body):
    """A call of a client's tool in an earlier response."""

    type: Literal["function_call"]
    call_id: Annotated[str, Field(min_length=1, max_length=200)]
    name: ToolName
    arguments: str
    id: _Id = None
    status: str | None = None
    namespace: str | None = None


class CallOutputItem(Body):
    """What the tool returned."""

    type: Literal["function_call_output"]
    call_id: Annotated[str, Field(min_length=1, max_length=200)]
    output: _Text | list[InputText]
    id: _Id = None
    status: str | None = None


class ReasoningItem(Body):
    """What a model thought; taken and left out."""

    type: Literal["reasoning"]
    id: _Id = None
    summary: list[JsonValue] | None = None
    content: list[JsonValue] | None = None
    encrypted_content: str | None = None
    status: str | None = None


def _kind(item: Any) -> str:
    if isinstance(item, dict):
        return str(cast("dict[str, Any]", item).get("type", "message"))
    return str(getattr(item, "type", "message"))


InputItem = Annotated[
    Annotated[MessageItem, Tag("message")]
    | Annotated[CallItem, Tag("function_call")]
    | Annotated[CallOutputItem, Tag("function_call_output")]
    | Annotated[ReasoningItem, Tag("reasoning")],
    Discriminator(_kind),
]


class FunctionToolBody(Body):
    """A tool that the client itself calls when the model asks for it."""

    type: Literal["function"]
    name: ToolName
    description: Annotated[str | None, Field(max_length=20_000)] = None
    parameters: dict[str, JsonValue] | None = None
    strict: bool | None = None


class NamedFunction(Body):
    """The tool that is to be called."""

    type: Literal["function"]
    name: ToolName


class _PlainFormat(Body):
    type: Literal["text", "json_object"]


class SchemaFormat(Body):
    """The answer is JSON of this shape."""

    type: Literal["json_schema"]
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    schema_: dict[str, JsonValue] = Field(alias="schema")
    description: str | None = None
    strict: bool | None = None


class _TextOptions(Body):
    format: _PlainFormat | SchemaFormat | None = None
    verbosity: Literal["low", "medium", "high"] | None = Field(default=None, description="A hint.")


class _Reasoning(Body):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: str | None = Field(default=None, description="A hint.")
    generate_summary: str | None = Field(default=None, description="A hint.")


class _Conversation(Body):
    id: Annotated[str, Field(min_length=1, max_length=64)]


class _ResponseStreamOptions(Body):
    include_obfuscation: bool | None = None


class ResponseBody(Body):
    """A turn of an agent or a run of a flow. Fields marked as hints are taken and change nothing."""

    model: ModelName
    input: (
        Annotated[str, Field(min_length=1, max_length=2_000_000)]
        | Annotated[list[InputItem], Field(min_length=1, max_length=2000)]
    )
    instructions: Annotated[str | None, Field(max_length=1_000_000)] = None
    previous_response_id: Annotated[str | None, Field(max_length=100)] = Field(
        default=None, description="Go on from there; where that one waits for a person, this is the answer."
    )
    conversation: Annotated[str, Field(min_length=1, max_length=64)] | _Conversation | None = None
    stream: bool | None = False
    background: bool | None = Field(default=None, description="Answer at once, and go on without the client.")
    store: bool | None = Field(default=None, description="False: it cannot be fetched or gone on from.")
    tools: Annotated[list[FunctionToolBody] | None, Field(max_length=128)] = None
    tool_choice: Literal["auto", "none", "required"] | NamedFunction | None = None
    parallel_tool_calls: bool | None = None
    text: _TextOptions | None = None
    reasoning: _Reasoning | None = None
    temperature: Temperature = None
    top_p: TopP = None
    max_output_tokens: Tokens = None
    metadata: Metadata = None
    user: Annotated[str | None, Field(max_length=512)] = None
    liteagent: Extension | None = None
    truncation: Literal["auto", "disabled"] | None = Field(default=None, description="A hint.")
    include: list[str] | None = Field(default=None, description="A hint.")
    service_tier: str | None = Field(default=None, description="A hint.")
    prompt_cache_key: str | None = Field(default=None, description="A hint.")
    prompt_cache_retention: str | None = Field(default=None, description="A hint.")
    safety_identifier: str | None = Field(default=None, description="A hint.")
    stream_options: _ResponseStreamOptions | None = None
    max_tool_calls: int | None = Field(default=None, description="A hint: the agent has its own limit.")
    top_logprobs: int | None = Field(default=None, description="0, if given.")
