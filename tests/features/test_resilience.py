"""Providers that fail, over HTTP: asked again, left alone, replaced by others."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from liteagent.app.settings import Settings, load_settings
from liteagent.app.wiring import Platform, open_platform
from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.identity import Principal
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, LLMResponse, ModelInfo, complete
from liteagent.contracts.messages import Message, Role
from liteagent.features.llm_providers.models import LLMProviderRow
from liteagent.features.llm_providers.schemas import ProviderBody, ProviderPatch
from liteagent.testing import ScriptedLLM
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_REQUEST = LLMRequest((Message(Role.USER, "Hi"),))
_FAST = {"longest_wait": 0.01}


async def _provider(api: Api, server: ModelServer, **fields: Any) -> dict[str, Any]:
    body = {"name": "P", "provider_type": "openai_compatible", "model_name": "fake-1", **fields}
    return await api.made("/api/providers", **{"base_url": server.url, **body})


async def test_a_call_that_fails_for_a_moment_is_made_again(api: Api, llm_server: ModelServer) -> None:
    provider = await _provider(api, llm_server, resilience=_FAST)
    assert provider["resilience"]["attempts"] == 3
    agent = await api.agent(provider_id=provider["id"])
    llm_server.fail(500)
    llm_server.fail(429, retry_after="0")
    reply = await api.say(agent["id"], "Hi")
    assert (reply["message"]["content"], len(llm_server.requests)) == ("OK.", 3)


async def test_a_broken_answer_is_not_repeated_behind_the_reader_s_back(
    api: Api, llm_server: ModelServer
) -> None:
    provider = await _provider(api, llm_server, resilience=_FAST)
    agent = await api.agent(provider_id=provider["id"])
    llm_server.cut("Half ", "an answer")
    response = await api.http.post("/api/chat", json={"agent_id": agent["id"], "message": "Hi"})
    await api.error(response, 502)
    assert len(llm_server.requests) == 1


async def test_a_provider_that_keeps_failing_is_left_alone(api: Api, llm_server: ModelServer) -> None:
    resilience = {"attempts": 1, "failures": 2, "open_seconds": 60}
    provider = await _provider(api, llm_server, resilience=resilience)
    agent = await api.agent(provider_id=provider["id"])
    body = {"agent_id": agent["id"], "message": "Hi"}
    for _ in range(2):
        llm_server.fail(500)
        await api.error(await api.http.post("/api/chat", json=body), 502)
    error = await api.error(await api.http.post("/api/chat", json=body), 502)
    assert (error["code"], error["details"]["circuit"]) == ("provider_unavailable", "open")
    assert 0 < error["details"]["retry_after"] <= 60
    assert len(llm_server.requests) == 2


async def test_headers_are_masked_kept_and_sent_and_query_options_and_limits_are_shown(
    api: Api, platform: Platform, settings: Settings
) -> None:
    configs: list[LLMConfig] = []

    def create(config: LLMConfig) -> LLM:
        configs.append(config)
        return ScriptedLLM(["OK."])

    platform.llms.register("scripted")(create)
    secret = "very-secret-header-value"
    made = await api.made(
        "/api/providers",
        name="S",
        provider_type="scripted",
        model_name="m",
        headers={"X-Team": secret, "X-Other": "b"},
        query={"api-version": "1"},
        options={"api": "responses"},
        resilience={"silence_seconds": 7, "concurrency": 2},
        priority=-1,
        weight=2.5,
    )
    assert made["headers"] == {"X-Team": "\u2026alue", "X-Other": "\u2026"}
    assert (made["query"], made["options"]) == ({"api-version": "1"}, {"api": "responses"})
    assert (made["priority"], made["weight"], made["resilience"]["concurrency"]) == (-1, 2.5, 2)
    path = f"/api/providers/{made['id']}"
    changed = await api.http.patch(path, json={"headers": {"X-Team": "\u2026alue", "X-New": "c"}})
    assert changed.json()["headers"] == {"X-Team": "\u2026alue", "X-New": "\u2026"}
    assert (await api.http.post(f"{path}/test")).json()["ok"] is True
    (config,) = configs
    assert config.headers == {"X-Team": secret, "X-New": "c"}
    assert (config.timeout, config.query, config.options) == (7, {"api-version": "1"}, {"api": "responses"})
    stored = b"".join(file.read_bytes() for file in settings.liteagent_data.glob("liteagent.db*"))
    assert secret.encode() not in stored


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {"X Team": "a"}},
        {"headers": {"X-Team": 7}},
        {"query": {"": "a"}},
        {"options": []},
        {"resilience": {"attempts": 0}},
        {"resilience": {"attempts": 99}},
        {"resilience": {"retries": 3}},
        {"resilience": {"total_seconds": -1}},
        {"priority": 1.5},
        {"weight": -1},
    ],
)
async def test_settings_of_no_use_are_refused(
    api: Api, llm_server: ModelServer, change: dict[str, Any]
) -> None:
    body = {"name": "P", "provider_type": "openai_compatible", "model_name": "fake-1", **change}
    assert (await api.http.post("/api/providers", json=body)).status_code == 422


class _Named:
    """Scripted models by name: `down` fails, all others say their name."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, config: LLMConfig) -> LLM:
        def reply(_request: LLMRequest) -> Any:
            self.asked.append(config.model)
            if config.model.startswith("down"):
                from liteagent.contracts.errors import ProviderAuthError

                return ProviderAuthError("wrong key")
            return LLMResponse(Message(Role.ASSISTANT, config.model), model=config.model)

        return _Listing(reply, config.model)


class _Listing(ScriptedLLM):
    def __init__(self, reply: Any, model: str) -> None:
        super().__init__([reply], model=model)

    async def models(self) -> tuple[ModelInfo, ...]:
        return tuple(ModelInfo(name) for name in ("some-embedding-model", "chatty-1", "chatty-2"))


async def _made(platform: Platform, model: str, **fields: Any) -> str:
    body = ProviderBody(name=model, provider_type="named", model_name=model, **fields)
    return (await platform.providers.create(platform.operator, body)).id


@pytest.fixture
def named(platform: Platform) -> _Named:
    models = _Named()
    platform.llms.register("named")(models)
    return models


async def _ask(platform: Platform, *pin: Any) -> str:
    operator = platform.operator
    ref = await platform.providers.pin(operator, *pin)
    llm = await platform.providers.open(operator.workspace_id, ref)
    return (await complete(llm, _REQUEST)).message.content


async def test_fallbacks_are_asked_in_order(platform: Platform, named: _Named) -> None:
    down, second, third = [await _made(platform, name) for name in ("down", "second", "third")]
    assert await _ask(platform, down, [second, third]) == "second"
    assert await _ask(platform, down, [f"{second}:down-too", third]) == "third"
    assert named.asked == ["down", "second", "down", "down-too", "third"]
    await platform.providers.update(platform.operator, second, ProviderPatch(is_active=False))
    await platform.providers.delete(platform.operator, third)
    with pytest.raises(LiteAgentError, match="wrong key"):
        await _ask(platform, down, [second, third])


async def test_strategies_share_the_calls(platform: Platform, named: _Named) -> None:
    ids = [await _made(platform, name, weight=float(place)) for place, name in enumerate("abc")]
    for _ in range(6):
        await _ask(platform, ids[0], ids[1:], "round_robin")
    assert named.asked == list("abcabc")
    named.asked.clear()
    for _ in range(30):
        await _ask(platform, ids[0], ids[1:], "weight")
    assert set(named.asked) <= {"b", "c"}
    named.asked.clear()
    await platform.providers.update(platform.operator, ids[2], ProviderPatch(priority=-1))
    assert await _ask(platform, ids[0], ids[1:], "priority") == "c"


async def test_the_profile_of_a_model_is_the_option_of_its_provider(
    platform: Platform, named: _Named
) -> None:
    own = await _made(platform, "m", options={"profile": {"context_window": 1234, "images": True}})
    ref = await platform.providers.pin(platform.operator, own)
    profile = platform.providers.profile(ref)
    assert (profile.context_window, profile.images, profile.tools) == (1234, True, True)


_SECRET = "sk-from-the-environment-123"


def _with(settings: Settings, **given: Any) -> Settings:
    return load_settings(settings.liteagent_data, env_file=None, **given)


async def test_a_key_in_the_environment_is_a_provider_while_it_is_set(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", _SECRET)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OLLAMA_HOST", "0.0.0.0:11435")
    async with open_platform(_with(settings)) as platform:
        providers, operator = platform.providers, platform.operator
        listed = {each.from_environment: each for each in (await providers.list(operator)).items}
        assert set(listed) == {"OPENAI_API_KEY", "OLLAMA_HOST"}
        openai, ollama = listed["OPENAI_API_KEY"], listed["OLLAMA_HOST"]
        assert (openai.provider_type, openai.api_key) == ("openai", "\u2026-123")
        assert openai.base_url == "http://127.0.0.1:9/v1"
        assert (ollama.provider_type, ollama.base_url) == ("ollama", "http://127.0.0.1:11435")
        access = await providers.access(operator.workspace_id, openai.id)
        assert (access.api_key, access.base_url) == (_SECRET, "http://127.0.0.1:9/v1")
        for change in (ProviderPatch(api_key="sk-other"), ProviderPatch(base_url=None)):
            with pytest.raises(LiteAgentError, match="OPENAI_API_KEY") as caught:
                await providers.update(operator, openai.id, change)
            assert caught.value.error_code == "provider_from_environment"
        with pytest.raises(LiteAgentError, match="Unset it"):
            await providers.delete(operator, openai.id)
        await providers.update(operator, openai.id, ProviderPatch(model_name="chosen"))
    stored = b"".join(file.read_bytes() for file in settings.liteagent_data.glob("liteagent.db*"))
    assert _SECRET.encode() not in stored
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OLLAMA_HOST")
    async with open_platform(_with(settings)) as platform:
        providers, operator = platform.providers, platform.operator
        assert (await providers.list(operator)).items == []
        assert (await providers.pin(operator, None)).provider_type == "builtin"
        for gone in (providers.get(operator, openai.id), providers.delete(operator, openai.id)):
            with pytest.raises(LiteAgentError, match="only while OPENAI_API_KEY is set"):
                await gone
    monkeypatch.setenv("OPENAI_API_KEY", _SECRET)
    async with open_platform(_with(settings)) as platform:
        (back,) = (await platform.providers.list(platform.operator)).items
        assert (back.id, back.model_name) == (openai.id, "chosen")


@pytest.mark.parametrize(
    ("default_model", "model"),
    [(None, "chatty-1"), ("mine", "mine"), ("openai/mine", "mine"), ("ollama/theirs", "chatty-1")],
)
async def test_the_model_of_the_environment_s_provider_is_set_or_the_first_that_it_lists(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, default_model: str | None, model: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", _SECRET)
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1")
    async with open_platform(_with(settings, default_model=default_model)) as platform:
        platform.llms.register("openai")(_Named())
        platform.llms.register("ollama")(_Named())
        named = {each.name: each.id for each in (await platform.providers.list(platform.operator)).items}
        assert (await platform.providers.pin(platform.operator, named["OpenAI"])).model == model
        assert await _ask(platform, named["OpenAI"]) == model


async def test_a_provider_that_somebody_has_set_up_is_the_default_before_one_of_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", _SECRET)
    async with open_platform(_with(settings, default_model="m")) as platform:
        platform.llms.register("named")(_Named())
        assert (await platform.providers.pin(platform.operator, None)).provider_type == "openai"
        own = await _made(platform, "own")
        assert (await platform.providers.pin(platform.operator, None)).id == own
        (environment,) = [
            each.id
            for each in (await platform.providers.list(platform.operator)).items
            if each.from_environment
        ]
        await platform.providers.update(platform.operator, environment, ProviderPatch(priority=-1))
        assert (await platform.providers.pin(platform.operator, None)).id == environment


async def test_rows_of_other_workspaces_are_not_touched(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", _SECRET)
    async with open_platform(_with(settings)) as platform:
        other = Principal("01900000-0000-7000-8000-000000000009")

        def rows(session: Session) -> list[str]:
            return [row.workspace_id for row in session.query(LLMProviderRow).all()]

        assert await platform.database.read(rows) == [platform.operator.workspace_id]
        assert (await platform.providers.list(other)).items == []
