"""A model that says what a test wrote down for it."""

import copy
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import anyio
from anyio.lowlevel import checkpoint

from liteagent.contracts.errors import ProviderError
from liteagent.contracts.llm import LLMItem, LLMRequest, LLMResponse, ModelInfo, TextDelta, Usage
from liteagent.contracts.messages import Message, Role, ToolCall

__all__ = ["Fail", "FixedReply", "Hang", "Reply", "ScriptedLLM"]


@dataclass(frozen=True, slots=True)
class Fail:
    """Raise `error` after the text `after` was streamed; a ProviderError carries that text as `partial`."""

    error: Exception
    after: str = ""


@dataclass(frozen=True, slots=True)
class Hang:
    """Stream `after`, then say nothing more until cancelled."""

    after: str = ""


FixedReply: TypeAlias = str | ToolCall | Sequence[ToolCall] | LLMResponse | Exception | Fail | Hang
Reply: TypeAlias = FixedReply | Callable[[LLMRequest], FixedReply]


class ScriptedLLM:
    """An LLM that gives written replies, without a network and without a state.

    The reply to a request is the one whose place is the number of assistant messages in the request: the
    first reply answers a fresh conversation, the second one goes after the model has spoken once, and so on.
    So the same request always gets the same reply, however often and in whatever order it is made. (A memory
    that drops old assistant messages shifts the count; use a callable there.)

    Each reply is one of:

    - a string, the text of the answer;
    - a `ToolCall`, or a sequence of them;
    - an `LLMResponse`, given as it is;
    - an exception, or `Fail(error, after="text")`, raised (a copy of it, each time);
    - `Hang(after="text")`, an answer that never ends;
    - a callable that takes the request and returns one of these.

    Args:
        replies: In order.
        model: Its name.
        piece: Characters of text in one `TextDelta`.

    Example:
        >>> llm = ScriptedLLM(["Hello!"])
        >>> request = LLMRequest((Message(Role.USER, "Hi"),))
        >>> anyio.run(complete, llm, request).message.content
        'Hello!'
    """

    def __init__(self, replies: Sequence[Reply], *, model: str = "scripted", piece: int = 4) -> None:
        self._replies = tuple(replies)
        self._model = model
        self._piece = piece
        self.requests: list[LLMRequest] = []
        """Every request, in the order of arrival."""
        self.open = 0
        """How many streams have begun and not ended."""

    @property
    def model(self) -> str:
        """The name given."""
        return self._model

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Yield the reply's text in pieces, then the whole of it.

        Raises:
            AssertionError: There is no reply for a conversation this long.
            Exception: The reply is one.
        """
        self.requests.append(request)
        reply = self._reply_to(request)
        text = _text_of(reply)
        self.open += 1
        try:
            for start in range(0, len(text), self._piece):
                await checkpoint()
                yield TextDelta(text[start : start + self._piece])
            await _stop_if_broken(reply, text)
        finally:
            self.open -= 1
        yield self._response(reply, request)

    async def models(self) -> tuple[ModelInfo, ...]:
        """The one model."""
        return (ModelInfo(self._model),)

    async def aclose(self) -> None:
        """Nothing to release."""

    def _reply_to(self, request: LLMRequest) -> FixedReply:
        turn = sum(message.role is Role.ASSISTANT for message in request.messages)
        if turn >= len(self._replies):
            raise AssertionError(
                f"ScriptedLLM has {len(self._replies)} replies and is asked for number {turn + 1}: the "
                f"request holds {turn} assistant messages. Add one. It ends with {request.messages[-1:]!r}."
            )
        reply = self._replies[turn]
        return reply(request) if callable(reply) else reply

    def _response(self, reply: FixedReply, request: LLMRequest) -> LLMResponse:
        if isinstance(reply, LLMResponse):
            return reply
        calls = _calls_of(reply)
        message = Message(Role.ASSISTANT, _text_of(reply), tool_calls=calls)
        reason = "tool_calls" if calls else "stop"
        return LLMResponse(message, _usage(request, message), reason, self._model)


async def _stop_if_broken(reply: FixedReply, text: str) -> None:
    if isinstance(reply, Hang):
        await anyio.sleep_forever()
    failure = reply.error if isinstance(reply, Fail) else reply
    if isinstance(failure, Exception):
        failure = copy.copy(failure)
        if isinstance(failure, ProviderError):
            failure.partial = text or failure.partial
        raise failure


def _text_of(reply: FixedReply) -> str:
    if isinstance(reply, LLMResponse):
        return reply.message.content
    if isinstance(reply, Fail | Hang):
        return reply.after
    return reply if isinstance(reply, str) else ""


def _calls_of(reply: FixedReply) -> tuple[ToolCall, ...]:
    if isinstance(reply, ToolCall):
        return (reply,)
    if isinstance(reply, str | Exception | Fail | Hang | LLMResponse):
        return ()
    return tuple(reply)


def _usage(request: LLMRequest, message: Message) -> Usage:
    """One token a word: wrong for any real model, and always the same."""
    said = message.content + "".join(call.arguments for call in message.tool_calls)
    return Usage(sum(len(heard.content.split()) for heard in request.messages), len(said.split()))
