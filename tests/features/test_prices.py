"""Prices: entered, shown, and what a run costs by them."""

from typing import Any

import httpx2
import pytest

from liteagent.app.wiring import Platform
from liteagent.contracts.llm import LLMResponse, Usage
from liteagent.contracts.messages import Message, Role
from liteagent.testing import ScriptedLLM
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_USAGE = Usage(1000, 100, cached=600, cache_write=300, reasoning=50)


@pytest.fixture
def scripted(platform: Platform) -> ScriptedLLM:
    """The model of every provider of the type `scripted`."""
    llm = ScriptedLLM([LLMResponse(Message(Role.ASSISTANT, "Hello"), _USAGE, model="m-2026-01-01")])
    platform.llms.register("scripted")(lambda _config: llm)
    return llm


async def _run(api: Api, provider: dict[str, Any]) -> dict[str, Any]:
    agent = await api.agent(provider_id=provider["id"])
    return await api.got(f"/api/runs/{(await api.say(agent['id'], 'Hi'))['run_id']}")


async def test_a_price_is_entered_shown_changed_listed_and_deleted(api: Api) -> None:
    body = {"provider_type": "openai", "model": "m-*", "input": 0.0375, "output": 0.15, "cached": 0.01}
    made = await api.made("/api/prices", **body)
    assert {**made, **body, "cache_write": None, "provider_id": None} == made
    path = f"/api/prices/{made['id']}"
    assert await api.got(path) == made
    changed = (await api.http.patch(path, json={"cached": None, "input": 2})).json()
    assert (changed["input"], changed["cached"], changed["output"]) == (2, None, 0.15)
    listed = await api.got("/api/prices")
    assert listed["items"] == [changed]
    assert len(listed["defaults_as_of"]) == 10
    free = {each["provider_type"] for each in listed["defaults"] if each["input"] == each["output"] == 0}
    assert {"builtin", "ollama"} <= free
    assert (await api.http.delete(path)).status_code == 204
    assert (await api.error(await api.http.get(path), 404))["code"] == "price_not_found"


async def test_a_price_that_cannot_be_is_refused(api: Api, second_client: httpx2.AsyncClient) -> None:
    body: dict[str, Any] = {"provider_type": "openai", "model": "m", "input": 1, "output": 1}
    for change in (
        {"provider_type": None},
        {"provider_id": "x"},
        {"input": -1},
        {"output": "free"},
        {"model": ""},
        {"model": "a b"},
        {"currency": "EUR"},
    ):
        assert (await api.http.post("/api/prices", json={**body, **change})).status_code == 422, change
    nobody = {**body, "provider_type": None, "provider_id": "01900000-0000-7000-8000-000000000000"}
    await api.error(await api.http.post("/api/prices", json=nobody), 404)
    made = await api.made("/api/prices", **body)
    assert (await second_client.get(f"/api/prices/{made['id']}")).status_code == 404


async def test_a_run_costs_what_its_calls_cost(api: Api, scripted: ScriptedLLM) -> None:
    provider = await api.made("/api/providers", name="S", provider_type="scripted", model_name="m")
    unknown = await _run(api, provider)
    assert (unknown["cost"], unknown["usage"]["unpriced"]) == (None, 1)
    price = {"provider_type": "scripted", "model": "m", "input": 10, "output": 100}
    general = await api.made("/api/prices", **price)
    assert (await _run(api, provider))["cost"] == pytest.approx((1000 * 10 + 100 * 100) / 1e6)
    await api.http.patch(f"/api/prices/{general['id']}", json={"cached": 1, "cache_write": 20})
    known = (await _run(api, provider))["cost"]
    assert known == pytest.approx((100 * 10 + 600 * 1 + 300 * 20 + 100 * 100) / 1e6)
    own = {"provider_id": provider["id"], "model": "*", "input": 1, "output": 1}
    await api.made("/api/prices", **own)
    assert (await _run(api, provider))["cost"] == pytest.approx(1100 / 1e6)


async def test_the_answer_s_own_name_of_the_model_is_looked_up_too(api: Api, scripted: ScriptedLLM) -> None:
    provider = await api.made("/api/providers", name="S", provider_type="scripted", model_name="newest")
    await api.made("/api/prices", provider_type="scripted", model="m-2026-*", input=1, output=1)
    assert (await _run(api, provider))["cost"] == pytest.approx(1100 / 1e6)


async def test_the_built_in_model_is_free_and_a_model_without_a_price_is_not(
    api: Api, llm_server: ModelServer
) -> None:
    free = await api.agent()
    run = await api.got(f"/api/runs/{(await api.say(free['id'], 'Hi'))['run_id']}")
    assert run["cost"] == 0
    agent = await api.agent_on(llm_server.url)
    run = await api.got(f"/api/runs/{(await api.say(agent['id'], 'Hi'))['run_id']}")
    assert run["cost"] is None


async def test_a_flow_s_cost_is_unknown_as_soon_as_one_part_s_is(
    api: Api, scripted: ScriptedLLM, llm_server: ModelServer
) -> None:
    await api.made("/api/providers", name="Priced", provider_type="scripted", model_name="m")
    await api.made(
        "/api/providers",
        name="Unpriced",
        provider_type="openai_compatible",
        model_name="fake-1",
        base_url=llm_server.url,
    )
    await api.made("/api/prices", provider_type="scripted", model="m", input=10, output=100)
    for second, cost in (("Priced", 0.04), ("Unpriced", None)):
        flow = {
            "liteagent": 1,
            "id": f"two-{second.lower()}",
            "name": "Two",
            "nodes": {
                "start": {"type": "start"},
                "one": {"type": "llm", "prompt": "Hi", "provider": "Priced"},
                "two": {"type": "llm", "prompt": "Hi", "provider": second},
                "end": {"type": "end"},
            },
            "edges": ["start -> one -> two -> end"],
        }
        made = await api.made("/api/workflows", **flow)
        started = (await api.http.post(f"/api/workflows/{made['id']}/runs", json={"inputs": {}})).json()
        await api.events(started["id"])
        run = await api.got(f"/api/runs/{started['id']}")
        assert run["status"] == "COMPLETED", run
        assert run["cost"] == (None if cost is None else pytest.approx(cost))
        assert run["usage"].get("unpriced", 0) == (cost is None)
