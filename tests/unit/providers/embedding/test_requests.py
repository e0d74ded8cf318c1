"""What each vendor is sent, field by field as its reference has it, and what is made of its answers."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx2
import numpy as np
import orjson
import pytest

from liteagent.contracts.embedding import Embedder, EmbedderConfig, TextKind
from liteagent.contracts.errors import (
    ConfigurationError,
    InvalidInputError,
    ProviderError,
    ProviderRequestError,
)
from liteagent.providers.embedding import nemotron, ollama, openai, openai_compatible
from tests.unit.providers.embedding.server import (
    EmbeddingServer,
    Request,
    ollama_answer,
    openai_answer,
    serving,
    vector_of,
)

Create = Callable[..., Embedder]
KEY = "sk-secret"


@pytest.fixture
async def server() -> AsyncGenerator[EmbeddingServer]:
    async with serving(openai_answer) as started:
        yield started


@pytest.fixture
async def ollama_server() -> AsyncGenerator[EmbeddingServer]:
    async with serving(ollama_answer) as started:
        yield started


def config(url: str, **more: Any) -> EmbedderConfig:
    return EmbedderConfig("tiny", KEY, url, **more)


async def sent(create: Create, server: EmbeddingServer, kind: TextKind, **more: Any) -> Request:
    root = "" if create is ollama.create else "/v1"
    async with aclosing(create(config(server.url + root, **more))) as embedder:
        await embedder.embed(["one", "two"], kind)
    return server.requests[-1]


async def test_openai(server: EmbeddingServer) -> None:
    request = await sent(openai.create, server, "query", dimensions=4, headers={"X-Team": "a"})
    assert (request.method, request.path) == ("POST", "/v1/embeddings")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-team"] == "a"
    assert "openai-organization" not in request.headers
    assert request.body == {
        "model": "tiny",
        "input": ["one", "two"],
        "dimensions": 4,
        "encoding_format": "base64",
    }


@pytest.mark.parametrize("kind", ["query", "passage"])
async def test_nemotron(server: EmbeddingServer, kind: TextKind) -> None:
    request = await sent(nemotron.create, server, kind)
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {
        "model": "tiny",
        "input": ["one", "two"],
        "encoding_format": "base64",
        "input_type": kind,
        "truncate": "END",
    }


async def test_nemotron_with_options(server: EmbeddingServer) -> None:
    options = {"truncate": "NONE", "encoding_format": "float"}
    request = await sent(nemotron.create, server, "passage", dimensions=8, options=options)
    assert request.body["truncate"] == "NONE"
    assert request.body["encoding_format"] == "float"
    assert request.body["dimensions"] == 8


async def test_ollama(ollama_server: EmbeddingServer) -> None:
    request = await sent(ollama.create, ollama_server, "query")
    assert (request.method, request.path) == ("POST", "/api/embed")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body == {"model": "tiny", "input": ["one", "two"], "truncate": True}


async def test_ollama_with_options(ollama_server: EmbeddingServer) -> None:
    options = {"truncate": False, "keep_alive": "5m", "options": {"num_ctx": 2048}, "query_prefix": "find: "}
    request = await sent(ollama.create, ollama_server, "query", dimensions=4, options=options)
    assert request.body == {
        "model": "tiny",
        "input": ["find: one", "find: two"],
        "truncate": False,
        "dimensions": 4,
        "keep_alive": "5m",
        "options": {"num_ctx": 2048},
    }


async def test_ollama_is_not_told_the_key_of_its_cloud(
    ollama_server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "cloud-key")
    monkeypatch.setenv("OPENAI_API_KEY", "openai-key")
    async with aclosing(ollama.create(EmbedderConfig("tiny", base_url=ollama_server.url))) as embedder:
        await embedder.embed(["one"], "query")
    assert ollama_server.requests[0].headers["authorization"] == "Bearer not-needed"


@pytest.mark.parametrize("kind", ["query", "passage"])
async def test_a_compatible_server_gets_prefixes_and_fields(server: EmbeddingServer, kind: TextKind) -> None:
    options = {
        "body": {"truncate": True},
        "query_body": {"task": "retrieval.query"},
        "passage_body": {"task": "retrieval.passage"},
        "query_prefix": "query: ",
        "passage_prefix": "passage: ",
    }
    request = await sent(openai_compatible.create, server, kind, options=options)
    assert request.body == {
        "model": "tiny",
        "input": [f"{kind}: one", f"{kind}: two"],
        "encoding_format": "base64",
        "truncate": True,
        "task": f"retrieval.{kind}",
    }


@pytest.mark.parametrize(
    ("create", "url"),
    [
        (openai.create, "https://api.openai.com/v1/embeddings"),
        (nemotron.create, "https://integrate.api.nvidia.com/v1/embeddings"),
        (openai_compatible.create, "http://localhost:8000/v1/embeddings"),
        (ollama.create, "http://localhost:11434/api/embed"),
    ],
)
async def test_the_usual_addresses(create: Create, url: str) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(401)

    async with aclosing(create(EmbedderConfig("m"), transport=httpx2.MockTransport(answer))) as embedder:
        with pytest.raises(ProviderError):
            await embedder.embed(["x"], "query")
    assert asked == [url]


@pytest.mark.parametrize("packed", [True, False])
async def test_vectors_and_tokens_arrive(server: EmbeddingServer, packed: bool) -> None:
    options = {"encoding_format": "base64" if packed else "float"}
    embedder = openai_compatible.create(config(server.url + "/v1", options=options))
    async with aclosing(embedder):
        found = await embedder.embed(["one", "two"], "query")
    expected = np.array([vector_of("one", 8), vector_of("two", 8)])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert np.allclose(found.vectors, expected, atol=1e-6)
    assert found.tokens == 10


async def test_base64_that_is_refused_is_not_asked_for_again(server: EmbeddingServer) -> None:
    server.refuse = lambda body: "no base64 here" if body["encoding_format"] == "base64" else None
    async with aclosing(openai_compatible.create(config(server.url + "/v1"))) as embedder:
        for _ in range(2):
            assert len((await embedder.embed(["one"], "query")).vectors) == 1
    assert [r.body["encoding_format"] for r in server.requests] == ["base64", "float", "float"]


async def test_a_refusal_for_another_reason_is_told_as_it_is(server: EmbeddingServer) -> None:
    async with aclosing(openai.create(config(server.url + "/v1"))) as embedder:
        await embedder.embed(["one"], "query")
        server.refuse = lambda _: "too many tokens"
        with pytest.raises(ProviderRequestError, match="too many tokens") as caught:
            await embedder.embed(["one"], "query")
    assert caught.value.details["status"] == 400
    assert len(server.requests) == 2, "base64 is known to work, so it isn't the reason"


async def test_a_server_that_changes_its_model_is_noticed(server: EmbeddingServer) -> None:
    async with aclosing(openai_compatible.create(config(server.url + "/v1"))) as embedder:
        await embedder.embed(["one"], "query")
        server.answer = lambda request, vectors: openai_answer(request, [row[:5] for row in vectors])
        with pytest.raises(ProviderError, match="5 dimensions, those before had 8"):
            await embedder.embed(["one"], "query")


async def test_dimensions_that_are_not_kept_are_noticed(server: EmbeddingServer) -> None:
    server.answer = lambda request, vectors: openai_answer(request, [[*row, *row] for row in vectors])
    async with aclosing(openai.create(config(server.url + "/v1", dimensions=4))) as embedder:
        with pytest.raises(ProviderError, match="Leave out `dimensions`"):
            await embedder.embed(["one"], "query")


OTHER_SHAPES: list[tuple[Any, str]] = [
    ({"data": [{"index": 0}]}, "without `embedding`"),
    ({"data": [{"index": 1, "embedding": [1.0]}]}, "not numbered from 0"),
    ({"data": [{"embedding": "!!!"}]}, "no base64"),
    ({"data": [{"embedding": "AAA="}]}, "not all of one width"),
    ({"data": [{"embedding": {"a": 1}}]}, "no list of numbers"),
    ({"data": [{"embedding": [[1.0]]}]}, "no list of numbers"),
    ({"data": [{"embedding": ["1.0"]}]}, "no list of numbers"),
    ({"data": [{"embedding": []}]}, "no list of numbers"),
    ({"data": [{"embedding": [1e300]}]}, "not finite"),
    ([], "no list `data`"),
    (None, "no list `data`"),
]


@pytest.mark.parametrize(("data", "said"), OTHER_SHAPES)
async def test_answers_of_another_shape(data: Any, said: str) -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=orjson.dumps(data)))
    async with aclosing(openai.create(EmbedderConfig("m"), transport=transport)) as embedder:
        with pytest.raises(ProviderError, match=said) as caught:
            await embedder.embed(["x"], "query")
    assert caught.value.code == "provider_bad_response"


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 3}, 3),
        ({"total_tokens": 4}, 4),
        ({"prompt_tokens": "3"}, None),
        (None, None),
        (5, None),
    ],
)
async def test_tokens_are_a_count_or_unknown(usage: Any, tokens: int | None) -> None:
    body = orjson.dumps({"data": [{"embedding": [3.0, 4.0]}], "usage": usage})
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, content=body))
    async with aclosing(openai.create(EmbedderConfig("m"), transport=transport)) as embedder:
        found = await embedder.embed(["x"], "query")
    assert found.tokens == tokens
    assert found.vectors.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]


@pytest.mark.parametrize(
    ("create", "more", "model"),
    [
        (openai.create, {}, "openai/tiny"),
        (openai.create, {"dimensions": 512}, "openai/tiny/512"),
        (openai_compatible.create, {"options": {"batch_texts": 9}}, "openai_compatible/tiny"),
        (nemotron.create, {}, "nemotron/tiny"),
        (ollama.create, {"options": {"keep_alive": "5m"}}, "ollama/tiny"),
        (ollama.create, {"headers": {"X-A": "b"}}, "ollama/tiny"),
    ],
)
def test_the_model_names_what_vectors_share(create: Create, more: dict[str, Any], model: str) -> None:
    assert create(EmbedderConfig("tiny", **more)).model == model


def test_what_changes_the_vectors_changes_the_model() -> None:
    def name(**options: Any) -> str:
        return openai_compatible.create(EmbedderConfig("tiny", options=options)).model

    names = {name(), name(query_prefix="q: "), name(passage_prefix="q: "), name(body={"task": "x"})}
    assert len(names) == 4
    assert name(query_prefix="q: ") == name(query_prefix="q: ")


def test_limits_can_be_set() -> None:
    options = {"batch_texts": 3, "batch_characters": 100, "text_characters": 50}
    limits = openai.create(EmbedderConfig("m", options=options)).limits
    assert (limits.texts, limits.characters, limits.text_characters) == (3, 100, 50)


@pytest.mark.parametrize("create", [openai.create, openai_compatible.create, nemotron.create, ollama.create])
@pytest.mark.parametrize(
    "bad",
    [
        {"model": " "},
        {"base_url": "ftp://x"},
        {"base_url": "not an address"},
        {"api_key": "a\nb"},
        {"timeout": 0},
        {"dimensions": 0},
        {"headers": {"a b": "c"}},
        {"options": {"batch_texts": 0}},
        {"options": {"batch_texts": True}},
        {"options": {"query_prefix": 5}},
        {"options": {"encoding_format": "int8", "truncate": "SOMEWHERE"}},
        {"options": {"unknown": 1}},
    ],
)
def test_unusable_settings_are_refused(create: Create, bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create(replace(EmbedderConfig("m"), **bad))
    assert "a\nb" not in caught.value.message


def test_importing_the_embedders_loads_no_sdk() -> None:
    names = "local, nemotron, ollama, openai, openai_compatible"
    code = (
        f"import sys; from liteagent.providers.embedding import {names};"
        "print([name for name in ('openai', 'httpx2', 'onnxruntime', 'tokenizers') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("create", [openai.create, ollama.create])
def test_without_the_sdk_the_extra_is_named(create: Create, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("embedding.openai_wire", "embedding.ollama_wire", "embedding.wire_embedder"):
        monkeypatch.delitem(sys.modules, f"liteagent.providers.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ConfigurationError, match=r"liteagent\[openai\]"):
        create(EmbedderConfig("m"))
