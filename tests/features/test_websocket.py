"""Chat over one connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ENDS = ("run.completed", "run.failed", "run.cancelled", "run.waiting_human", "error")


def url(live: Any) -> str:
    return str(live.http.base_url).replace("http://", "ws://").rstrip("/") + "/api/chat/ws"


def token(live: Any) -> str:
    return str(live.http.headers["authorization"]).removeprefix("Bearer ")


@pytest.fixture
async def socket(live: Any) -> AsyncIterator[ClientConnection]:
    async with connect(url(live)) as socket:
        await say(socket, type="auth", token=token(live))
        yield socket


async def say(socket: ClientConnection, **frame: Any) -> None:
    await socket.send(json.dumps(frame))


async def until(socket: ClientConnection, *types: str) -> list[dict[str, Any]]:
    """The frames up to the first of one of these types."""
    heard: list[dict[str, Any]] = []
    with anyio.fail_after(10):
        while not heard or heard[-1]["type"] not in types:
            heard.append(json.loads(await socket.recv()))
    return heard


def told(frames: list[dict[str, Any]]) -> str:
    return "".join(frame["data"]["text"] for frame in frames if frame["type"] == "message.delta")


async def test_a_turn_comes_as_the_frames_of_the_event_stream(
    socket: ClientConnection, live: Any, llm_server: Any
) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.say("It is ", "four.")
    await say(socket, type="chat", agent_id=agent["id"], message="Two and two?")
    frames = await until(socket, *ENDS)
    assert told(frames) == "It is four."
    run_id = frames[0]["data"]["run_id"]
    streamed = [(frame["id"], frame["type"]) for frame in frames if frame["type"] != "message.delta"]
    replayed = await live.events(run_id)
    assert streamed == [(frame.id, frame.type) for frame in replayed if frame.type != "message.delta"]


async def test_two_turns_go_side_by_side_and_one_is_stopped(
    socket: ClientConnection, live: Any, llm_server: Any
) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.say("A long", asyncio.Event())
    await say(socket, type="chat", agent_id=agent["id"], message="first")
    first = (await until(socket, "message.delta"))[0]["data"]["run_id"]
    llm_server.say("Short.")
    await say(socket, type="chat", agent_id=agent["id"], message="second")
    assert told(await until(socket, "run.completed")) == "Short."
    await say(socket, type="stop", run_id=first)
    ended = (await until(socket, "run.cancelled"))[-1]
    assert (ended["data"]["run_id"], ended["data"]["partial"]) == (first, "A long")


async def test_a_question_is_answered_over_the_same_connection(
    socket: ClientConnection, live: Any, llm_server: Any
) -> None:
    agent = await live.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Really?")
    await say(socket, type="chat", agent_id=agent["id"], message="Delete it.")
    waiting = (await until(socket, *ENDS))[-1]
    assert waiting["type"] == "run.waiting_human"
    llm_server.say("Done.")
    await say(socket, type="answer", run_id=waiting["data"]["run_id"], answer="yes")
    assert told(await until(socket, *ENDS)) == "Done."


async def test_a_broken_connection_is_taken_up_where_it_was(live: Any, llm_server: Any) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("One, ", gate, "two.")
    async with connect(url(live)) as socket:
        await say(socket, type="auth", token=token(live))
        await say(socket, type="chat", agent_id=agent["id"], message="Count.")
        first = await until(socket, "message.delta")
    gate.set()
    async with connect(url(live)) as socket:
        await say(socket, type="auth", token=token(live))
        await say(socket, type="follow", run_id=first[0]["data"]["run_id"], last_event_id=first[-1]["id"])
        rest = await until(socket, *ENDS)
    assert told(first) + told(rest) == "One, two."
    assert not {frame["id"] for frame in first} & {frame["id"] for frame in rest}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("nonsense", "invalid_json"),
        ("[1]", "invalid_json"),
        ('{"type": "chat", "message": NaN}', "invalid_json"),
        ('{"type": "chat", "message": "\\ud800"}', "invalid_json"),
        ('{"type": "dance"}', "invalid_request"),
        ('{"type": "chat", "message": 5}', "invalid_request"),
        ('{"type": "chat", "agent_id": "x", "message": "Hi", "admin": true}', "invalid_request"),
        ('{"type": "chat", "agent_id": "x", "message": "Hi"}', "agent_not_found"),
        ('{"type": "stop", "run_id": "x"}', "run_not_found"),
        ('{"type": "follow", "run_id": "x"}', "run_not_found"),
        ('{"type": "answer", "run_id": "x", "answer": 1}', "run_not_found"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_connection_stays(
    socket: ClientConnection, frame: str, code: str
) -> None:
    await socket.send(frame)
    assert (await until(socket, "error"))[-1]["data"]["error"]["code"] == code
    await say(socket, type="dance")
    assert (await until(socket, "error"))[-1]["data"]["error"]["code"] == "invalid_request"


@pytest.mark.parametrize(
    "frame", ['{"type": "auth", "token": "no"}', '{"type": "auth"}', '{"type": "chat"}', "x", "[]"]
)
async def test_who_does_not_say_who_they_are_is_sent_away(live: Any, frame: str) -> None:
    async with connect(url(live)) as socket:
        await socket.send(frame)
        assert (await until(socket, "error"))[-1]["type"] == "error"
        with anyio.fail_after(10), pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


async def test_another_workspace_s_runs_are_not_there(
    socket: ClientConnection, live: Any, second_client: Any, llm_server: Any
) -> None:
    agent = await live.agent_on(llm_server.url)
    run_id = (await live.say(agent["id"], "Hello"))["run_id"]
    async with connect(url(live)) as other:
        await say(other, type="auth", token=second_client.headers["authorization"].removeprefix("Bearer "))
        for frame in ({"type": "follow"}, {"type": "stop"}, {"type": "answer", "answer": 1}):
            await say(other, **frame, run_id=run_id)
            assert (await until(other, "error"))[-1]["data"]["error"]["code"] == "run_not_found"
