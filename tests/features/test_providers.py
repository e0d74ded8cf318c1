"""Configured providers: what is shown of them, and what never is."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from pydantic import SecretStr

from liteagent.app.settings import Settings
from liteagent.app.wiring import open_platform
from liteagent.contracts.errors import ConfigurationError
from liteagent.features.llm_providers.schemas import ProviderBody, ProviderPatch
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_SECRET = "sk-fake-secret-0123456789"
_BODY: dict[str, Any] = {
    "name": "Fake",
    "provider_type": "openai_compatible",
    "model_name": "fake-1",
    "api_key": _SECRET,
}


async def test_a_provider_is_made_shown_changed_listed_and_deleted(api: Api) -> None:
    made = await api.made("/api/providers", **_BODY, base_url="http://127.0.0.1:9/v1/")
    assert made["base_url"] == "http://127.0.0.1:9/v1"
    path = f"/api/providers/{made['id']}"
    assert await api.got(path) == made
    changed = await api.http.patch(path, json={"name": "Renamed", "base_url": None, "model_name": None})
    assert changed.status_code == 200
    shown = await api.got(path)
    assert (shown["name"], shown["base_url"], shown["model_name"]) == ("Renamed", None, "fake-1")
    assert shown["updated_at"] > made["updated_at"]
    assert (await api.got("/api/providers"))["items"] == [shown]
    assert (await api.http.delete(path)).status_code == 204
    await api.error(await api.http.get(path), 404)
    await api.error(await api.http.delete(path), 404)


def _steps(tested: dict[str, Any]) -> dict[str, bool | None]:
    return {step["name"]: step["ok"] for step in tested["steps"]}


async def test_a_test_says_how_the_provider_answers(api: Api, llm_server: ModelServer) -> None:
    made = await api.made("/api/providers", **_BODY, base_url=llm_server.url)
    path = f"/api/providers/{made['id']}"
    tested = (await api.http.post(f"{path}/test")).json()
    assert (tested["ok"], tested["answer"], tested["model"], tested["error"]) == (True, "OK.", "fake-1", None)
    assert _steps(tested) == {"connect": True, "auth": True, "models": True, "chat": True}
    assert llm_server.keys == [f"bearer {_SECRET}"] * 2
    for status, code in ((401, "provider_auth_failed"), (429, "provider_rate_limited")):
        llm_server.fail(status)
        failed = (await api.http.post(f"{path}/test")).json()
        assert (failed["ok"], failed["answer"], failed["error"]["code"]) == (False, None, code)
    assert [each["id"] for each in (await api.got(f"{path}/models"))["items"]] == ["fake-1"]
    llm_server.fail(401)
    assert (await api.error(await api.http.get(f"{path}/models"), 502))["code"] == "provider_auth_failed"


async def test_each_step_of_a_test_tells_what_to_do(api: Api, llm_server: ModelServer) -> None:
    made = await api.made("/api/providers", **_BODY, base_url=llm_server.url)
    path = f"/api/providers/{made['id']}/test"
    llm_server.fail(500)
    down = (await api.http.post(path)).json()
    assert _steps(down) == {"connect": False, "auth": None, "models": None, "chat": None}
    assert "base_url" in down["steps"][0]["fix"]
    llm_server.fail(401)
    refused = (await api.http.post(path)).json()
    assert _steps(refused) == {"connect": True, "auth": False, "models": None, "chat": None}
    assert "api_key" in refused["steps"][1]["fix"]
    llm_server.fail(404)
    silent = (await api.http.post(path)).json()
    assert _steps(silent) == {"connect": True, "auth": True, "models": False, "chat": True}
    assert (silent["ok"], silent["error"], silent["answer"]) == (True, None, "OK.")
    await api.http.patch(f"/api/providers/{made['id']}", json={"model_name": "another"})
    unknown = (await api.http.post(path)).json()
    assert _steps(unknown)["models"] is False
    assert "fake-1" in unknown["steps"][2]["fix"]


async def test_the_built_in_model_is_tested_like_any_other(api: Api) -> None:
    made = await api.made(
        "/api/providers", name="Own", provider_type="builtin", model_name="builtin-extractive"
    )
    path = f"/api/providers/{made['id']}"
    assert (await api.http.post(f"{path}/test")).json()["ok"] is True
    assert [each["id"] for each in (await api.got(f"{path}/models"))["items"]] == ["builtin-extractive"]


async def test_a_new_key_replaces_the_old_one_and_null_takes_it_away(
    api: Api, llm_server: ModelServer
) -> None:
    made = await api.made("/api/providers", **_BODY, base_url=llm_server.url)
    path = f"/api/providers/{made['id']}"
    agent = await api.agent(provider_id=made["id"])
    for key in ("sk-another-secret-9876543210", None):
        await api.http.patch(path, json={"api_key": key})
        await api.say(agent["id"], "Hi")
    await api.http.patch(path, json={"name": "Same key"})
    await api.say(agent["id"], "Hi")
    sent = ["bearer sk-another-secret-9876543210", "bearer not-needed", "bearer not-needed"]
    assert llm_server.keys == sent


@pytest.mark.parametrize(("key", "mask"), [(_SECRET, "\u20266789"), ("short-key", "\u2026")])
async def test_a_key_is_shown_masked_and_kept_encrypted(
    api: Api, settings: Settings, key: str, mask: str
) -> None:
    made = await api.made("/api/providers", **{**_BODY, "api_key": key})
    path = f"/api/providers/{made['id']}"
    shown = [made, await api.got(path), (await api.http.patch(path, json={"name": "New"})).json()]
    shown += (await api.got("/api/providers"))["items"]
    assert [each["api_key"] for each in shown] == [mask] * 4
    stored = b"".join(file.read_bytes() for file in settings.liteagent_data.glob("liteagent.db*"))
    assert key.encode() not in stored


async def test_a_key_is_in_no_answer_event_or_log_even_when_the_server_repeats_it(
    api: Api, llm_server: ModelServer, log: list[MutableMapping[str, Any]]
) -> None:
    agent = await api.agent_on(llm_server.url)
    body = {"agent_id": agent["id"], "message": "Hi"}
    llm_server.fail(401)
    seen = [(await api.http.post("/api/chat", json=body)).text]
    llm_server.fail(400)
    seen.append((await api.http.post("/api/chat", json={**body, "stream": True})).text)
    llm_server.fail(429)
    seen.append((await api.http.post(f"/api/providers/{agent['provider_id']}/test")).text)
    assert all("no, said the server to bearer ***" in each for each in seen)
    for run in (await api.got("/api/runs"))["items"]:
        seen += [str(run), (await api.http.get(f"/api/runs/{run['id']}/events")).text]
    for each in (await api.got("/api/conversations"))["items"]:
        seen.append(str(await api.messages(each["id"])))
    assert _SECRET not in "".join([*seen, str(log)])


async def test_a_key_of_another_installation_can_be_replaced(settings: Settings) -> None:
    first, second = (
        settings.model_copy(update={"secret_key": SecretStr(letter * 40)}) for letter in ("a", "b")
    )
    async with open_platform(first) as platform:
        made = await platform.providers.create(platform.operator, ProviderBody(**_BODY))
    async with open_platform(second) as platform:
        providers, operator = platform.providers, platform.operator
        (listed,) = (await providers.list(operator)).items
        assert (listed.id, listed.api_key) == (made.id, "\u2026")
        with pytest.raises(ConfigurationError, match="enter it again"):
            await providers.test(operator, made.id)
        changed = await providers.update(operator, made.id, ProviderPatch(api_key="sk-new-0123456789"))
        assert changed.api_key == "\u20266789"


_UNUSABLE: list[dict[str, Any]] = [
    {"provider_type": "nonsense"},
    {"provider_type": ""},
    {"model_name": ""},
    {"model_name": "  "},
    {"model_name": "x" * 201},
    {"name": " "},
    {"base_url": "ftp://host"},
    {"base_url": "host/v1"},
    {"base_url": "http://"},
    {"base_url": f"http://user:{_SECRET}@host/v1"},
    {"base_url": ""},
    {"base_url": "http://" + "a" * 2000},
    {"api_key": ""},
    {"api_key": 7},
    {"is_active": "yes"},
    {"is_active": 1},
    {"timeout": 1},
]


async def test_a_provider_that_cannot_be_is_refused(api: Api) -> None:
    for change in _UNUSABLE:
        refused = await api.http.post("/api/providers", json={**_BODY, **change})
        assert refused.status_code == 422, change
        assert _SECRET not in refused.text
    assert (await api.got("/api/providers"))["items"] == []
