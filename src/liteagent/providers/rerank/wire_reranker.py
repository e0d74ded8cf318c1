"""A reranker behind HTTP: its dialect is found out, its answers checked, its failures translated."""

import math
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, cast

import httpx2
import openai
import orjson

from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.openai_sdk import open_client, translator
from liteagent.providers.vendors.patience import Patience
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["WireReranker"]

_Dialect: TypeAlias = Literal["documents", "texts"]
"""`documents`: Cohere, Jina, Voyage and those who follow them. `texts`: Text Embeddings Inference."""

_MOST_TEXTS: Final = {
    "documents": 1000,
    "texts": 32,
}  # what a server takes at once unless it is told otherwise
_SCORES: Final = ("relevance_score", "score")
_LISTS: Final = ("results", "data")


class _MalformedScoresError(ValueError):
    """What came back are no scores for what was sent."""


class WireReranker:
    """See `endpoint.create`, which checks what is handed in here.

    A server that refuses the fields of one dialect is asked in the other one, and so from then on.

    Args:
        model: Its name, as the server spells it; empty where the server has one only.
        endpoint: Where it is.
        transport: Carries the requests; tests hand in their own.
    """

    def __init__(
        self, model: str, endpoint: Endpoint, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._model = model
        self._timeout = endpoint.timeout
        self._errors = translator(endpoint, "a reranker's", "/v1 or /v2")
        self._client = open_client(endpoint, transport)
        self._dialect: _Dialect = "documents" if model else "texts"
        self._certain = False

    @property
    def model(self) -> str:
        """The model's name, or `reranker` where the server has one only."""
        return self._model or "reranker"

    async def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        """A score for each text, in their order; lone surrogates and NUL are sent as U+FFFD."""
        asked, sent = well_formed(query), [well_formed(text) for text in texts]
        patience = Patience(self._timeout)
        found: list[float] = []
        while len(found) < len(sent):
            with self._errors.guard():
                some, content = await patience.wait(self._ask(asked, sent[len(found) :]))
            found += self._read(content, some)
        return found

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        await self._client.close()

    async def _ask(self, query: str, texts: Sequence[str]) -> tuple[int, bytes]:
        """Have as many of the first texts scored as one request takes; how many, and the answer."""
        try:
            answer = await self._post(query, texts, self._dialect)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as refusal:
            if self._certain:
                raise
            other: _Dialect = "texts" if self._dialect == "documents" else "documents"
            try:
                answer = await self._post(query, texts, other)
            except openai.APIStatusError:
                raise refusal from None
            self._dialect = other
        self._certain = True
        return answer

    async def _post(self, query: str, texts: Sequence[str], dialect: _Dialect) -> tuple[int, bytes]:
        some = list(texts[: _MOST_TEXTS[dialect]])
        body: dict[str, object] = {"query": query, dialect: some}
        if dialect == "texts":
            body["truncate"] = True
        if self._model:
            body["model"] = self._model
        answer = await self._client.post("/rerank", cast_to=httpx2.Response, body=body)
        return len(some), answer.content

    def _read(self, content: bytes, count: int) -> list[float]:
        try:
            return _scores(orjson.loads(content), count)
        except orjson.JSONDecodeError:
            raise self._errors.malformed("It is no JSON.") from None
        except _MalformedScoresError as error:
            raise self._errors.malformed(str(error)) from None


def _scores(answer: object, count: int) -> list[float]:
    """The scores in the order of the texts."""
    found: dict[int, float] = {}
    for item in _items(answer):
        fields = cast("dict[str, object]", item) if isinstance(item, dict) else {}
        place = fields.get("index")
        score = next((fields[name] for name in _SCORES if name in fields), None)
        if isinstance(place, bool) or not isinstance(place, int) or not _is_number(score):
            raise _MalformedScoresError("It holds an item without `index` and score.")
        found[place] = float(cast("float", score))
    if found.keys() != set(range(count)):
        raise _MalformedScoresError(f"It does not score each of the {count} texts once.")
    return [found[place] for place in range(count)]


def _items(answer: object) -> list[object]:
    if isinstance(answer, dict):
        fields = cast("dict[str, object]", answer)
        answer = next((fields[name] for name in _LISTS if name in fields), None)
    if not isinstance(answer, list):
        raise _MalformedScoresError("It holds no list of results.")
    return cast("list[object]", answer)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
