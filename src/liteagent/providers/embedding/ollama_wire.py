"""POST /api/embed, Ollama's own."""

from collections.abc import Mapping, Sequence
from typing import cast

import httpx2
import openai

from liteagent.contracts.embedding import TextKind
from liteagent.providers.embedding.vectors import MalformedVectorsError
from liteagent.providers.embedding.wire_embedder import count_of

__all__ = ["OllamaWire"]


class OllamaWire:
    """Ollama's requests over the connections of the OpenAI SDK.

    Ollama's own client hides the headers of a refusal, `Retry-After` among them, and sends the key that it
    finds in the environment to any server.

    Args:
        body: The fields that every request has: model, truncate, dimensions, keep_alive, options.
    """

    def __init__(self, body: Mapping[str, object]) -> None:
        self._body = dict(body)

    async def post(self, client: openai.AsyncOpenAI, texts: Sequence[str], kind: TextKind) -> bytes:
        """Ask for the vectors of `texts`; Ollama knows no kinds of text."""
        del kind
        body = {**self._body, "input": list(texts)}
        answer = await client.post("/api/embed", cast_to=httpx2.Response, body=body)
        return answer.content

    def rows(self, answer: object) -> tuple[Sequence[object], int | None]:
        """The vectors, and the tokens of all texts."""
        fields = cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
        rows = fields.get("embeddings")
        if not isinstance(rows, list):
            raise MalformedVectorsError("It holds no list `embeddings`.")
        return cast("list[object]", rows), count_of(fields.get("prompt_eval_count"))
