"""Following a turn: from any point of it, without a gap and without a repeat."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from tests.features.harness.api import Api, Frame
from tests.features.harness.model_server import ModelServer

_PIECES = ("The ", "\U0001f680 lifts ", "o\u0308ff", "\r\n", "at no", "on.")
_WHOLE = "".join(_PIECES)
_ENDS = ("run.completed", "run.failed", "run.cancelled", "run.waiting_human", "run.paused")


def _text(frames: Sequence[Frame]) -> str:
    return "".join(frame.text for frame in frames)


def _well_formed(frames: Sequence[Frame]) -> bool:
    """Ids grow, and there is one end, at the end."""
    places = [tuple(int(part) for part in frame.id.split(".")) for frame in frames]
    ends = [frame.type in _ENDS for frame in frames]
    return places == sorted(set(places)) and ends == [False] * (len(frames) - 1) + [True]


async def test_a_stream_has_the_journals_events_and_the_text_between_them(
    api: Api, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url)
    llm_server.say(*_PIECES)
    frames = await api.stream(agent["id"], "Hi")
    assert _well_formed(frames)
    kinds = list(dict.fromkeys(frame.type for frame in frames))
    assert kinds == [
        "run.started",
        "run.claimed",
        "model.requested",
        "message.delta",
        "model.completed",
        "run.completed",
    ]
    assert _text(frames) == _WHOLE
    assert frames[-1].data["outputs"]["message"]["content"] == _WHOLE
    deltas = [frame for frame in frames if frame.type == "message.delta"]
    assert {frame.data["attempt"] for frame in deltas} == {1}
    assert deltas[-1].id.partition(".")[2] == str(len(_WHOLE))


async def test_a_stream_goes_on_after_every_frame_and_inside_every_piece(
    api: Api, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.say(*_PIECES)
    whole = await api.stream(agent["id"], "Hi")
    run_id = whole[0].data["run_id"]
    requested = next(frame.id for frame in whole if frame.type == "model.requested")
    events = [frame for frame in whole if frame.type != "message.delta"]
    for cut in events:
        rest = await api.events(run_id, cut.id)
        expected = [frame for frame in events if int(frame.id) > int(cut.id)]
        assert [frame for frame in rest if frame.type != "message.delta"] == expected
        assert _text(rest) == (_WHOLE if int(cut.id) <= int(requested) else "")
    for offset in range(len(_WHOLE) + 1):
        rest = await api.events(run_id, f"{requested}.{offset}")
        assert _text(rest) == _WHOLE[offset:]
        assert [frame.type for frame in rest if frame.type != "message.delta"] == [
            "model.completed",
            "run.completed",
        ]
        assert _well_formed(rest)
    assert await api.events(run_id, whole[-1].id) == []


async def test_a_stream_of_several_model_calls_goes_on_inside_each(api: Api, llm_server: ModelServer) -> None:
    source = await api.text_source("The gate code is 4711.")
    agent = await api.agent_on(llm_server.url, datasource_ids=[source["id"]])
    llm_server.call("search_knowledge", query="gate code")
    llm_server.say("It is 4711 ", "[1].")
    whole = await api.stream(agent["id"], "The code?")
    run_id = whole[0].data["run_id"]
    requested = [frame.id for frame in whole if frame.type == "model.requested"]
    assert len(requested) == 2
    answer = whole[-1].data["outputs"]["message"]
    assert answer["citations"][0]["text"] == "The gate code is 4711."
    for seq, said in zip(requested, ("", "It is 4711 [1]."), strict=True):
        for offset in range(len(said) + 1):
            assert _text(await api.events(run_id, f"{seq}.{offset}")) == "It is 4711 [1]."[offset:]


async def test_readers_who_come_and_go_while_it_runs_miss_nothing(live: Api, llm_server: ModelServer) -> None:
    agent = await live.agent_on(llm_server.url)
    gates = [asyncio.Event() for _ in _PIECES]
    llm_server.say(*(part for pair in zip(_PIECES, gates, strict=True) for part in pair))
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    heard, last_id, run_id = "", "", ""
    async with live.http.stream("POST", "/api/chat", json=body) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        run_id = response.headers["x-run-id"]
        async for frame in live.frames(response):
            heard, last_id = heard + frame.text, frame.id
            if heard:
                break
    assert heard == _PIECES[0]
    for piece, gate in zip(_PIECES[1:], gates, strict=False):
        gate.set()
        headers = {"Last-Event-ID": last_id}
        async with live.http.stream("GET", f"/api/runs/{run_id}/events", headers=headers) as response:
            frame = await anext(live.frames(response))
            assert frame.text == piece
            last_id = frame.id
    inside = f"{last_id.partition('.')[0]}.5"
    gates[-1].set()
    assert _text(await live.events(run_id, last_id)) == ""
    assert _text(await live.events(run_id, inside)) == _WHOLE[5:]


async def test_two_readers_hear_the_same(live: Api, llm_server: ModelServer) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("One ", gate, "two.")
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    async with live.http.stream("POST", "/api/chat", json=body) as response:
        frames = live.frames(response)
        first = [await anext(frames) for _ in range(4)]
        assert first[-1].text == "One "
        other = asyncio.create_task(live.events(response.headers["x-run-id"], "0"))
        gate.set()
        rest = [frame async for frame in frames]
    assert _text(await other) == _text([*first, *rest]) == "One two."
    assert [frame for frame in await other if not frame.text] == [
        frame for frame in (*first, *rest) if not frame.text
    ]


async def test_a_turn_whose_client_has_vanished_is_finished_and_saved(
    live: Api, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("To ", gate, "the end.")
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    async with live.http.stream("POST", "/api/chat", json=body) as response:
        run_id, conversation_id = response.headers["x-run-id"], response.headers["x-conversation-id"]
        await anext(live.frames(response))
    gate.set()
    assert (await live.events(run_id))[-1].type == "run.completed"
    said = await live.messages(conversation_id)
    assert [(each["content"], each["status"]) for each in said] == [
        ("Hi", "complete"),
        ("To the end.", "complete"),
    ]


async def test_a_json_turn_whose_client_has_vanished_is_finished_and_saved(
    live: Api, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("To ", gate, "the end.")
    turn = asyncio.create_task(live.say(agent["id"], "Hi"))
    async with asyncio.timeout(20):
        await llm_server.asked.wait()
    turn.cancel()
    await asyncio.gather(turn, return_exceptions=True)
    gate.set()
    (run,) = (await live.got("/api/runs"))["items"]
    assert (await live.events(run["id"]))[-1].type == "run.completed"


async def test_cancelling_keeps_the_text_so_far_and_everybody_hears_all_of_it(
    live: Api, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.hang("Half ", "of ")
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    async with live.http.stream("POST", "/api/chat", json=body) as response:
        run_id, conversation_id = response.headers["x-run-id"], response.headers["x-conversation-id"]
        frames = live.frames(response)
        heard: list[Frame] = []
        while _text(heard) != "Half of ":
            heard.append(await anext(frames))
        cancelled = await live.http.post(f"/api/runs/{run_id}/cancel")
        assert cancelled.json()["status"] == "CANCELLED"
        heard += [frame async for frame in frames]
    assert _well_formed(heard)
    assert heard[-1].type == "run.cancelled"
    assert heard[-1].data["partial"] == _text(heard) == "Half of "
    said = await live.messages(conversation_id)
    assert (said[1]["content"], said[1]["status"]) == ("Half of ", "partial")
    requested = next(frame.id for frame in heard if frame.type == "model.requested")
    for offset in range(len("Half of ") + 1):
        assert _text(await live.events(run_id, f"{requested}.{offset}")) == "Half of "[offset:]
    again = await live.http.post(f"/api/runs/{run_id}/cancel")
    assert (await live.error(again, 409))["code"] == "run_ended"


async def test_a_cancelled_json_turn_answers_with_the_text_so_far(live: Api, llm_server: ModelServer) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.hang("Half ")
    turn = asyncio.create_task(live.say(agent["id"], "Hi"))
    runs: list[dict[str, Any]] = []
    while not runs:
        runs = (await live.got("/api/runs"))["items"]
    run_id = runs[0]["id"]
    async with live.http.stream(
        "GET", f"/api/runs/{run_id}/events", headers={"Accept": "text/event-stream"}
    ) as response:
        async for frame in live.frames(response):
            if frame.text:
                break
    await live.http.post(f"/api/runs/{run_id}/cancel")
    reply = await turn
    assert (reply["status"], reply["message"]["content"]) == ("CANCELLED", "Half ")


@pytest.mark.parametrize("last_event_id", ["x", "-1", "1.x", "1.-1", "1.2.3", "9" * 41, "1e3", "\u0663"])
async def test_an_id_that_no_stream_gave_out_is_refused(
    api: Api, client: httpx2.AsyncClient, last_event_id: str
) -> None:
    agent = await api.agent()
    run_id = (await api.say(agent["id"], "Hi"))["run_id"]
    headers = {b"Last-Event-ID": last_event_id.encode()}
    response = await client.get(f"/api/runs/{run_id}/events", headers=headers)
    await api.error(response, 422)
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    await api.error(await client.post("/api/chat", json=body, headers=headers), 422)
    assert len((await api.got("/api/runs"))["items"]) == 1


@pytest.mark.parametrize("last_event_id", ["0", "", "99999999999999999999", "4.99999", "99.7"])
async def test_a_well_formed_id_from_elsewhere_ends_at_once_or_begins_anew(
    api: Api, last_event_id: str
) -> None:
    agent = await api.agent()
    run_id = (await api.say(agent["id"], "Hi"))["run_id"]
    frames = await api.events(run_id, last_event_id)
    assert not frames or frames[-1].type == "run.completed"
