"""What a client asks for, whichever wire it came over."""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import OutputSchema
from liteagent.contracts.messages import Image, Message, Role
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import ToolDefinition
from liteagent.features.gateway.schemas import Extension

__all__ = ["ANY_OBJECT", "Ask", "Settings", "Talk", "client_tool", "image_of", "refuse_unless", "talk_of"]

ANY_OBJECT = OutputSchema("json", {"type": "object"})
"""What a client asks for that wants JSON and names no shape."""

_DATA_URL = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,")
_ANYTHING: JsonObject = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Settings:
    """How the model is to be asked; None leaves it to the agent."""

    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    stop: tuple[str, ...] = ()
    tool_choice: str | None = None
    parallel_tools: bool | None = None
    reasoning_effort: str | None = None
    output_schema: OutputSchema | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said: instructions, earlier turns, and the message that is to be answered.

    Attributes:
        message: Empty where tool results are what there is to answer.
    """

    instructions: str = ""
    history: tuple[Message, ...] = ()
    message: str = ""
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    """One request.

    Attributes:
        tools: Tools that the client calls itself.
        told: What the response tells again, as plain JSON.
    """

    model: str
    talk: Talk
    settings: Settings = field(default_factory=Settings)
    tools: tuple[ToolDefinition, ...] = ()
    conversation_id: str | None = None
    extension: Extension | None = None
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def after(self, history: Sequence[Message]) -> "Ask":
        """The same, said after `history`."""
        return replace(self, talk=replace(self.talk, history=(*history, *self.talk.history)))


def talk_of(messages: Sequence[Message], param: str) -> Talk:
    """The talk of messages in order.

    Raises:
        InvalidInputError: The last one is nobody's to answer.
    """
    said = [each for each in messages if each.role is not Role.SYSTEM]
    instructions = "\n\n".join(each.content for each in messages if each.role is Role.SYSTEM and each.content)
    if not said or said[-1].role is Role.ASSISTANT:
        raise InvalidInputError(
            f"The last of `{param}` is to be the user's, or what a tool returned.", details={"param": param}
        )
    last = said[-1]
    if last.role is Role.TOOL:
        return Talk(instructions, tuple(said))
    if not (last.content.strip() or last.images):
        raise InvalidInputError(f"The last of `{param}` says nothing.", details={"param": param})
    return Talk(instructions, tuple(said[:-1]), last.content, last.images)


def client_tool(name: str, description: str | None, parameters: JsonObject | None) -> ToolDefinition:
    """A tool of the client's."""
    return ToolDefinition(name, description or "", parameters or _ANYTHING, Safety.SAFE)


def image_of(url: str, param: str) -> Image:
    """The picture in a data URL.

    Raises:
        InvalidInputError: It is no picture, or stands elsewhere: no address is ever fetched for a client.
    """
    found = _DATA_URL.match(url)
    if found is None:
        raise InvalidInputError(
            "Send the picture itself as `data:image/png;base64,…` (png, jpeg, gif or webp); no address is "
            "fetched.",
            details={"param": param},
        )
    data = url[found.end() :]
    try:
        b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError("The picture is not base64.", details={"param": param}) from None
    return Image(found[1], data)


def refuse_unless(allowed: bool, param: str, what: str) -> None:
    """Refuse a setting that cannot be honoured.

    Raises:
        InvalidInputError: `allowed` is false.
    """
    if not allowed:
        raise InvalidInputError(f"`{param}`: {what}", code="unsupported_value", details={"param": param})
