"""Budgets over HTTP: made, shown, kept to by a hundred chats at once."""

from collections import Counter
from typing import Any

import anyio
import httpx2
import pytest

from liteagent.app.wiring import Platform
from liteagent.contracts.llm import LLMResponse, Usage
from liteagent.contracts.messages import Message, Role
from liteagent.testing import ScriptedLLM
from tests.features.harness.api import Api

_ANSWER = LLMResponse(Message(Role.ASSISTANT, "Hello there"), Usage(20, 30), model="m")


@pytest.fixture
def scripted(platform: Platform) -> ScriptedLLM:
    """The model of every provider of the type `scripted`."""
    llm = ScriptedLLM([_ANSWER])
    platform.llms.register("scripted")(lambda _config: llm)
    return llm


async def _agent(api: Api, **fields: Any) -> dict[str, Any]:
    """An agent on the scripted model; `fields` are its provider's."""
    provider = await api.made("/api/providers", name="S", provider_type="scripted", model_name="m", **fields)
    return await api.agent(provider_id=provider["id"])


async def _chat(api: Api, agent: dict[str, Any], answers: list[httpx2.Response]) -> None:
    body = {"agent_id": agent["id"], "message": "Hi"}
    answers.append(await api.http.post("/api/chat", json=body))


async def test_a_budget_is_made_shown_changed_listed_and_deleted(api: Api) -> None:
    made = await api.made(
        "/api/budgets", name="Daily", scope="user", period="day", money_usd=1.5, seconds=2.5
    )
    assert (made["money_usd"], made["seconds"], made["tokens"], made["uses"]) == (1.5, 2.5, None, [])
    path = f"/api/budgets/{made['id']}"
    assert await api.got(path) == made
    changed = (await api.http.patch(path, json={"money_usd": None, "tokens": 7, "name": None})).json()
    assert (changed["money_usd"], changed["tokens"], changed["name"]) == (None, 7, "Daily")
    nothing = await api.http.patch(path, json={"tokens": None, "seconds": None})
    await api.error(nothing, 422)
    assert (await api.got("/api/budgets"))["items"] == [changed]
    assert (await api.http.delete(path)).status_code == 204
    assert (await api.error(await api.http.get(path), 404))["code"] == "budget_not_found"


@pytest.mark.parametrize(
    "change",
    [
        {"money_usd": None},
        {"money_usd": 0},
        {"money_usd": -1},
        {"tokens": 0},
        {"steps": 1.5},
        {"scope": "planet"},
        {"period": "week"},
        {"scope": "run"},
        {"scope": "workspace", "subject_id": "x"},
        {"name": " "},
        {"more": 1},
    ],
)
async def test_a_budget_that_cannot_be_is_refused(api: Api, change: dict[str, Any]) -> None:
    body = {"name": "b", "scope": "user", "period": "day", "money_usd": 1.0, **change}
    assert (await api.http.post("/api/budgets", json=body)).status_code == 422


async def test_a_budget_of_another_workspace_is_not_there(
    api: Api, second_client: httpx2.AsyncClient
) -> None:
    made = await api.made("/api/budgets", name="b", scope="user", period="day", steps=1)
    path = f"/api/budgets/{made['id']}"
    for response in (
        await second_client.get(path),
        await second_client.patch(path, json={"steps": 2}),
        await second_client.delete(path),
    ):
        assert response.status_code == 404
    assert (await second_client.get("/api/budgets")).json()["items"] == []


async def test_a_hundred_chats_against_a_budget_for_ten_spend_ten(api: Api, scripted: ScriptedLLM) -> None:
    agent = await _agent(api)
    budget = await api.made("/api/budgets", name="Ten", scope="workspace", period="total", steps=10)
    answers: list[httpx2.Response] = []
    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(_chat, api, agent, answers)
    assert Counter(each.status_code for each in answers) == {200: 10, 429: 90}
    assert len(scripted.requests) == 10
    (use,) = (await api.got(f"/api/budgets/{budget['id']}"))["uses"]
    assert (use["steps"], use["tokens"], use["reserved_steps"]) == (10, 500, 0)


async def test_money_is_overspent_by_one_call_at_most(api: Api, scripted: ScriptedLLM) -> None:
    cost = 0.03  # 30 tokens at 1,000 dollars a million
    agent = await _agent(api, options={"profile": {"max_output": 30}})
    await api.made("/api/prices", provider_type="scripted", model="*", input=0, output=1000)
    budget = await api.made("/api/budgets", name="Ten", scope="agent", period="day", money_usd=10 * cost)
    answers: list[httpx2.Response] = []
    async with anyio.create_task_group() as group:
        for _ in range(100):
            group.start_soon(_chat, api, agent, answers)
    (use,) = (await api.got(f"/api/budgets/{budget['id']}"))["uses"]
    assert 10 * cost - 1e-9 <= use["money_usd"] <= 11 * cost + 1e-9
    assert use["money_usd"] == pytest.approx(len(scripted.requests) * cost)
    assert (use["subject"], use["reserved_money_usd"], use["unpriced_calls"]) == (agent["id"], 0, 0)
    answers = [each for each in answers if each.status_code != 200]
    error = await api.error(answers[-1], 429)
    assert (error["code"], error["details"]["budget_id"]) == ("budget_exceeded", budget["id"])
    assert error["details"]["until"]


async def test_a_budget_of_each_api_key_and_user_counts_for_chats_and_flows(
    api: Api, scripted: ScriptedLLM
) -> None:
    agent = await _agent(api)
    key = await api.made("/api/auth/api-keys", name="script")
    by_key = await api.made("/api/budgets", name="k", scope="api_key", period="day", steps=2)
    by_user = await api.made("/api/budgets", name="u", scope="user", period="day", steps=9)
    signed_in = dict(api.http.headers)
    await api.say(agent["id"], "As myself")
    api.http.headers["Authorization"] = f"Bearer {key['key']}"
    await api.say(agent["id"], "By key")
    flow = {
        "liteagent": 1,
        "id": "ask",
        "name": "Ask",
        "nodes": {
            "start": {"type": "start"},
            "ask": {"type": "llm", "prompt": "Hi", "provider": "S"},
            "end": {"type": "end", "outputs": {"said": "{{ ask.output }}"}},
        },
        "edges": ["start -> ask -> end"],
    }
    made = await api.made("/api/workflows", **flow)
    started = await api.http.post(f"/api/workflows/{made['id']}/runs", json={"inputs": {}})
    end = (
        await api.events(started.json()["run_id"] if "run_id" in started.json() else started.json()["id"])
    )[-1]
    assert end.type == "run.completed", end.data
    refused = await api.http.post("/api/chat", json={"agent_id": agent["id"], "message": "Once more"})
    assert (await api.error(refused, 429))["details"]["budget_id"] == by_key["id"]
    api.http.headers["Authorization"] = signed_in["authorization"]
    (use,) = (await api.got(f"/api/budgets/{by_key['id']}"))["uses"]
    assert (use["subject"], use["steps"]) == (key["id"], 2)
    (use,) = (await api.got(f"/api/budgets/{by_user['id']}"))["uses"]
    assert use["steps"] == 3
    assert len(scripted.requests) == 3


async def test_a_budget_of_each_run_counts_each_anew(api: Api, scripted: ScriptedLLM) -> None:
    agent = await _agent(api)
    budget = await api.made("/api/budgets", name="r", scope="run", period="run", steps=1)
    runs = [(await api.say(agent["id"], "Hi"))["run_id"] for _ in range(2)]
    uses = (await api.got(f"/api/budgets/{budget['id']}"))["uses"]
    assert {use["run_id"] for use in uses} == set(runs)
    assert len(scripted.requests) == 2
