"""Rerankers behind HTTP, in each dialect, and every way in which they fail."""

import json
from collections.abc import Callable
from typing import Any

import anyio
import httpx2
import pytest

from liteagent.contracts.errors import (
    InvalidInputError,
    ProviderAuthError,
    ProviderError,
    ProviderRateLimitedError,
    ProviderRequestError,
    ProviderResponseError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)
from liteagent.contracts.reranking import Reranker, RerankerConfig
from liteagent.providers.rerank.endpoint import create

TEXTS = ["green tea", "black tea", "coffee"]
KEY = "secret-key-1"


class Server:
    """Remembers what it was asked, and answers what a test says."""

    def __init__(self, answer: Callable[[dict[str, Any]], httpx2.Response]) -> None:
        self.answer = answer
        self.bodies: list[dict[str, Any]] = []
        self.requests: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.bodies.append(json.loads(request.content))
        return self.answer(self.bodies[-1])


def reranker(handler: Callable[[httpx2.Request], Any], model: str = "rerank-1", **config: Any) -> Reranker:
    settings = RerankerConfig(model, KEY, "http://rerank.test/v2", **config)
    return create(settings, transport=httpx2.MockTransport(handler))


def lengths(texts: list[str]) -> list[dict[str, Any]]:
    return [{"index": n, "relevance_score": float(len(text))} for n, text in enumerate(texts)]


def cohere(body: dict[str, Any]) -> httpx2.Response:
    if "documents" not in body:
        return httpx2.Response(400, json={"message": "documents is required"})
    return httpx2.Response(
        200, json={"id": "1", "results": sorted(lengths(body["documents"]), key=str)[::-1]}
    )


def tei(body: dict[str, Any]) -> httpx2.Response:
    if "texts" not in body or len(body["texts"]) > 32:
        return httpx2.Response(422, json={"error": "missing field `texts`", "error_type": "Validation"})
    items = [{"index": each["index"], "score": each["relevance_score"]} for each in lengths(body["texts"])]
    return httpx2.Response(200, json=items[::-1])


async def test_cohere_and_jina_are_asked_for_documents() -> None:
    server = Server(cohere)
    made = reranker(server)
    assert await made.scores("tea?", TEXTS) == [9.0, 9.0, 6.0]
    assert server.bodies == [{"query": "tea?", "documents": TEXTS, "model": "rerank-1"}]
    assert str(server.requests[0].url) == "http://rerank.test/v2/rerank"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert made.model == "rerank-1"
    await made.aclose()


async def test_a_server_with_one_model_is_asked_for_texts_in_batches() -> None:
    server = Server(tei)
    made = reranker(server, model="")
    texts = ["x" * n for n in range(70)]
    assert await made.scores("tea?", texts) == [float(n) for n in range(70)]
    assert [len(body["texts"]) for body in server.bodies] == [32, 32, 6]
    assert all(body["truncate"] is True and "model" not in body for body in server.bodies)
    assert made.model == "reranker"


@pytest.mark.parametrize(("model", "answer"), [("some-model", tei), ("", cohere)])
async def test_the_other_dialect_is_tried_once_and_remembered(model: str, answer: Any) -> None:
    server = Server(answer)
    made = reranker(server, model=model)
    for _ in range(2):
        assert await made.scores("tea?", TEXTS) == [9.0, 9.0, 6.0]
    assert len(server.bodies) == 3


async def test_what_both_dialects_are_refused_for_is_told() -> None:
    server = Server(lambda _: httpx2.Response(400, json={"message": "unknown model"}))
    with pytest.raises(ProviderRequestError, match="unknown model"):
        await reranker(server).scores("tea?", TEXTS)
    assert len(server.bodies) == 2


async def test_voyages_answer_is_read_and_no_text_is_no_request() -> None:
    server = Server(lambda body: httpx2.Response(200, json={"data": lengths(body["documents"])}))
    assert await reranker(server).scores("tea?", TEXTS) == [9.0, 9.0, 6.0]
    assert await reranker(server).scores("tea?", []) == []
    assert len(server.bodies) == 1


async def test_what_json_cannot_carry_is_replaced() -> None:
    server = Server(cohere)
    await reranker(server).scores("te\ud800a?", ["a\x00b"])
    assert server.bodies[0]["query"] == "te\ufffda?"
    assert server.bodies[0]["documents"] == ["a\ufffdb"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, ProviderAuthError),
        (404, ProviderRequestError),
        (413, ProviderRequestError),
        (429, ProviderRateLimitedError),
        (500, ProviderUnavailableError),
        (503, ProviderUnavailableError),
    ],
)
async def test_each_status_has_its_error_without_the_key(status: int, kind: type[ProviderError]) -> None:
    server = Server(
        lambda _: httpx2.Response(status, json={"message": f"no: {KEY}"}, headers={"retry-after": "7"})
    )
    with pytest.raises(kind, match=f"answered {status}") as caught:
        await reranker(server).scores("tea?", TEXTS)
    assert KEY not in caught.value.message
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"results": 5}',
        b'{"results": [1, 2, 3]}',
        b'{"results": [{"index": 0, "relevance_score": 1}]}',
        b'[{"index": 0, "score": 1}, {"index": 1, "score": 1}, {"index": 3, "score": 1}]',
        b'[{"index": 0, "score": 1}, {"index": 1, "score": "high"}, {"index": 2, "score": 1}]',
        b'[{"index": true, "score": 1}]',
    ],
)
async def test_what_are_no_scores_is_a_bad_response(body: bytes) -> None:
    with pytest.raises(ProviderResponseError, match="a reranker's format"):
        await reranker(lambda _: httpx2.Response(200, content=body)).scores("tea?", TEXTS)


async def test_a_server_that_does_not_answer_in_time() -> None:
    async def hang(_: httpx2.Request) -> httpx2.Response:
        await anyio.sleep_forever()
        raise AssertionError

    with pytest.raises(ProviderTimeoutError):
        await reranker(hang, timeout=0.05).scores("tea?", TEXTS)


async def test_a_server_that_cannot_be_reached() -> None:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    with pytest.raises(ProviderUnavailableError, match="refused"):
        await reranker(fail).scores("tea?", TEXTS)


@pytest.mark.parametrize("address", [None, "", "rerank.test", "ftp://rerank.test"])
def test_an_unusable_address_is_refused(address: str | None) -> None:
    with pytest.raises(InvalidInputError, match="base_url"):
        create(RerankerConfig("m", base_url=address))
