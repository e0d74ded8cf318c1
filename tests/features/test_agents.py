"""Agents: their slugs, what they name, and how they change."""

import asyncio

from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer


async def test_a_slug_is_made_of_the_name_and_free(api: Api) -> None:
    names = ["My Guide!", "My Guide!", "my  guide", "\u65e5\u672c", "\u65e5\u672c", "-", "x" * 200]
    made = [(await api.agent(name=name))["slug"] for name in names]
    assert made == ["my-guide", "my-guide-2", "my-guide-3", "agent", "agent-2", "agent-3", "x" * 60]


async def test_a_slug_that_is_taken_is_a_conflict(api: Api) -> None:
    await api.agent(slug="guide")
    other = await api.agent(slug="other")
    again = await api.http.post("/api/agents", json={"name": "x", "slug": "guide"})
    assert (await api.error(again, 409))["code"] == "slug_taken"
    path = f"/api/agents/{other['id']}"
    taken = await api.http.patch(path, json={"slug": "guide", "name": "new"})
    assert (await api.error(taken, 409))["code"] == "slug_taken"
    assert await api.got(path) == other
    assert (await api.http.patch(path, json={"slug": "other"})).status_code == 200
    await api.http.delete(path)
    assert (await api.agent(slug="other"))["slug"] == "other"


async def test_of_ten_who_want_one_slug_at_once_one_gets_it(api: Api) -> None:
    bodies = [{"name": f"n{number}", "slug": "guide"} for number in range(10)]
    answers = await asyncio.gather(*(api.http.post("/api/agents", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    answers = await asyncio.gather(*(api.http.post("/api/agents", json={"name": "Same"}) for _ in range(10)))
    assert len({answer.json()["slug"] for answer in answers}) == 10


async def test_an_agent_changes_only_where_it_is_told_to(api: Api) -> None:
    source = await api.made("/api/datasources", name="n", source_type="text", content="x")
    agent = await api.agent(
        datasource_ids=[source["id"], source["id"]],
        tools=["request_human_input"],
        memory={"strategy": "sliding_window", "window_size": 3},
        budget={"max_steps": 4},
    )
    assert agent["datasource_ids"] == [source["id"]]
    path = f"/api/agents/{agent['id']}"
    same = await api.http.patch(path, json={"name": None, "tools": None, "budget": None})
    assert {**same.json(), "updated_at": agent["updated_at"]} == agent
    changed = (await api.http.put(path, json={"description": "d", "datasource_ids": []})).json()
    assert (changed["description"], changed["datasource_ids"]) == ("d", [])
    assert (changed["memory"], changed["budget"]) == (agent["memory"], {"max_steps": 4})


async def test_a_turn_under_way_keeps_the_agent_as_it_was(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url, system_prompt="First.", tools=["request_human_input"])
    llm_server.call("request_human_input", question="Go on?")
    waiting = await api.say(agent["id"], "Hi")
    await api.http.patch(f"/api/agents/{agent['id']}", json={"system_prompt": "Second."})
    await api.http.post(f"/api/runs/{waiting['run_id']}/answers", json={"answer": "yes"})
    assert (await api.events(waiting["run_id"]))[-1].type == "run.completed"
    await api.say(agent["id"], "Hi")
    prompts = [each["messages"][0]["content"] for each in llm_server.requests]
    assert ["First." in prompt for prompt in prompts] == [True, True, False]


async def test_a_window_of_memory_bounds_what_the_model_sees(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url, memory={"strategy": "sliding_window", "window_size": 3})
    conversation_id = (await api.say(agent["id"], "message 0"))["conversation_id"]
    for number in range(1, 5):
        await api.say(agent["id"], f"message {number}", conversation_id=conversation_id)
    heard = [each["content"] for each in llm_server.requests[-1]["messages"] if each["role"] != "system"]
    assert heard[-1] == "message 4"
    assert 2 <= len(heard) <= 3
    assert len(await api.messages(conversation_id)) == 10


async def test_lists_go_on_where_a_page_ended_whatever_is_made_meanwhile(api: Api) -> None:
    made = [(await api.agent(name=f"n{number}"))["id"] for number in range(5)]
    first = await api.got("/api/agents?limit=2")
    await api.agent(name="meanwhile")
    second = await api.got(f"/api/agents?limit=2&cursor={first['next_cursor']}")
    third = await api.got(f"/api/agents?limit=2&cursor={second['next_cursor']}")
    listed = [each["id"] for page in (first, second, third) for each in page["items"]]
    assert (listed, third["next_cursor"]) == (made[::-1], None)
