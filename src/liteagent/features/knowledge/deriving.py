"""From a document's text to what is kept of it: chunks, their words, their vectors."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import anyio.from_thread
import anyio.to_thread
from sqlalchemy.orm import Session

from liteagent.contracts.datasource import ParsedDocument
from liteagent.contracts.documents import Chunk
from liteagent.contracts.embedding import Embedder, Vectors
from liteagent.features.knowledge import indexed
from liteagent.features.knowledge.cutter import Cutter
from liteagent.features.knowledge.cutting import Cut, Rules, Text, cut
from liteagent.features.knowledge.indexed import Derived, Place
from liteagent.features.knowledge.models import DocumentRow
from liteagent.features.knowledge.packed import PackedVectors, key_of
from liteagent.infra.db.database import Database

__all__ = ["Deriver", "Progress", "Source"]

_TEXTS_AT_ONCE = 256
_SAVE_EVERY = 5.0

Progress = Callable[[str, int], Awaitable[None]]
"""Told the stage and the percent of the document that is done."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document's text, where it belongs, and the fingerprint of the bytes that it came from."""

    place: Place
    document_id: str
    fingerprint: str
    parsed: ParsedDocument


class Deriver:
    """Cuts, analyses and embeds; a text that was embedded before is not embedded again.

    Args:
        embedder: None makes no vectors.
    """

    def __init__(self, database: Database, cutter: Cutter, rules: Rules, embedder: Embedder | None) -> None:
        self._database = database
        self._cutter = cutter
        self._rules = rules
        self._embedder = embedder

    async def derive(self, source: Source, progress: Progress | None = None) -> Derived:
        """What is kept of a document.

        Raises:
            ProviderError: The embedding model failed; what was embedded until then is kept.
        """
        progress = progress or _silent
        await progress("chunking", 30)
        (made,) = await self._cut([source])
        if self._embedder is None:
            return Derived(made.chunks, made.terms)
        chunks = made.chunks
        keys = [key_of(chunk.searchable) for chunk in chunks]
        vectors = await self._embed(self._embedder, source, dict(zip(keys, chunks, strict=True)), progress)
        return Derived(chunks, made.terms, b"".join(keys), vectors.only(keys), self._embedder.model)

    async def derive_all(self, sources: Sequence[Source]) -> Sequence[Derived]:
        """What is kept of small documents, in their order.

        Raises:
            ProviderError: The embedding model failed.
        """
        if self._embedder is not None:
            return [await self.derive(source) for source in sources]
        return [Derived(made.chunks, made.terms) for made in await self._cut(sources)]

    async def _cut(self, sources: Sequence[Source]) -> Sequence[Cut]:
        texts = [Text(source.document_id, source.parsed) for source in sources]
        if not self._rules.compares_meanings:
            return await self._cutter.cut(self._rules, texts)
        return await anyio.to_thread.run_sync(
            lambda: [cut(self._rules, text, self._encode) for text in texts]
        )

    def _encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors for a chunker, which works in a thread."""
        assert self._embedder is not None
        return anyio.from_thread.run(self._embedder.embed, texts, "passage").vectors

    async def _embed(
        self, embedder: Embedder, source: Source, wanted: dict[bytes, Chunk], progress: Progress
    ) -> PackedVectors:
        kept = await self._database.read(
            lambda session: indexed.kept_vectors(
                session, source.place.datasource_id, source.document_id, source.fingerprint, embedder.model
            )
        )
        places = kept.places()
        missing = [key for key in wanted if key not in places]
        parts, saved = [kept], time.monotonic()
        for start in range(0, len(missing), _TEXTS_AT_ONCE):
            await progress("embedding", 40 + 55 * start // len(missing))
            keys = missing[start : start + _TEXTS_AT_ONCE]
            embedded = await embedder.embed([wanted[key].searchable for key in keys], "passage")
            parts.append(PackedVectors.of(keys, embedded.vectors))
            if time.monotonic() - saved > _SAVE_EVERY:
                parts = [PackedVectors.joined(parts)]
                await self._database.write(
                    partial(_save, source=source, space=embedder.model, vectors=parts[0])
                )
                saved = time.monotonic()
        return PackedVectors.joined(parts)


def _save(session: Session, *, source: Source, space: str, vectors: PackedVectors) -> None:
    """Keep what is embedded so far; a document that was deleted meanwhile has none."""
    if session.get(DocumentRow, source.document_id) is not None:
        indexed.put_vectors(session, source.place, source.document_id, space, vectors)


async def _silent(_stage: str, _percent: int) -> None:
    """What is made anew, or at once with others, is not seen at the document."""
