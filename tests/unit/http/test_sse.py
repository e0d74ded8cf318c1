"""Server-sent events: framing, the first frame, signs of life, and readers who leave."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import httpx2
import pytest
import structlog
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from liteagent.app.http.sse import EventStream, encode, stream_events
from liteagent.contracts.errors import NotFoundError, ProviderError
from liteagent.infra.http.dependencies import Streamer
from liteagent.infra.http.frames import Frame
from liteagent.infra.http.route import ApiRoute

Serve = Callable[..., httpx2.AsyncClient]
FRAMES = [Frame("1", "run.started", {"a": 1}), Frame("1.5", "message.delta", {"text": "x\ny\r\nz \u2028 é"})]


def parse(content: bytes) -> list[dict[str, str]]:
    """What a browser would make of a stream."""
    events: list[dict[str, str]] = []
    for block in content.decode().split("\n\n")[:-1]:
        lines = [line for line in block.split("\n") if not line.startswith(":")]
        if lines:
            events.append(dict(line.split(": ", 1) for line in lines))
    return events


async def frames_of(*frames: Frame | Exception) -> AsyncIterator[Frame]:
    for frame in frames:
        if isinstance(frame, Exception):
            raise frame
        yield frame


def streaming(source: Callable[[], AsyncIterator[Frame]]) -> APIRouter:
    router = APIRouter(prefix="/api/stream", route_class=ApiRoute)

    @router.get("")
    async def stream_it(stream: Streamer) -> Response:
        return await stream(source())

    return router


async def test_frames_arrive_in_order_with_their_ids_and_types(serve: Serve) -> None:
    response = await serve(streaming(lambda: frames_of(*FRAMES))).get("/api/stream")
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    events = parse(response.content)
    assert [(each["id"], each["event"], json.loads(each["data"])) for each in events] == [
        (frame.id, frame.type, frame.data) for frame in FRAMES
    ]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_text_never_breaks_a_frame(text: str) -> None:
    raw = encode(Frame("7", "message.delta", {"text": text}))
    assert raw.count(b"\n") == 4
    assert b"\r" not in raw
    (event,) = parse(raw)
    assert json.loads(event["data"]) == {"text": text}


def test_a_frame_may_have_no_id() -> None:
    assert encode(Frame(None, "error", None)) == b"event: error\ndata: null\n\n"


async def test_an_empty_stream_is_an_empty_answer(serve: Serve) -> None:
    response = await serve(streaming(frames_of)).get("/api/stream")
    assert (response.status_code, response.content) == (200, b"")


async def test_an_error_before_the_first_frame_is_an_answer_of_its_own(serve: Serve) -> None:
    response = await serve(streaming(lambda: frames_of(NotFoundError("No run.")))).get("/api/stream")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
    with structlog.testing.capture_logs():
        response = await serve(streaming(lambda: frames_of(RuntimeError("inside")))).get("/api/stream")
    assert response.status_code == 500
    assert "inside" not in response.text


async def test_an_error_later_is_the_last_frame(serve: Serve) -> None:
    source = streaming(lambda: frames_of(FRAMES[0], ProviderError("Try again.")))
    events = parse((await serve(source).get("/api/stream")).content)
    assert [each["event"] for each in events] == ["run.started", "error"]
    assert json.loads(events[1]["data"])["error"]["code"] == "provider_error"


async def test_an_unexpected_error_later_is_logged_and_not_told(serve: Serve) -> None:
    source = streaming(lambda: frames_of(FRAMES[0], RuntimeError("inside")))
    with structlog.testing.capture_logs() as log:
        response = await serve(source).get("/api/stream")
    assert json.loads(parse(response.content)[1]["data"])["error"]["code"] == "internal_error"
    assert b"inside" not in response.content
    assert [entry["event"] for entry in log if entry["log_level"] == "error"] == ["stream_failed"]


class Reader:
    """A client at the level of ASGI that leaves when it is told to."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.gone = asyncio.Event()
        self.got = asyncio.Event()
        self.wanted = 2
        self.breaks = False

    async def receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if self.breaks and message["type"] == "http.response.body":
            raise OSError("connection lost")
        self.sent.append(message)
        if len(self.sent) >= self.wanted:
            self.got.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


class Source:
    """Frames that go on until somebody closes them."""

    def __init__(self, first: int = 1) -> None:
        self.closed = False
        self._first = first

    async def frames(self) -> AsyncIterator[Frame]:
        try:
            for number in range(self._first):
                yield Frame(str(number), "tick", number)
            await anyio.sleep_forever()
        finally:
            self.closed = True


async def test_a_reader_who_leaves_closes_the_source_quietly() -> None:
    source, reader = Source(), Reader()
    response = await stream_events(source.frames())
    with structlog.testing.capture_logs() as log, anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(response, {"type": "http"}, reader.receive, reader.send)
            await reader.got.wait()
            assert not source.closed
            reader.gone.set()
    assert source.closed
    assert log == []
    assert reader.body == b"id: 0\nevent: tick\ndata: 0\n\n"


async def test_a_connection_that_breaks_closes_the_source_quietly() -> None:
    source, reader = Source(first=1000), Reader()
    reader.breaks = True
    response = await stream_events(source.frames())
    with structlog.testing.capture_logs() as log, anyio.fail_after(5):
        await response({"type": "http"}, reader.receive, reader.send)
    assert source.closed
    assert log == []


async def test_a_source_that_is_slow_to_begin_does_not_hold_the_answer_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("liteagent.app.http.sse._FIRST_FRAME_SECONDS", 0.01)
    source, reader = Source(first=0), Reader()
    reader.wanted = 1
    response = await stream_events(source.frames())
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(response, {"type": "http"}, reader.receive, reader.send)
            await reader.got.wait()
            reader.gone.set()
    assert reader.sent[0]["status"] == 200
    assert source.closed


async def test_an_idle_stream_shows_signs_of_life() -> None:
    source, reader = Source(), Reader()
    reader.wanted = 4
    events = (encode(frame) async for frame in source.frames())
    first = asyncio.ensure_future(anext(events, None))
    response = EventStream(events, first, lambda _error: b"", ping_seconds=0.01)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(response, {"type": "http"}, reader.receive, reader.send)
            await reader.got.wait()
            reader.gone.set()
    assert reader.body.startswith(b"id: 0\nevent: tick\ndata: 0\n\n: ping\n\n: ping\n\n")
    assert len(parse(reader.body)) == 1


async def test_head_of_an_event_stream_closes_it(serve: Serve) -> None:
    source = Source()
    with anyio.fail_after(5):
        response = await serve(streaming(source.frames)).head("/api/stream")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert source.closed
