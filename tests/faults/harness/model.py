"""A model server that lives in the test: it speaks OpenAI's chat completions, slowly, and counts."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

__all__ = ["FakeModel", "answer_to"]

_TOKEN = re.compile(r"\bzq\w+x\b")


def answer_to(question: str) -> str:
    """What the model says to a question once it has seen the passages."""
    return f"You asked: {question} The note with that code word says so [1]. Nothing else does."


class FakeModel:
    """Searches for the code word of a question, then answers it word by word.

    Args:
        delay: Seconds between two words.
    """

    def __init__(self, delay: float = 0.03) -> None:
        self._delay = delay
        self.calls: Counter[tuple[str, int]] = Counter()
        """By question and step: how often that call was begun."""
        self.finished: Counter[tuple[str, int]] = Counter()
        """By question and step: how often it was answered to the end."""
        self.url = ""

    @property
    def repeated(self) -> int:
        """Calls that were made again."""
        return sum(self.calls.values()) - len(self.calls)

    @asynccontextmanager
    async def serving(self) -> AsyncGenerator["FakeModel"]:
        """Listen on a free port."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(await _body(reader), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # whoever asked was killed
        finally:
            writer.close()

    async def _answer(self, body: Mapping[str, Any], writer: asyncio.StreamWriter) -> None:
        question, step = _place(body["messages"])
        self.calls[question, step] += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        deltas = _search(question) if step == 0 else _words(answer_to(question))
        for delta in deltas:
            await self._send(writer, {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            await asyncio.sleep(self._delay)
        reason = "tool_calls" if step == 0 else "stop"
        await self._send(writer, {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        await self._send(writer, {"choices": [], "usage": usage})
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()
        self.finished[question, step] += 1

    async def _send(self, writer: asyncio.StreamWriter, chunk: Mapping[str, Any]) -> None:
        whole = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "fake", **chunk}
        writer.write(b"data: " + json.dumps(whole).encode() + b"\n\n")
        await writer.drain()


async def _body(reader: asyncio.StreamReader) -> Mapping[str, Any]:
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: *(\d+)", head)
    return json.loads(await reader.readexactly(int(found[1]) if found else 0))


def _place(messages: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
    """The last question, and how many tools have answered since."""
    last = max(index for index, message in enumerate(messages) if message["role"] == "user")
    tools = sum(message["role"] == "tool" for message in messages[last:])
    return str(messages[last]["content"]), tools


def _search(question: str) -> list[Mapping[str, Any]]:
    found = _TOKEN.search(question)
    arguments = json.dumps({"query": found[0] if found else question})
    function = {"name": "search_knowledge", "arguments": arguments}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    return [{"role": "assistant", "content": None, "tool_calls": [call]}]


def _words(text: str) -> list[Mapping[str, Any]]:
    return [{"content": word} for word in re.split(r"(?<= )", text)]
