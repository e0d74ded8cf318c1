"""From Chat Completions to what is asked."""

from collections.abc import Sequence

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
from liteagent.features.gateway.chat_schemas import (
    AssistantMessage,
    ChatBody,
    ChatMessageBody,
    ImagePart,
    NamedTool,
    RefusalPart,
    SchemaFormat,
    SystemMessage,
    TextPart,
    ToolMessage,
)

__all__ = ["chat_ask"]


def chat_ask(body: ChatBody) -> Ask:
    """What a request asks for.

    Raises:
        InvalidInputError: It asks for something that there is not.
    """
    _check(body)
    return Ask(
        model=body.model,
        talk=talk_of([_message(each, place) for place, each in enumerate(body.messages)], "messages"),
        settings=_settings(body),
        tools=tuple(
            client_tool(each.function.name, each.function.description, each.function.parameters)
            for each in body.tools or ()
            if body.tool_choice != "none"
        ),
        conversation_id=None if body.liteagent is None else body.liteagent.conversation_id,
        extension=body.liteagent,
        told={"model": body.model, "metadata": body.metadata or {}, "user": body.user},
    )


def _check(body: ChatBody) -> None:
    refuse_unless(body.n in (None, 1), "n", "one answer is given to each request; send `n` requests.")
    refuse_unless(not body.logprobs and not body.top_logprobs, "logprobs", "they are not given here.")
    refuse_unless(body.modalities in (None, ["text"]), "modalities", "answers are text.")
    for name in ("frequency_penalty", "presence_penalty", "logit_bias"):
        refuse_unless(not getattr(body, name), name, "it is not passed on; leave it out.")


def _settings(body: ChatBody) -> Settings:
    limits = [each for each in (body.max_tokens, body.max_completion_tokens) if each is not None]
    choice = body.tool_choice.function.name if isinstance(body.tool_choice, NamedTool) else body.tool_choice
    return Settings(
        temperature=body.temperature,
        top_p=body.top_p,
        max_output_tokens=min(limits, default=None),
        stop=(body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ()),
        tool_choice=choice,
        parallel_tools=body.parallel_tool_calls,
        reasoning_effort=body.reasoning_effort,
        output_schema=_output_schema(body),
    )


def _output_schema(body: ChatBody) -> OutputSchema | None:
    asked = body.response_format
    if isinstance(asked, SchemaFormat):
        return OutputSchema(asked.json_schema.name, asked.json_schema.schema_)
    return None if asked is None or asked.type == "text" else ANY_OBJECT


def _message(said: ChatMessageBody, place: int) -> Message:
    if isinstance(said, SystemMessage):
        return Message(Role.SYSTEM, _text(said.content))
    if isinstance(said, ToolMessage):
        return Message(Role.TOOL, _text(said.content), tool_call_id=said.tool_call_id)
    if isinstance(said, AssistantMessage):
        calls = tuple(
            ToolCall(each.id, each.function.name, each.function.arguments) for each in said.tool_calls or ()
        )
        return Message(Role.ASSISTANT, _text(said.content or said.refusal or ""), calls)
    return Message(Role.USER, _text(said.content), images=_images(said.content, place))


def _text(content: str | Sequence[TextPart | RefusalPart | ImagePart]) -> str:
    if isinstance(content, str):
        return content
    texts = [
        each.text if isinstance(each, TextPart) else each.refusal
        for each in content
        if not isinstance(each, ImagePart)
    ]
    return "\n".join(texts)


def _images(content: str | Sequence[TextPart | ImagePart], place: int) -> tuple[Image, ...]:
    if isinstance(content, str):
        return ()
    return tuple(
        image_of(each.image_url.url, f"messages.{place}.content.{index}.image_url.url")
        for index, each in enumerate(content)
        if isinstance(each, ImagePart)
    )
