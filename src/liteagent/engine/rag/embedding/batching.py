"""An embedder that takes any number of texts of any length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import anyio
import numpy as np

from liteagent.contracts.clock import Clock
from liteagent.contracts.embedding import Embedded, Embedder, EmbedderLimits, TextKind, Vectors
from liteagent.contracts.errors import LiteAgentError, ProviderRequestError, ProviderResponseError
from liteagent.engine.rag.embedding.pacing import Pace, Sleep
from liteagent.engine.rag.embedding.splitting import BLANK, end_of_batch, prepare, shortened
from liteagent.engine.resilience.retry import Random, RetryPolicy

__all__ = ["BatchCounts", "BatchingEmbedder"]

_ANY_NUMBER = 2**31 - 1
_TOO_MUCH = (400, 413, 422)
_SHORTEST_CUT = 500
_PROBE = "text"


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What a BatchingEmbedder has done so far.

    Attributes:
        texts: Texts asked for.
        calls: Calls that were answered with vectors.
        cut: Texts of which only the beginning was embedded.
        repeated: Texts that were in the same request already.
        blank: Texts that say nothing; their vector is zero.
        halved: Batches that the vendor refused whole.
        retries: Calls that were made again after a 429, a failure or a timeout.
    """

    texts: int = 0
    calls: int = 0
    cut: int = 0
    repeated: int = 0
    blank: int = 0
    halved: int = 0
    retries: int = 0


class BatchingEmbedder:
    """Splits texts into calls that the embedder can take, several at once, and tries again what may succeed.

    A text is embedded once per request, however often it is in it. Too long ones are cut between two visible
    characters. A blank text gets the zero vector, which is no vendor's to refuse and which nothing is similar
    to. A batch that the vendor refuses for its size is halved, and so is a lone long text.

    Args:
        embedder: Does the work.
        clock: Measures how long calls are held back.
        jitter: A random number in [0, 1).
        sleep: Waits.
        parallel: Most calls at once.
        policy: When to try again.
    """

    def __init__(
        self,
        embedder: Embedder,
        *,
        clock: Clock,
        jitter: Random,
        sleep: Sleep = anyio.sleep,
        parallel: int = 4,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._embedder = embedder
        self._pace = Pace(parallel, policy or RetryPolicy(), clock, sleep, jitter)
        self._parallel = parallel
        self._limits = embedder.limits
        self._counts = BatchCounts()
        self._width = 0

    @property
    def model(self) -> str:
        """The embedder's."""
        return self._embedder.model

    @property
    def limits(self) -> EmbedderLimits:
        """No limit but that of one text, of which more is not read."""
        return replace(self._embedder.limits, texts=_ANY_NUMBER, characters=_ANY_NUMBER)

    @property
    def counts(self) -> BatchCounts:
        """What was done since it was made."""
        return replace(self._counts, retries=self._pace.retries)

    async def embed(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        """The vectors of `texts` in their order; the tokens only where each call was told some.

        Raises:
            ProviderError: A call failed for good. Those that ran beside it are cancelled.
        """
        prepared = prepare(texts, self._limits)
        distinct, tokens = await self._distinct(prepared.texts, kind)
        blank = prepared.places.count(BLANK)
        self._add(
            texts=len(texts),
            cut=prepared.cut,
            blank=blank,
            repeated=len(texts) - blank - len(prepared.texts),
        )
        if blank and not self._width:
            await self._call([_PROBE], kind)
        table = np.zeros((len(distinct) + 1, self._width), np.float32)
        if len(distinct):
            table[:BLANK] = distinct
        return Embedded(table[list(prepared.places)], tokens)

    async def aclose(self) -> None:
        """Close the embedder."""
        await self._embedder.aclose()

    async def _distinct(self, texts: Sequence[str], kind: TextKind) -> tuple[Vectors, int | None]:
        done: dict[int, Embedded] = {}
        failed: list[LiteAgentError] = []
        spans = self._spans(texts)

        async def work() -> None:
            try:
                for start, end in spans:
                    done[start] = await self._batch(texts[start:end], kind)
            except LiteAgentError as error:
                failed.append(error)
                group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for _ in range(min(self._parallel, len(texts))):
                group.start_soon(work)
        if failed:
            raise failed[0]
        return self._joined([done[start] for start in sorted(done)])

    def _spans(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Made one by one, so that what a refusal has taught holds for the next."""
        start = 0
        while start < len(texts):
            end = end_of_batch(texts, start, self._limits)
            yield start, end
            start = end

    async def _batch(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        try:
            return await self._call(texts, kind)
        except ProviderRequestError as refused:
            if refused.details.get("status") not in _TOO_MUCH:
                raise
            if len(texts) == 1:
                return await self._shorter(texts[0], kind, refused)
        return await self._halves(texts, kind)

    async def _halves(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        middle = (len(texts) + 1) // 2
        self._add(halved=1)
        parts = [await self._batch(texts[:middle], kind), await self._batch(texts[middle:], kind)]
        self._limits = replace(self._limits, texts=min(self._limits.texts, middle))
        vectors, tokens = self._joined(parts)
        return Embedded(vectors, tokens)

    async def _shorter(self, text: str, kind: TextKind, refused: ProviderRequestError) -> Embedded:
        """The vector of as much of `text` as the vendor takes."""
        for half in count(1):
            most = len(text) >> half
            if most < _SHORTEST_CUT:
                break
            try:
                found = await self._call([shortened(text, most)], kind)
            except ProviderRequestError as error:
                if error.details.get("status") not in _TOO_MUCH:
                    raise
            else:
                self._add(cut=1)
                return found
        raise refused

    async def _call(self, texts: Sequence[str], kind: TextKind) -> Embedded:
        found = await self._pace.call(lambda: self._embedder.embed(texts, kind))
        rows, width = found.vectors.shape
        if rows != len(texts) or width != (self._width or width):
            raise ProviderResponseError(
                f"The embedder {self.model!r} gave {rows} vectors of {width} dimensions where {len(texts)} "
                f"of {self._width or width} were wanted. Check which model its server runs."
            )
        self._width = width
        self._add(calls=1)
        return found

    def _joined(self, parts: Sequence[Embedded]) -> tuple[Vectors, int | None]:
        if not parts:
            return np.zeros((0, self._width), np.float32), 0
        counted = [part.tokens for part in parts if part.tokens is not None]
        tokens = sum(counted) if len(counted) == len(parts) else None
        return np.concatenate([part.vectors for part in parts]), tokens

    def _add(self, **more: int) -> None:
        """Count something."""
        added = {name: getattr(self._counts, name) + number for name, number in more.items()}
        self._counts = replace(self._counts, **added)
