"""An embedder behind HTTP: one request a call, its answer checked, its failures translated."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import httpx2
import numpy as np
import openai
import orjson

from liteagent.contracts.embedding import Embedded, EmbedderLimits, TextKind
from liteagent.providers.embedding.vectors import MalformedVectorsError, VectorReader
from liteagent.providers.vendors.endpoint import Endpoint
from liteagent.providers.vendors.openai_errors import ErrorTranslator
from liteagent.providers.vendors.openai_sdk import open_client
from liteagent.providers.vendors.patience import Patience
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["Wire", "WireEmbedder", "count_of"]


class Wire(Protocol):
    """What is said to one kind of server, and how its answer is read."""

    async def post(self, client: openai.AsyncOpenAI, texts: Sequence[str], kind: TextKind) -> bytes:
        """Ask for the vectors of `texts`; the body of the answer."""
        ...

    def rows(self, answer: object) -> tuple[Sequence[object], int | None]:
        """The vectors in the order of the texts, and the tokens counted.

        Raises:
            MalformedVectorsError: The answer has another shape.
        """
        ...


class WireEmbedder:
    """See `openai_compatible.create` and its neighbours, which check what is handed in here.

    Args:
        model: What vectors must share to be compared.
        limits: What one call may carry.
        prefixes: Put before each text of a kind.
        dimensions: The width asked for.
        wire: What is said to the server.
        endpoint: Where it is.
        errors: Makes our errors out of its.
        transport: Carries the requests; tests hand in their own.
    """

    def __init__(
        self,
        *,
        model: str,
        limits: EmbedderLimits,
        prefixes: Mapping[TextKind, str],
        dimensions: int | None,
        wire: Wire,
        endpoint: Endpoint,
        errors: ErrorTranslator,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._model = model
        self._limits = limits
        self._prefixes = prefixes
        self._reader = VectorReader(dimensions)
        self._wire = wire
        self._timeout = endpoint.timeout
        self._errors = errors
        self._client = open_client(endpoint, transport)

    @property
    def model(self) -> str:
        """Vendor, model and dimensions."""
        return self._model

    @property
    def limits(self) -> EmbedderLimits:
        """What one call may carry."""
        return self._limits

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """The vectors of `texts`, of length 1; lone surrogates and NUL in a text are replaced by U+FFFD."""
        if not texts:
            return Embedded(np.zeros((0, self._reader.width), np.float32), 0)
        sent = [self._prefixes[kind] + well_formed(text) for text in texts]
        with self._errors.guard():
            content = await Patience(self._timeout).wait(self._wire.post(self._client, sent, kind))
        return self._read(content, len(texts))

    async def aclose(self) -> None:
        """Close the connections that are kept for reuse."""
        await self._client.close()

    def _read(self, content: bytes, count: int) -> Embedded:
        try:
            rows, tokens = self._wire.rows(orjson.loads(content))
            return Embedded(self._reader.read(rows, count), tokens)
        except orjson.JSONDecodeError:
            raise self._errors.malformed("It is no JSON.") from None
        except MalformedVectorsError as error:
            raise self._errors.malformed(str(error)) from None


def count_of(value: object) -> int | None:
    """A count that a vendor gave; None where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
