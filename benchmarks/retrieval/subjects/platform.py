"""Ours as people use it: the whole platform on its own database, through `LiteAgent`."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import count as numbers
from pathlib import Path

from sqlalchemy.orm import Session

from benchmarks.retrieval.embedding import Embedding
from benchmarks.retrieval.subject import CHUNK, DEPTH, OVERLAP
from benchmarks.retrieval.subjects.liteagent import GivenEmbedder
from liteagent.app.embedded import IndexReport, LiteAgent
from liteagent.contracts.datasource import Listed, ParsedDocument
from liteagent.contracts.embedding import Embedder, EmbedderConfig
from liteagent.contracts.json import load
from liteagent.engine.rag.chunker import create_chunker
from liteagent.engine.rag.terms import analyze
from liteagent.features.knowledge import indexed
from liteagent.features.knowledge.analyzers import analyzer_of
from liteagent.features.knowledge.indexed import Derived, IndexedDocument, Place
from liteagent.features.knowledge.models import DataSourceRow
from liteagent.features.knowledge.packed import PackedVectors, key_of
from liteagent.features.knowledge.recipe import Recipe
from liteagent.features.knowledge.schemas import (
    ChunkerBody,
    DataSourceBody,
    EmbeddingBody,
    SearchBody,
)

__all__ = ["PlatformSubject", "open_subject"]

_KIND = "words"
_AT_ONCE = 64  # documents of a commit while the large data source is filled


class PlatformSubject:
    """A data source with ten-hundred-character chunks and the benchmark's embedder."""

    def __init__(self, lite: LiteAgent, embedding: Embedding, folder: Path) -> None:
        self._lite = lite
        self._embedding = embedding
        self._folder = folder
        self._datasource = ""
        self._place: Place | None = None
        self._recipe = Recipe()
        self._made = numbers()

    async def index(self, documents: Sequence[tuple[str, str]]) -> int:
        """Through a folder of files, as a run."""
        texts = self._folder / "texts"
        for name, text in documents:
            path = texts / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        embedding = EmbeddingBody(provider_type=_KIND, model=_KIND)
        return (await self._indexed(texts, embedding)).chunks

    async def index_words(self, folder: Path) -> IndexReport:
        """A folder by its words alone."""
        return await self._indexed(folder, None)

    async def take(self, passages: Sequence[tuple[str, str]]) -> None:
        """The platform cuts for itself."""
        raise NotImplementedError

    async def find(self, question: str, count: int, way: str) -> list[str]:
        """By the data source's own way of searching, or one part of it."""
        body = SearchBody(query=question, top_k=count, retriever="bm25" if way == "bm25" else None)
        if way == "vector":
            body = SearchBody(query=question, top_k=count, retriever="vector")
        search = self._lite.platform.knowledge.search
        found = await search.search(self._lite.principal, self._datasource, body)
        return [each.document.name for each in found.items]

    async def fill(self, documents: Sequence[tuple[str, str]], wanted: int) -> int:
        """Put chunks where indexing puts them, the same texts again until there are enough."""
        source = [(name, text) for name, text in documents if text.strip()]
        await self.index(source[:1])
        derived = [(self._derived("x", text), text) for _, text in source]
        await self._settle()
        there = 0
        waiting: list[IndexedDocument] = []
        while there < wanted:
            for old, text in derived:
                document = self._document(f"document {next(self._made)}", text, old)
                waiting.append(document)
                there += len(document.derived.chunks)
                if len(waiting) >= _AT_ONCE or there >= wanted:
                    await self._put(waiting)
                    waiting = []
                if there >= wanted:
                    break
        return there

    async def add(self, name: str, text: str) -> str:
        """One document, cut, analysed and embedded, durable when this returns; its id."""
        document = self._document(name, text, self._derived(name, text))
        await self._put([document])
        return document.id

    async def remove(self, document_id: str) -> None:
        """One document, gone for good when this returns."""
        work = partial(indexed.remove_document, datasource_id=self._datasource, document_id=document_id)
        await self._lite.platform.database.write(work)

    async def close(self) -> None:
        """Close the database."""
        await self._lite.__aexit__(None, None, None)

    async def _indexed(self, folder: Path, embedding: EmbeddingBody | None) -> IndexReport:
        datasources, principal = self._lite.platform.knowledge.datasources, self._lite.principal
        body = DataSourceBody(
            name="documentation",
            source_type="file",
            source_path=str(folder),
            chunker=ChunkerBody(chunk_size=CHUNK, overlap=OVERLAP),
            embedding=embedding,
            language="english",
        )
        source = await datasources.create(principal, body, trusted=True)
        self._datasource = source.id
        return await self._lite.finish_indexing(await datasources.index(principal, source.id))

    async def _settle(self) -> None:
        """Look up where documents go, and how they are made."""

        def find(session: Session) -> tuple[Place, Recipe]:
            row = session.get(DataSourceRow, self._datasource)
            assert row is not None
            return Place(row.workspace_id, row.id, row.generation), load(Recipe, row.made_with or {})

        self._place, self._recipe = await self._lite.platform.database.read(find)

    def _derived(self, name: str, text: str) -> Derived:
        chunks = create_chunker(chunk_size=CHUNK, overlap=OVERLAP).chunk(name, text)
        terms = analyze(
            analyzer_of("english/1" if not self._recipe.analyzer else self._recipe.analyzer), chunks
        )
        keys = [key_of(chunk.searchable) for chunk in chunks]
        vectors = self._embedding.vectors([chunk.searchable for chunk in chunks])
        packed = PackedVectors.of(keys, vectors)
        return Derived(chunks, terms.to_bytes(), b"".join(keys), packed, GivenEmbedder.model)

    def _document(self, name: str, text: str, derived: Derived) -> IndexedDocument:
        id_ = f"{next(self._made):036}"
        chunks = [
            replace(chunk, id=f"{id_[-18:]}{chunk.index:018}", document_id=id_) for chunk in derived.chunks
        ]
        parsed = ParsedDocument(text, "text/plain")
        return IndexedDocument(
            id_, Listed(name, name), id_, len(text), parsed, replace(derived, chunks=chunks)
        )

    async def _put(self, documents: Sequence[IndexedDocument]) -> None:
        place = self._place
        assert place is not None

        def put(session: Session) -> None:
            indexed.put_documents(session, place, documents, 1)

        await self._lite.platform.database.write(put)


async def open_subject(embedding: Embedding, folder: str, depth: int = DEPTH) -> PlatformSubject:
    """The platform on an empty data folder."""
    del depth
    lite = LiteAgent(Path(folder) / "data", default_embedding="none")
    await lite.__aenter__()

    @lite.platform.registries.embedders.register(_KIND)
    def create(config: EmbedderConfig) -> Embedder:
        del config
        return GivenEmbedder(embedding)

    assert create is not None
    return PlatformSubject(lite, embedding, Path(folder))
