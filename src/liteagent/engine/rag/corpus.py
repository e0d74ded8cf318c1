"""Documents in memory, for agents that run as a library without a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liteagent.contracts.datasource import Section
from liteagent.contracts.documents import Chunk, DocumentRef, Passage
from liteagent.engine.rag.analysis import Analyzer
from liteagent.engine.rag.bm25 import Bm25Index
from liteagent.engine.rag.chunker import Chunker, create_chunker
from liteagent.engine.rag.content_id import content_id

__all__ = ["InMemoryCorpus"]


@dataclass(frozen=True, slots=True)
class _Kept:
    document: DocumentRef
    datasource_id: str
    chunk: Chunk


class InMemoryCorpus:
    """Chunks, indexes and keeps the documents that are added to it.

    Args:
        chunker: Cuts the texts; `create_chunker()` where omitted.
        language: A Snowball stemmer's name.

    Raises:
        InvalidInputError: There is no stemmer for `language`.

    Example:
        >>> corpus = InMemoryCorpus()
        >>> corpus.add("tea.md", "Green tea brews at 80 degrees.").name
        'tea.md'
        >>> retriever = create_retriever("bm25", corpus=corpus)  # and await retriever.retrieve(…)
    """

    def __init__(self, *, chunker: Chunker | None = None, language: str = "english") -> None:
        self._chunker = chunker or create_chunker()
        self._analyzer = Analyzer(language)
        self._indexes: dict[str, Bm25Index] = {}
        self._kept: dict[str, _Kept] = {}
        self._chunk_ids: dict[str, list[str]] = {}

    def add(
        self, name: str, text: str, *, sections: Sequence[Section] = (), datasource_id: str = "memory"
    ) -> DocumentRef:
        """Index a document; one of the same name in the same data source is replaced."""
        document = DocumentRef(content_id(datasource_id, name), name)
        self._forget(document.id)
        chunks = self._chunker.chunk(document.id, text, sections)
        self._index(datasource_id).add(document.id, chunks)
        self._kept.update((chunk.id, _Kept(document, datasource_id, chunk)) for chunk in chunks)
        self._chunk_ids[document.id] = [chunk.id for chunk in chunks]
        return document

    def remove(self, name: str, *, datasource_id: str = "memory") -> None:
        """Forget a document; an unknown one is ignored."""
        document_id = content_id(datasource_id, name)
        self._forget(document_id)
        self._index(datasource_id).remove(document_id)

    async def indexes(self, datasource_ids: Sequence[str] = ()) -> Mapping[str, Bm25Index]:
        """The indexes of these data sources by id, of all there are where none is named."""
        wanted = datasource_ids or tuple(self._indexes)
        return {id_: self._indexes[id_] for id_ in wanted if id_ in self._indexes}

    async def passages(self, chunk_ids: Sequence[str]) -> Mapping[str, Passage]:
        """The passages by chunk id, their score left at 0; unknown ids are left out."""
        return {id_: _passage(self._kept[id_]) for id_ in chunk_ids if id_ in self._kept}

    def _index(self, datasource_id: str) -> Bm25Index:
        return self._indexes.setdefault(datasource_id, Bm25Index(self._analyzer))

    def _forget(self, document_id: str) -> None:
        for chunk_id in self._chunk_ids.pop(document_id, ()):
            del self._kept[chunk_id]


def _passage(kept: _Kept) -> Passage:
    chunk = kept.chunk
    return Passage(
        chunk_id=chunk.id,
        document=kept.document,
        datasource_id=kept.datasource_id,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=0.0,
        heading=chunk.heading,
    )
