"""What is said between people, models and tools."""

from dataclasses import dataclass
from enum import StrEnum

from liteagent.contracts.documents import Citation
from liteagent.contracts.json import JsonObject

__all__ = ["Image", "Message", "Role", "ToolCall"]


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a tool run. `arguments` is the JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that a user shows.

    Attributes:
        media_type: image/png, image/jpeg, image/gif or image/webp.
        data: Its bytes as base64. They travel in the message: a provider is never sent to an address.
    """

    media_type: str
    data: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `tool_calls` only from the assistant, `tool_call_id` only from a tool.

    Attributes:
        images: Shown with the text; from the user only.
        provider_state: What the provider that wrote this message wants to hear again with it (signed
            thinking, encrypted reasoning), under that provider's type. Every other provider leaves it out.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    citations: tuple[Citation, ...] = ()
    images: tuple[Image, ...] = ()
    provider_state: JsonObject | None = None
