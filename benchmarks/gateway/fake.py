"""An instant model with OpenAI's wire format: `python -m benchmarks.gateway.fake PORT`.

A model called `slow-N` says N words, the first at once and then two a second.
"""

import asyncio
import json
import sys
from typing import cast

import uvloop

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\n%s\r\n"
_CHUNKED = b"transfer-encoding: chunked\r\n"
_EVERY_SECONDS = 0.5
_USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    told = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake", "choices": [choice]}
    return b"data: " + json.dumps({**told, "usage": _USAGE} if finish else told).encode() + b"\n\n"


def _framed(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(body), body)


_MESSAGE = {"role": "assistant", "content": "Hello there."}
_WHOLE = json.dumps(
    {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "fake",
        "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop"}],
        "usage": _USAGE,
    }
).encode()
_JSON = _HEAD % (b"application/json", b"content-length: %d\r\n" % len(_WHOLE)) + _WHOLE
_EVENTS = _HEAD % (b"text/event-stream", _CHUNKED)
_WORD, _END = _framed(_chunk({"content": "word "})), _framed(_chunk({}, "stop") + b"data: [DONE]\n\n")
_AT_ONCE = _EVENTS + _framed(_chunk({"role": "assistant", "content": "Hello there."})) + _END + b"0\r\n\r\n"


class _Model(asyncio.Protocol):
    def __init__(self) -> None:
        self._heard = b""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, rest = self._heard.partition(b"\r\n\r\n")
        length = _length(head)
        if not found or len(rest) < length:
            return
        body, self._heard = rest[:length], rest[length:]
        assert self._transport is not None
        asked = json.loads(body or b"{}")
        name, _, words = str(asked.get("model", "")).partition("-")
        if name == "slow":
            self._task = asyncio.ensure_future(self._say(self._transport, int(words)))
        else:
            self._transport.write(_AT_ONCE if asked.get("stream") else _JSON)

    async def _say(self, transport: asyncio.Transport, words: int) -> None:
        transport.write(_EVENTS + _WORD)
        for _ in range(words - 1):
            await asyncio.sleep(_EVERY_SECONDS)
            transport.write(_WORD)
        transport.write(_END + b"0\r\n\r\n")


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Model, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
