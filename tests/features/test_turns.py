"""Turns from outside: repeated requests, people who are asked, and what runs show of themselves."""

import asyncio
from typing import Any

import httpx2

from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_FIRST = "/api/runs?kind=chat&limit=2"
_KEY = {"Idempotency-Key": "turn-1"}


async def _asking(api: Api, llm_server: ModelServer) -> dict[str, Any]:
    """The reply of a turn that waits for a person."""
    agent = await api.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Ship it?", options=["yes", "no"])
    return await api.say(agent["id"], "Release 1.2")


async def test_a_repeated_message_is_the_same_turn(
    api: Api, client: httpx2.AsyncClient, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url)
    body = {"agent_id": agent["id"], "message": "Hi", "stream": False}
    first = await client.post("/api/chat", json=body, headers=_KEY)
    reordered = b'{"stream": false, "message": "\\u0048i",   "agent_id": "%s"}' % agent["id"].encode()
    again = await client.post("/api/chat", content=reordered, headers=_KEY)
    assert first.status_code == again.status_code == 200
    assert again.json() == first.json()
    assert len(llm_server.requests) == 1
    assert len(await api.messages(first.json()["conversation_id"])) == 2
    other = await client.post("/api/chat", json={**body, "message": "Ho"}, headers=_KEY)
    assert (await api.error(other, 409))["code"] == "idempotency_key_reused"
    assert len((await api.got("/api/conversations"))["items"]) == 1


async def test_ten_repetitions_at_once_are_one_turn(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url)
    body = {"agent_id": agent["id"], "message": "Hi"}
    posts = (api.http.post("/api/chat", json=body, headers=_KEY) for _ in range(10))
    replies = await asyncio.gather(*posts)
    assert [reply.status_code for reply in replies] == [200] * 10
    assert len({reply.text for reply in replies}) == 1
    assert len(llm_server.requests) == len((await api.got("/api/runs"))["items"]) == 1


async def test_a_repeated_stream_goes_on_after_the_last_event_seen(
    api: Api, client: httpx2.AsyncClient, llm_server: ModelServer
) -> None:
    agent = await api.agent_on(llm_server.url)
    llm_server.say("One two.")
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    whole = await client.post("/api/chat", json=body, headers=_KEY)
    rest = await client.post("/api/chat", json=body, headers={**_KEY, "Last-Event-ID": "3.4"})
    assert rest.headers["x-run-id"] == whole.headers["x-run-id"]
    assert rest.text.startswith("id: 3.8\nevent: message.delta\n")
    assert '"text":"two."' in rest.text
    assert whole.text.endswith(rest.text.partition("\n\n")[2])
    assert len(llm_server.requests) == 1


async def test_repeated_creations_make_one_thing(api: Api, client: httpx2.AsyncClient) -> None:
    source = await api.text_source("Some text.")
    bodies: dict[str, dict[str, Any]] = {
        "/api/agents": {"name": "Twice"},
        "/api/datasources": {"name": "Twice", "source_type": "text", "content": "x"},
        "/api/providers": {"name": "Twice", "provider_type": "builtin", "model_name": "builtin-extractive"},
    }
    for path, body in bodies.items():
        answers = [await client.post(path, json=body, headers=_KEY) for _ in range(2)]
        assert answers[0].status_code == answers[1].status_code == 201
        assert answers[0].json()["id"] == answers[1].json()["id"], path
        changed = await client.post(path, json={**body, "name": "Other"}, headers=_KEY)
        assert (await api.error(changed, 409))["code"] == "idempotency_key_reused"
    files = [("files", ("a.txt", b"alpha"))]
    uploads = [await client.post("/api/datasources/upload", files=files, headers=_KEY) for _ in range(2)]
    assert uploads[0].json()["id"] == uploads[1].json()["id"]
    other = await client.post("/api/datasources/upload", files=[("files", ("a.txt", b"beta"))], headers=_KEY)
    await api.error(other, 409)
    runs: set[str] = set()
    for _ in range(2):
        started = await client.post(f"/api/datasources/{source['id']}/index", headers=_KEY)
        await api.events(started.json()["run_id"])
        runs.add(started.json()["run_id"])
    assert len(runs) == 1


async def test_a_key_that_is_no_key_is_refused(api: Api, client: httpx2.AsyncClient) -> None:
    for key in ("", "x" * 201, "with space"):
        headers = {"Idempotency-Key": key}
        refused = await client.post("/api/agents", json={"name": "x"}, headers=headers)
        assert (await api.error(refused, 422))["code"] == "invalid_header"
    assert (await api.got("/api/agents"))["items"] == []


async def test_an_agent_asks_a_person_and_goes_on_with_the_answer(
    api: Api, client: httpx2.AsyncClient, llm_server: ModelServer
) -> None:
    waiting = await _asking(api, llm_server)
    path = f"/api/runs/{waiting['run_id']}"
    assert (waiting["status"], waiting["message"]["content"]) == ("WAITING_HUMAN", "Ship it?")
    assert (await api.got(path))["status"] == "WAITING_HUMAN"
    frames = await api.events(waiting["run_id"])
    asked = next(frame for frame in frames if frame.type == "human.requested")
    assert (asked.data["question"], asked.data["options"]) == ("Ship it?", ["yes", "no"])
    assert frames[-1].type == "run.waiting_human"

    llm_server.say("Shipped.")
    unknown = {"answer": "yes", "request_id": "nobody"}
    assert (await api.error(await client.post(f"{path}/answers", json=unknown), 404))[
        "code"
    ] == "question_not_found"
    other = {"answer": "Yes", "request_id": asked.data["request_id"]}
    refused = await api.error(await client.post(f"{path}/answers", json=other), 422)
    assert (refused["code"], refused["details"]["options"]) == ("not_an_option", ["yes", "no"])
    answer = {"answer": "yes", "request_id": asked.data["request_id"]}
    answered = await client.post(f"{path}/answers", json=answer)
    assert answered.status_code == 200, answered.text
    rest = await api.events(waiting["run_id"], frames[-1].id)
    assert [rest[0].type, rest[-1].type] == ["human.answered", "run.completed"]
    heard = llm_server.requests[1]["messages"][-1]
    assert (heard["role"], heard["content"]) == ("tool", "yes")
    said = await api.messages(waiting["conversation_id"])
    assert [each["content"] for each in said] == ["Release 1.2", "Shipped."]

    twice = await api.error(await client.post(f"{path}/answers", json=answer), 409)
    late = await api.error(await client.post(f"{path}/answers", json={"answer": 1}), 409)
    assert (twice["code"], late["code"]) == ("already_answered", "not_waiting")


async def test_of_two_answers_at_once_one_counts(api: Api, llm_server: ModelServer) -> None:
    waiting = await _asking(api, llm_server)
    path = f"/api/runs/{waiting['run_id']}/answers"
    answers = await asyncio.gather(*(api.http.post(path, json={"answer": n}) for n in ("yes", "no") * 3))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    events = (await api.got(f"/api/runs/{waiting['run_id']}/events"))["items"]
    assert [each["type"] for each in events].count("human.answered") == 1


async def test_a_waiting_turn_can_be_cancelled_and_answered_no_more(
    api: Api, client: httpx2.AsyncClient, llm_server: ModelServer
) -> None:
    waiting = await _asking(api, llm_server)
    path = f"/api/runs/{waiting['run_id']}"
    assert (await client.post(f"{path}/cancel")).json()["status"] == "CANCELLED"
    late = await api.error(await client.post(f"{path}/answers", json={"answer": "yes"}), 409)
    assert late["code"] == "not_waiting"
    assert (await client.post(f"{path}/cancel")).status_code == 409


async def test_a_run_that_asks_nothing_takes_no_answer(api: Api) -> None:
    agent = await api.agent()
    reply = await api.say(agent["id"], "Hi")
    response = await api.http.post(f"/api/runs/{reply['run_id']}/answers", json={"answer": "yes"})
    assert (await api.error(response, 409))["code"] == "not_waiting"


async def test_runs_list_with_filters_and_pages(api: Api) -> None:
    source = await api.text_source("Some text.")
    agent = await api.agent(datasource_ids=[source["id"]])
    turns = [(await api.say(agent["id"], f"Hi {n}"))["run_id"] for n in range(5)]
    chats = await api.got("/api/runs?kind=chat&status=COMPLETED")
    assert [each["id"] for each in chats["items"]] == turns[::-1]
    assert [each["kind"] for each in (await api.got("/api/runs"))["items"]] == ["chat"] * 5 + ["indexing"]
    assert (await api.got("/api/runs?status=FAILED"))["items"] == []
    assert (await api.got("/api/runs?kind=nothing"))["items"] == []
    seen, cursor = list[str](), ""
    while cursor is not None:
        page = await api.got(f"/api/runs?kind=chat&limit=2&cursor={cursor}" if cursor else _FIRST)
        seen, cursor = seen + [each["id"] for each in page["items"]], page["next_cursor"]
        assert len(page["items"]) <= 2
    assert seen == turns[::-1]


async def test_a_run_shows_what_went_in_and_what_came_out(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url)
    reply = await api.say(agent["id"], "Hi")
    run = await api.got(f"/api/runs/{reply['run_id']}")
    assert run["inputs"]["message"] == "Hi"
    assert run["outputs"]["message"]["content"] == "OK."
    assert (run["usage"], run["error"]) == (reply["usage"], None)
    assert run["seq"] == 5
    assert run["created_at"] <= run["updated_at"]
    assert run["updated_at"].endswith(("Z", "+00:00"))


async def test_events_come_in_pages_of_json(api: Api, client: httpx2.AsyncClient) -> None:
    source = await api.text_source("Some text.")
    agent = await api.agent(datasource_ids=[source["id"]])
    run_id = (await api.say(agent["id"], "text?"))["run_id"]
    path = f"/api/runs/{run_id}/events"
    whole = await api.got(path)
    assert [each["seq"] for each in whole["items"]] == list(range(1, len(whole["items"]) + 1))
    results = {each["ref"] for each in whole["items"]} - {None}
    assert results == {each["seq"] for each in whole["items"] if each["type"].endswith(".requested")}
    seen, cursor = list[dict[str, Any]](), "0"
    while cursor is not None:
        page = await api.got(f"{path}?limit=2&cursor={cursor}")
        seen, cursor = seen + page["items"], page["next_cursor"]
        assert len(page["items"]) <= 2
    assert seen == whole["items"]
    assert (await api.got(f"{path}?cursor=999"))["items"] == []
    for bad in ("cursor=-1", "cursor=x", "limit=0", "limit=1001", f"cursor={10**30}"):
        await api.error(await client.get(f"{path}?{bad}"), 422)


async def test_a_conversation_is_listed_renamed_and_deleted_with_its_messages(
    api: Api, client: httpx2.AsyncClient
) -> None:
    agent = await api.agent()
    reply = await api.say(agent["id"], "Hello   there\n" + "x" * 300)
    path = f"/api/conversations/{reply['conversation_id']}"
    (listed,) = (await api.got("/api/conversations"))["items"]
    assert listed["title"].startswith("Hello there xxx")
    assert len(listed["title"]) == 80
    assert (await client.patch(path, json={"title": "\U0001f600 Named"})).status_code == 200
    assert (await api.got(path))["title"] == "\U0001f600 Named"
    assert (await client.delete(path)).status_code == 204
    await api.error(await client.get(path), 404)
    body = {"agent_id": agent["id"], "message": "Hi", "conversation_id": reply["conversation_id"]}
    assert (await api.error(await client.post("/api/chat", json=body), 404))[
        "code"
    ] == "conversation_not_found"
    assert (await api.got(f"/api/runs/{reply['run_id']}"))["status"] == "COMPLETED"


async def test_a_conversation_deleted_during_its_turn_stays_deleted(
    live: Api, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("One ", gate, "two.")
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    async with live.http.stream("POST", "/api/chat", json=body) as response:
        path = f"/api/conversations/{response.headers['x-conversation-id']}"
        assert (await live.http.delete(path)).status_code == 204
        gate.set()
        frames = [frame async for frame in live.frames(response)]
    assert frames[-1].type == "run.completed"
    await live.error(await live.http.get(path), 404)


async def test_an_agent_deleted_during_its_turn_leaves_the_conversation_readable(
    live: Api, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("One ", gate, "two.")
    body = {"agent_id": agent["id"], "message": "Hi", "stream": True}
    async with live.http.stream("POST", "/api/chat", json=body) as response:
        conversation_id = response.headers["x-conversation-id"]
        assert (await live.http.delete(f"/api/agents/{agent['id']}")).status_code == 204
        gate.set()
        assert [frame async for frame in live.frames(response)][-1].type == "run.completed"
    conversation = await live.got(f"/api/conversations/{conversation_id}")
    assert conversation["agent_id"] is None
    assert [each["content"] for each in conversation["messages"]] == ["Hi", "One two."]


async def test_messages_and_the_deletion_of_their_agent_at_once_end_well(api: Api) -> None:
    agent = await api.agent()
    body = {"agent_id": agent["id"], "message": "Hi"}
    answers = await asyncio.gather(
        *(api.http.post("/api/chat", json=body) for _ in range(10)),
        api.http.delete(f"/api/agents/{agent['id']}"),
        *(api.http.post("/api/chat", json=body) for _ in range(10)),
    )
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
