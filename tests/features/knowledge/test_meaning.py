"""Data sources with an embedding model: what is embedded when, and what that finds."""

from collections.abc import Sequence
from typing import Any

from liteagent.app.wiring import Platform
from liteagent.contracts.errors import ProviderRateLimitedError, ProviderUnavailableError
from liteagent.contracts.reranking import Reranker, RerankerConfig
from tests.features.harness.api import Api
from tests.features.knowledge.embedder import FakeEmbedder

SMALL = {"provider_type": "fake", "model": "small"}
LARGE = {"provider_type": "fake", "model": "large"}

_LEAVE = "Everybody has thirty days of annual leave."
_PARKING = "Parking costs five euros."
_HANDBOOK = f"# Leave\n\n{_LEAVE}\n\n# Parking\n\n{_PARKING}\n"
# So long a rest is not waited for: the document is put behind the others and tried again.
_AWAY = ProviderUnavailableError("The model is away.", retry_after=600)
_CUTS = {"strategy": "structure", "chunk_size": 100, "overlap": 0, "join_below": 0}


async def _search(api: Api, source: dict[str, Any], query: str, **body: Any) -> dict[str, Any]:
    found = await api.http.post(f"/api/datasources/{source['id']}/search", json={"query": query, **body})
    assert found.status_code == 200, found.text
    return found.json()


async def test_what_is_said_in_other_words_is_found_and_explained(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    assert source["embedding"] == {**SMALL, "provider_id": None, "dimensions": None}
    found = await _search(api, source, "vacation days", top_k=1)
    assert found["items"][0]["text"].endswith(_LEAVE)
    assert found["items"][0]["heading"] == ["Leave"]
    assert {"vector", "vector_rank", "vector_share", "bm25"} <= found["items"][0]["explanation"].keys()
    assert (found["trace"]["retriever"], found["trace"]["embedder"]) == ("hybrid", "fake/small")
    words = await _search(api, source, "vacation", retriever="bm25")
    assert words["items"] == []
    meaning = await _search(api, source, "vacation", retriever="vector", top_k=1)
    assert meaning["items"][0]["text"].endswith(_LEAVE)
    assert len(embedders["small"].seen) == 2


async def test_an_agent_finds_by_meaning(api: Api, embedders: dict[str, FakeEmbedder]) -> None:
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    agent = await api.agent(datasource_ids=[source["id"]])
    reply = await api.say(agent["id"], "vacation")
    frames = await api.events(reply["run_id"])
    searched = [frame.data for frame in frames if frame.type == "tool.completed"]
    assert searched[0]["trace"]["embedder"] == "fake/small"
    assert searched[0]["passages"][0]["text"].endswith(_LEAVE)


async def test_only_what_changed_is_embedded_again(api: Api, embedders: dict[str, FakeEmbedder]) -> None:
    seen = embedders["small"].seen
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    before = (await api.got(f"/api/datasources/{source['id']}/documents"))["items"][0]["id"]
    assert len(seen) == 2
    await api.indexed(source["id"])
    assert len(seen) == 2
    changed = _HANDBOOK.replace("five", "seven")
    await api.http.patch(f"/api/datasources/{source['id']}", json={"content": changed})
    await api.indexed(source["id"])
    assert len(seen) == 3
    assert "seven" in seen[2]
    documents = (await api.got(f"/api/datasources/{source['id']}/documents"))["items"]
    assert [each["id"] for each in documents] == [before]
    found = await _search(api, source, "parking car", top_k=1)
    assert "seven" in found["items"][0]["text"]


async def test_another_model_takes_over_at_once_and_only_when_all_is_done(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    patched = await api.http.patch(f"/api/datasources/{source['id']}", json={"embedding": LARGE})
    assert patched.json()["rebuild_needed"] is True
    embedders["large"].open.clear()
    started = (await api.http.post(f"/api/datasources/{source['id']}/index")).json()
    found = await _search(api, source, "vacation", top_k=1)
    assert found["trace"]["embedder"] == "fake/small"
    assert found["items"][0]["text"].endswith(_LEAVE)
    embedders["large"].open.set()
    frames = await api.events(started["run_id"])
    assert [frame.type for frame in frames].count("switch.completed") == 1
    found = await _search(api, source, "vacation", top_k=1)
    assert found["trace"]["embedder"] == "fake/large"
    assert found["items"][0]["text"].endswith(_LEAVE)
    after = await api.got(f"/api/datasources/{source['id']}")
    assert (after["status"], after["rebuild_needed"], after["counts"]["chunks"]) == ("ready", False, 2)
    assert (len(embedders["small"].seen), len(embedders["large"].seen)) == (2, 2)


async def test_another_chunker_takes_over_at_once_and_embeds_only_new_texts(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    whole = {"strategy": "recursive", "chunk_size": 1000, "overlap": 0}
    await api.http.patch(f"/api/datasources/{source['id']}", json={"chunker": whole})
    source = await api.indexed(source["id"])
    assert source["counts"]["chunks"] == 1
    assert len(embedders["small"].seen) == 3
    found = await _search(api, source, "parking")
    assert [each["text"] for each in found["items"]] == [_HANDBOOK.strip()]


async def test_a_model_that_stays_away_fails_the_rebuild_and_the_old_index_answers(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    await api.http.patch(f"/api/datasources/{source['id']}", json={"embedding": LARGE})
    embedders["large"].failures = [_AWAY] * 9
    after = await api.indexed(source["id"])
    assert (after["status"], after["error"]["code"]) == ("failed", "provider_unavailable")
    found = await _search(api, source, "vacation", top_k=1)
    assert found["items"][0]["text"].endswith(_LEAVE)


async def test_a_passing_failure_is_tried_again_and_counted(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    embedders["small"].failures = [ProviderRateLimitedError("Slow down.", retry_after=600)] * 2
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    assert source["status"] == "ready"
    document = (await api.got(f"/api/datasources/{source['id']}/documents"))["items"][0]
    assert (document["status"], document["attempts"], document["percent"]) == ("ready", 3, 100)
    assert document["error"] is None


async def test_a_document_that_failed_says_why_and_can_be_tried_again(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    embedders["small"].failures = [_AWAY] * 3
    made = await api.made(
        "/api/datasources",
        name="notes.md",
        source_type="text",
        content=_HANDBOOK,
        chunker=_CUTS,
        embedding=SMALL,
    )
    source = await api.indexed(made["id"])
    assert (source["status"], source["counts"]["failed"]) == ("failed", 1)
    document = (await api.got(f"/api/datasources/{source['id']}/documents"))["items"][0]
    assert (document["status"], document["attempts"]) == ("failed", 3)
    assert document["error"]["message"] == "The model is away."
    path = f"/api/datasources/{source['id']}/documents/{document['id']}"
    started = await api.http.post(f"{path}/retry")
    assert started.status_code == 202, started.text
    await api.events(started.json()["run_id"])
    assert (await api.got(path))["status"] == "ready"
    assert (await api.got(f"/api/datasources/{source['id']}"))["status"] == "ready"


async def test_a_question_that_cannot_be_embedded_is_answered_by_words_and_says_so(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL)
    embedders["small"].away = True
    found = await _search(api, source, "annual leave", top_k=1)
    assert found["items"][0]["text"].endswith(_LEAVE)
    assert any("error" in step for step in found["trace"]["steps"])


async def test_a_model_that_there_is_not_is_refused_and_changes_nothing(api: Api) -> None:
    for embedding in (
        {"provider_type": "nowhere"},
        {"provider_type": "builtin", "model": "x"},
        {"provider_type": "fake", "dimensions": 0},
        {"kind": "fake"},
    ):
        body = {"name": "x", "source_type": "text", "content": "Text.", "embedding": embedding}
        await api.error(await api.http.post("/api/datasources", json=body), 422)
    unknown = {"provider_id": "01900000-0000-7000-8000-00000000dead", "model": "x"}
    body = {"name": "x", "source_type": "text", "content": "Text.", "embedding": unknown}
    await api.error(await api.http.post("/api/datasources", json=body), 404)
    semantic = {"strategy": "semantic"}
    body = {"name": "x", "source_type": "text", "content": "Text.", "chunker": semantic, "embedding": None}
    await api.error(await api.http.post("/api/datasources", json=body), 422)
    assert (await api.got("/api/datasources"))["items"] == []


async def test_a_data_sources_own_way_of_searching_holds_unless_a_question_says_otherwise(
    api: Api, embedders: dict[str, FakeEmbedder]
) -> None:
    own = {"retriever": "bm25", "threshold": 0.1}
    source = await api.text_source(_HANDBOOK, chunker=_CUTS, embedding=SMALL, retrieval=own)
    assert source["retrieval"] == own
    assert (await _search(api, source, "vacation"))["items"] == []
    assert (await _search(api, source, "parking"))["trace"]["retriever"] == "bm25"
    found = await _search(api, source, "vacation", retriever="vector", top_k=1)
    assert found["items"][0]["text"].endswith(_LEAVE)
    refused = await api.http.post(
        f"/api/datasources/{source['id']}/search", json={"query": "x", "options": {"reranker": "nobody"}}
    )
    await api.error(refused, 422)


async def test_the_kinds_of_sources_and_models_are_described(api: Api) -> None:
    sources = {each["name"]: each for each in (await api.got("/api/meta/source-types"))["items"]}
    assert sources.keys() == {"file", "gitlab", "text", "url"}
    assert sources["url"]["config_schema"]["properties"]["mode"]["enum"] == ["page", "sitemap", "crawl"]
    assert "gitlab_token" not in sources["gitlab"]["config_schema"]["properties"]
    embedding = {each["name"] for each in (await api.got("/api/meta/embedding-types"))["items"]}
    assert {"local", "nemotron", "ollama", "openai", "openai_compatible"} <= embedding


async def test_what_an_answer_rests_on_can_be_judged(api: Api) -> None:
    source = await api.text_source(_HANDBOOK, chunker=_CUTS)
    agent = await api.agent(datasource_ids=[source["id"]])
    reply = await api.say(agent["id"], "How many days of annual leave does everybody have?")
    (_, answer) = await api.messages(reply["conversation_id"])
    path = f"/api/conversations/{reply['conversation_id']}/messages/{answer['id']}/support"
    judged = (await api.got(path))["items"]
    quoted = next(each for each in judged if each["support"] == "supported")
    assert "annual leave" in answer["content"][quoted["start"] : quoted["end"]]
    assert quoted["marker"] == 1
    unknown = path.replace(answer["id"], "01900000-0000-7000-8000-00000000dead")
    await api.error(await api.http.get(unknown), 404)


async def test_a_gitlab_token_goes_in_and_never_comes_out(api: Api) -> None:
    body = {
        "name": "project",
        "source_type": "gitlab",
        "gitlab_url": "https://gitlab.example.com",
        "gitlab_token": "glpat-very-secret-0123456789",
        "config": {"projects": ["group/project"]},
    }
    made = await api.made("/api/datasources", **body)
    assert made["config"] == {"projects": ["group/project"]}
    assert "very-secret" not in str(made)
    assert "very-secret" not in str(await api.got("/api/datasources"))
    for wrong in (
        {"config": {"gitlab_token": "x"}},
        {"config": {"colour": "red"}},
        {"gitlab_url": "ftp://x"},
    ):
        await api.error(await api.http.post("/api/datasources", json={**body, **wrong}), 422)


async def test_a_reranker_decides_the_order_and_is_closed(api: Api, platform: Platform) -> None:
    closed: list[str] = []

    class Backwards:
        model = "backwards"

        async def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
            return [float("Parking" in text) for text in texts]

        async def aclose(self) -> None:
            closed.append(self.model)

    @platform.registries.rerankers.register("fake")
    def create(_config: RerankerConfig) -> Reranker:
        return Backwards()

    assert create is not None
    await api.made("/api/providers", name="Judge", provider_type="fake", model_name="backwards")
    source = await api.text_source(_HANDBOOK, chunker=_CUTS)
    found = await _search(api, source, "annual leave parking", options={"reranker": "Judge"})
    assert found["items"][0]["text"].endswith(_PARKING)
    assert found["items"][0]["explanation"]["rerank"] == 1.0
    assert closed == ["backwards"]
