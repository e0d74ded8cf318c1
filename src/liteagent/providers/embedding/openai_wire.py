"""POST /embeddings, as OpenAI specifies it and others follow."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, cast

import openai

from liteagent.contracts.embedding import TextKind
from liteagent.providers.embedding.vectors import MalformedVectorsError
from liteagent.providers.embedding.wire_embedder import count_of

__all__ = ["OpenAIWire"]

_Encoding: TypeAlias = Literal["base64", "float"]


class OpenAIWire:
    """Vectors come as base64 where the server can, a quarter of the size; one that refuses it is asked for
    plain numbers from then on.

    Args:
        model: Its name, as the server spells it.
        dimensions: Sent where it is given.
        bodies: Further fields of the request for a kind of text.
        encoding: The one to ask for; None finds out.
    """

    def __init__(
        self,
        model: str,
        dimensions: int | None,
        bodies: Mapping[TextKind, Mapping[str, object]],
        encoding: _Encoding | None = None,
    ) -> None:
        self._model = model
        self._dimensions = dimensions
        self._bodies = bodies
        self._encoding: _Encoding = encoding or "base64"
        self._certain = encoding is not None

    async def post(self, client: openai.AsyncOpenAI, texts: Sequence[str], kind: TextKind) -> bytes:
        """Ask for the vectors of `texts`; the body of the answer."""
        try:
            content = await self._ask(client, texts, kind, self._encoding)
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            if self._certain or self._encoding == "float":
                raise
            content = await self._ask(client, texts, kind, "float")
            self._encoding = "float"
        self._certain = True
        return content

    def rows(self, answer: object) -> tuple[Sequence[object], int | None]:
        """The vectors in the order of their `index`, and the tokens of the input."""
        fields = cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
        items = fields.get("data")
        if not isinstance(items, list):
            raise MalformedVectorsError("It holds no list `data`.")
        return _in_order(cast("list[object]", items)), _tokens(fields.get("usage"))

    async def _ask(
        self, client: openai.AsyncOpenAI, texts: Sequence[str], kind: TextKind, encoding: _Encoding
    ) -> bytes:
        answer = await client.embeddings.with_raw_response.create(
            model=self._model,
            input=list(texts),
            dimensions=self._dimensions or openai.omit,
            encoding_format=encoding,
            extra_body=self._bodies[kind] or None,
        )
        return answer.content


def _in_order(items: list[object]) -> list[object]:
    if not all(isinstance(item, dict) and "embedding" in item for item in items):
        raise MalformedVectorsError("It holds an item without `embedding`.")
    entries = cast("list[dict[str, object]]", items)
    places = [entry.get("index") for entry in entries]
    if all(place is None for place in places):
        return [entry["embedding"] for entry in entries]
    by_place = {place: entry["embedding"] for place, entry in zip(places, entries, strict=True)}
    if by_place.keys() != set(range(len(entries))):
        raise MalformedVectorsError("Its items are not numbered from 0 on, each once.")
    return [by_place[place] for place in range(len(entries))]


def _tokens(usage: object) -> int | None:
    if not isinstance(usage, dict):
        return None
    counts = cast("dict[str, object]", usage)
    found = count_of(counts.get("prompt_tokens"))
    return count_of(counts.get("total_tokens")) if found is None else found
