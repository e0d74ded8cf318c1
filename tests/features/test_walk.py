"""From set-up to a cited answer, as a client without a browser does it."""

import asyncio
from typing import Any

import httpx2

from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

# Beyond the BMP, combining marks, CRLF and a lone CR: all of it one code point each.
_HANDBOOK = (
    "# Hand\u0065\u0301book \U0001f9ed\r\n\r\n"
    "The \U0001f680 rollback window (\U0001f469\u200d\U0001f4bb) is forty minutes after a release.\r\n\r\n"
    "Cafe\u0301 duty rotates every Tuesday; the ko\u0308der is \U0001d54f.\rAsk Zoe\u0308 for the keys.\r\n"
)
_PAGE = (
    "<html><head><title>Pets</title></head><body><p>Pets \U0001f415 may visit on Fridays.</p></body></html>"
)


async def _citations_hold(api: Api, reply: dict[str, Any]) -> list[dict[str, Any]]:
    citations = reply["message"]["citations"]
    assert citations
    for each in citations:
        path = f"/api/datasources/{each['datasource_id']}/documents/{each['document']['id']}/text"
        stored = (await api.got(path))["text"]
        assert each["text"] == stored[each["start"] : each["end"]]
        assert each["text"].strip()
    return citations


async def test_from_uploaded_files_to_cited_answers_in_json_and_as_a_stream(api: Api) -> None:
    source = await api.upload(
        ("handbook.md", _HANDBOOK.encode()),
        ("pets.html", _PAGE.encode()),
        ("rooms.csv", "room,seats\nAtlas,12\nBor\u00e9as,4\n".encode()),
    )
    assert (source["status"], source["files"]) == ("queued", ["handbook.md", "pets.html", "rooms.csv"])
    source = await api.indexed(source["id"])
    assert (source["status"], source["counts"]["documents"], source["counts"]["failed"]) == ("ready", 3, 0)
    agent = await api.agent(datasource_ids=[source["id"]])

    reply = await api.say(agent["id"], "How long is the rollback window after a release?")
    assert reply["status"] == "COMPLETED"
    assert "forty minutes" in reply["message"]["content"]
    cited = await _citations_hold(api, reply)
    assert cited[0]["document"]["name"] == "handbook.md"
    assert "\U0001f680 rollback" in cited[0]["text"]

    more = {"conversation_id": reply["conversation_id"]}
    frames = await api.stream(agent["id"], "When may pets visit?", **more)
    assert [frames[0].type, frames[-1].type] == ["run.started", "run.completed"]
    outputs = frames[-1].data["outputs"]
    assert "Fridays" in outputs["message"]["content"]
    await _citations_hold(api, outputs)

    said = await api.messages(reply["conversation_id"])
    assert [each["role"] for each in said] == ["user", "assistant", "user", "assistant"]
    assert said[1]["content"] == reply["message"]["content"]
    assert said[1]["citations"] == reply["message"]["citations"]
    assert said[3]["content"] == outputs["message"]["content"]
    assert {each["status"] for each in said} == {"complete"}


async def test_the_stored_text_is_the_uploaded_one_character_by_character(api: Api) -> None:
    source = await api.upload(("handbook.md", _HANDBOOK.encode()))
    await api.indexed(source["id"])
    (document,) = (await api.got(f"/api/datasources/{source['id']}/documents"))["items"]
    assert document["characters"] == len(_HANDBOOK)
    assert document["size"] == len(_HANDBOOK.encode())
    shown = await api.got(f"/api/datasources/{source['id']}/documents/{document['id']}/text")
    assert shown == {"id": document["id"], "name": "handbook.md", "text": _HANDBOOK}


async def test_search_results_are_citations_best_first(api: Api) -> None:
    sections = (f"{_HANDBOOK[:30]} rollback " + f"\U0001f680w{n}x " * 25 for n in range(20))
    text = ".\r\n\r\n".join(sections)
    source = await api.text_source(text, chunker={"chunk_size": 200, "overlap": 40})
    response = await api.http.post(
        f"/api/datasources/{source['id']}/search", json={"query": "rollback keys", "top_k": 7}
    )
    found = response.json()
    assert len(found["items"]) == 7
    scores = [each["score"] for each in found["items"]]
    assert scores == sorted(scores, reverse=True)
    await _citations_hold(api, {"message": {"citations": found["items"]}})
    assert found["trace"]["retriever"] == "bm25"


async def test_a_follow_up_message_remembers_what_was_said(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url, system_prompt="Be kind.")
    llm_server.say("Hello ", "Ada.")
    llm_server.say("You are Ada.")
    first = await api.say(agent["id"], "I am Ada.")
    assert first["usage"] == {
        "input": 3,
        "output": 2,
        "unit": "tokens",
        "cached": 0,
        "cache_write": 0,
        "reasoning": 0,
        "unpriced": 1,
    }
    await api.say(agent["id"], "Who am I?", conversation_id=first["conversation_id"])
    said = [(each["role"], each["content"]) for each in llm_server.requests[1]["messages"]]
    assert "Be kind." in said[0][1]
    assert said[1:] == [("user", "I am Ada."), ("assistant", "Hello Ada."), ("user", "Who am I?")]
    conversation = await api.got(f"/api/conversations/{first['conversation_id']}")
    assert conversation["title"] == "I am Ada."
    assert conversation["agent_id"] == agent["id"]


async def test_changed_deleted_and_vanished_content_changes_the_answers(
    api: Api, client: httpx2.AsyncClient
) -> None:
    source = await api.text_source("The gate code is 4711.")
    path = f"/api/datasources/{source['id']}"
    agent = await api.agent(datasource_ids=[source["id"]])
    question = "What is the gate code?"
    assert "4711" in (await api.say(agent["id"], question))["message"]["content"]

    changed = await client.patch(path, json={"content": "The gate code is 0815 now."})
    assert changed.status_code == 200
    assert "4711" in (await api.say(agent["id"], question))["message"]["content"]
    await api.indexed(source["id"])
    content = (await api.say(agent["id"], question))["message"]["content"]
    assert "0815" in content
    assert "4711" not in content

    (document,) = (await api.got(f"{path}/documents"))["items"]
    assert (await client.delete(f"{path}/documents/{document['id']}")).status_code == 204
    reply = await api.say(agent["id"], question)
    assert reply["message"]["citations"] == []
    assert "0815" not in reply["message"]["content"]
    await api.error(await client.get(f"{path}/documents/{document['id']}/text"), 404)
    assert (await api.got(path))["counts"] == {"documents": 0, "failed": 0, "chunks": 0, "characters": 0}

    await api.indexed(source["id"])
    assert "0815" in (await api.say(agent["id"], question))["message"]["content"]
    assert (await client.delete(path)).status_code == 204
    for method, gone in (("GET", path), ("GET", f"{path}/documents"), ("POST", f"{path}/index")):
        assert (await api.error(await client.request(method, gone), 404))["code"] == "datasource_not_found"
    assert (await api.got(f"/api/agents/{agent['id']}"))["datasource_ids"] == []
    reply = await api.say(agent["id"], question)
    assert (reply["status"], reply["message"]["citations"]) == ("COMPLETED", [])


async def test_indexing_again_costs_nothing_where_nothing_changed(api: Api) -> None:
    source = await api.upload(("a.txt", b"alpha beta"), ("b.txt", b"gamma delta"))
    first = await api.indexed(source["id"])
    again = await api.indexed(source["id"])
    assert again["run_id"] != first["run_id"]
    outputs = (await api.got(f"/api/runs/{again['run_id']}"))["outputs"]
    assert (outputs["documents"], outputs["unchanged"]) == (2, 2)
    assert again["counts"] == first["counts"]


async def test_a_data_source_deleted_while_it_is_indexed_leaves_nothing(api: Api) -> None:
    files = [(f"{number}.txt", f"word{number} ".encode() * 2000) for number in range(30)]
    source = await api.upload(*files)
    started = await api.http.post(f"/api/datasources/{source['id']}/index")
    deleted, again = await asyncio.gather(
        api.http.delete(f"/api/datasources/{source['id']}"),
        api.http.post(f"/api/datasources/{source['id']}/index"),
    )
    assert deleted.status_code == 204
    assert again.status_code in (202, 404)
    await api.events(started.json()["run_id"])
    run = await api.got(f"/api/runs/{started.json()['run_id']}")
    assert run["status"] in ("CANCELLED", "COMPLETED")
    assert (await api.got("/api/datasources"))["items"] == []


async def test_a_new_agent_without_documents_says_that_it_has_none(api: Api) -> None:
    agent = await api.agent()
    reply = await api.say(agent["id"], "What is the gate code?")
    assert "no language model" in reply["message"]["content"]
    assert reply["usage"]["unit"] == "words"
