"""From Responses to what is asked."""

from collections.abc import Iterator, Sequence
from typing import Any

from liteagent.contracts.llm import OutputSchema
from liteagent.contracts.messages import Image, Message, Role, ToolCall
from liteagent.features.gateway.asking import (
    ANY_OBJECT,
    Ask,
    Settings,
    client_tool,
    image_of,
    refuse_unless,
    talk_of,
)
from liteagent.features.gateway.response_schemas import (
    CallItem,
    CallOutputItem,
    InputImage,
    InputText,
    MessageItem,
    NamedFunction,
    OutputText,
    Refusal,
    ResponseBody,
    SchemaFormat,
)

__all__ = ["response_ask"]

_ROLES = {
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
}
_TOLD = (
    *("model", "instructions", "metadata", "user", "previous_response_id", "background", "store", "tools"),
    *("tool_choice", "parallel_tool_calls", "text", "reasoning", "temperature", "top_p"),
    *("max_output_tokens", "truncation"),
)


def response_ask(body: ResponseBody) -> Ask:
    """What a request asks for.

    Raises:
        InvalidInputError: It asks for something that there is not.
    """
    refuse_unless(not body.top_logprobs, "top_logprobs", "they are not given here.")
    refuse_unless(
        not (body.background and body.store is False), "store", "what goes on in the background is kept."
    )
    conversation = body.conversation
    named = conversation if conversation is None or isinstance(conversation, str) else conversation.id
    messages = [*_instructions(body), *_messages(body)]
    return Ask(
        model=body.model,
        talk=talk_of(messages, "input"),
        settings=_settings(body),
        tools=tuple(
            client_tool(each.name, each.description, each.parameters)
            for each in body.tools or ()
            if body.tool_choice != "none"
        ),
        conversation_id=named or (body.liteagent.conversation_id if body.liteagent else None),
        extension=body.liteagent,
        told=_told(body),
    )


def _told(body: ResponseBody) -> dict[str, Any]:
    said = body.model_dump(mode="json", include=set(_TOLD), exclude_none=True, by_alias=True)
    return {"responses": True, **said}


def _instructions(body: ResponseBody) -> Iterator[Message]:
    if body.instructions:
        yield Message(Role.SYSTEM, body.instructions)


def _messages(body: ResponseBody) -> Iterator[Message]:
    if isinstance(body.input, str):
        yield Message(Role.USER, body.input)
        return
    calls: list[ToolCall] = []
    for place, item in enumerate(body.input):
        if isinstance(item, CallItem):
            calls.append(ToolCall(item.call_id, item.name, item.arguments))
            continue
        if calls:
            yield Message(Role.ASSISTANT, "", tuple(calls))
            calls = []
        if isinstance(item, CallOutputItem):
            yield Message(Role.TOOL, _text(item.output), tool_call_id=item.call_id)
        elif isinstance(item, MessageItem):
            yield Message(_ROLES[item.role], _text(item.content), images=_images(item, place))
    if calls:
        yield Message(Role.ASSISTANT, "", tuple(calls))


def _text(content: str | Sequence[InputText | InputImage | OutputText | Refusal]) -> str:
    if isinstance(content, str):
        return content
    texts = (
        each.refusal if isinstance(each, Refusal) else each.text
        for each in content
        if not isinstance(each, InputImage)
    )
    return "\n".join(texts)


def _images(item: MessageItem, place: int) -> tuple[Image, ...]:
    if isinstance(item.content, str) or item.role != "user":
        return ()
    return tuple(
        image_of(each.image_url, f"input.{place}.content.{index}.image_url")
        for index, each in enumerate(item.content)
        if isinstance(each, InputImage)
    )


def _settings(body: ResponseBody) -> Settings:
    choice = body.tool_choice.name if isinstance(body.tool_choice, NamedFunction) else body.tool_choice
    return Settings(
        temperature=body.temperature,
        top_p=body.top_p,
        max_output_tokens=body.max_output_tokens,
        tool_choice=choice,
        parallel_tools=body.parallel_tool_calls,
        reasoning_effort=None if body.reasoning is None else body.reasoning.effort,
        output_schema=_output_schema(body),
    )


def _output_schema(body: ResponseBody) -> OutputSchema | None:
    asked = None if body.text is None else body.text.format
    if asked is None or asked.type == "text":
        return None
    return OutputSchema(asked.name, asked.schema_) if isinstance(asked, SchemaFormat) else ANY_OBJECT
