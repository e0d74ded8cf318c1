"""Every term store keeps the promises of the socket, and ranks as the index in memory does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liteagent.contracts.documents import Scalar
from liteagent.contracts.lexical import TermStore
from liteagent.contracts.retrieval import Condition, Scope, matches
from liteagent.contracts.vectors import StoreCounts
from liteagent.engine.rag import term_store
from liteagent.providers.lexical import postgres
from liteagent.testing.term_store import (
    TermStoreSuite,
    assert_ranked_alike,
    expected_hits,
    query_of,
    terms_document,
)

_WORDS = ("tea", "green", "black", "samovar", "leaf")
_numbers = count()


@dataclass(frozen=True)
class _Put:
    workspace: int
    document: int
    datasource: int
    texts: list[str]
    metadata: dict[str, Scalar]


@dataclass(frozen=True)
class _Delete:
    workspace: int
    documents: list[int]


@dataclass(frozen=True)
class _DeleteDatasource:
    workspace: int
    datasource: int


@dataclass(frozen=True)
class _Compact:
    workspace: int
    datasource: int


_Operation = _Put | _Delete | _DeleteDatasource | _Compact
_two = st.integers(0, 1)
_document = st.integers(0, 3)
_text = st.lists(st.sampled_from(_WORDS), max_size=6).map(" ".join)
_metadata: st.SearchStrategy[dict[str, Scalar]] = st.dictionaries(
    st.just("n"), st.sampled_from([0, 1, 1.5, True, "1"]), max_size=1
)
_put = st.builds(_Put, _two, _document, _two, st.lists(_text, max_size=5), _metadata)
_operation: st.SearchStrategy[_Operation] = st.one_of(
    _put,
    _put,
    st.builds(_Delete, _two, st.lists(_document, max_size=2)),
    st.builds(_DeleteDatasource, _two, _two),
    st.builds(_Compact, _two, _two),
)
_examples = settings(
    max_examples=12,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
_SCOPES = (
    (None, ()),
    (("s0",), ()),
    (None, (Condition("n", (1,)),)),
    (("s1", "s0"), (Condition("n", at_least=1),)),
)


@dataclass(frozen=True)
class _Document:
    datasource: str
    texts: dict[str, str]
    metadata: dict[str, Scalar]


@dataclass
class _World:
    """A store and what two workspaces of it should hold, in plain dictionaries."""

    store: TermStore
    models: dict[str, dict[str, _Document]] = field(default_factory=dict[str, dict[str, _Document]])

    def __post_init__(self) -> None:
        number = next(_numbers)
        self.models.update({f"w{number}-{n}": {} for n in range(2)})

    async def apply(self, operation: _Operation) -> None:
        """Do it in the store and in the model."""
        workspace = list(self.models)[operation.workspace]
        model = self.models[workspace]
        match operation:
            case _Put():
                await self._put(workspace, operation)
            case _Delete():
                gone = [f"d{n}" for n in operation.documents]
                for name in gone:
                    model.pop(name, None)
                await self.store.delete(workspace, document_ids=gone)
            case _DeleteDatasource():
                source = f"s{operation.datasource}"
                kept = {name: each for name, each in model.items() if each.datasource != source}
                self.models[workspace] = kept
                await self.store.delete_datasource(workspace, source)
            case _Compact():
                await self.store.compact(workspace, f"s{operation.datasource}")

    async def compare(self, workspace: str) -> None:
        """Counts, hits and scores are those of the model, for every scope."""
        for datasource_ids, where in _SCOPES:
            await self._compare(Scope(workspace, datasource_ids, where), self.models[workspace])

    async def _put(self, workspace: str, operation: _Put) -> None:
        name = f"d{operation.document}"
        texts = {f"{name}-{n}": text for n, text in enumerate(operation.texts)}
        source = f"s{operation.datasource}"
        self.models[workspace].pop(name, None)
        if texts:
            self.models[workspace][name] = _Document(source, texts, operation.metadata)
        document = terms_document(
            name, texts, workspace_id=workspace, datasource_id=source, metadata=operation.metadata
        )
        await self.store.put([document])

    async def _compare(self, scope: Scope, model: dict[str, _Document]) -> None:
        known = [
            each
            for each in model.values()
            if scope.datasource_ids is None or each.datasource in scope.datasource_ids
        ]
        fitting = [each for each in known if matches(each.metadata, scope.where)]
        texts = {name: text for each in known for name, text in each.texts.items()}
        wanted = [name for each in fitting for name in each.texts]
        assert await self.store.count(scope) == StoreCounts(len(fitting), len(wanted))
        for text in ("green tea", "samovar leaf black leaf"):
            for top_k in (2, 50):
                query = query_of(text, top_k)
                found = await self.store.search(query, scope)
                assert_ranked_alike(found, expected_hits(query, texts, wanted), top_k)


class StoreTests(TermStoreSuite):
    @_examples
    @given(operations=st.lists(_operation, max_size=12))
    async def test_a_store_is_its_model(self, store: TermStore, operations: list[_Operation]) -> None:
        world = _World(store)
        for operation in operations:
            await world.apply(operation)
        for workspace in world.models:
            await world.compare(workspace)

    @_examples
    @given(
        texts=st.lists(st.lists(_text, max_size=4), max_size=3), operations=st.lists(_operation, max_size=8)
    )
    async def test_identical_workspaces_never_see_each_other(
        self, store: TermStore, texts: list[list[str]], operations: list[_Operation]
    ) -> None:
        """Both begin with the same documents; whatever then happens in one, the other keeps its hits."""
        world = _World(store)
        for n, some in enumerate(texts):
            for workspace in range(2):
                await world.apply(_Put(workspace, n, n % 2, some, {"n": 1}))
        first, second = world.models
        before = [await store.search(query_of(word, 50), Scope(first)) for word in _WORDS]
        assert [await store.search(query_of(word, 50), Scope(second)) for word in _WORDS] == before
        for operation in operations:
            if operation.workspace == 1:
                await world.apply(operation)
        assert [await store.search(query_of(word, 50), Scope(first)) for word in _WORDS] == before
        await world.compare(first)
        await world.compare(second)


class TestMemoryTermStore(StoreTests):
    @pytest.fixture
    def store(self) -> TermStore:
        return term_store.create({})


class TestPostgresTermStore(StoreTests):
    """One store writes, and another one on the same database reads."""

    @pytest.fixture
    async def store(self, postgres_url: str) -> AsyncIterator[TermStore]:
        writer, reader = (postgres.create({"url": postgres_url}) for _ in range(2))
        yield _Divided(writer, reader)
        await writer.aclose()
        await reader.aclose()

    async def test_it_ranks_as_the_index_in_memory(self, store: TermStore) -> None:
        """To the last bit, before and after compacting."""
        memory = term_store.create({})
        for n in range(60):
            texts = [" ".join(_WORDS[(n * m + m) % 5] for m in range(k, k + n % 7 + 1)) for k in range(n % 6)]
            for each in (store, memory):
                await each.put([terms_document(f"d{n % 45}", texts, datasource_id=f"s{n % 2}")])
        for compacted in (False, True):
            for text in ("tea", "green leaf tea", "black samovar samovar"):
                for scope in (Scope("w1"), Scope("w1", ("s1",))):
                    query = query_of(text, 25)
                    assert await store.search(query, scope) == await memory.search(query, scope)
            if not compacted:
                await store.compact("w1", "s0")
                await store.compact("w1", "s1")

    async def test_processes_make_the_tables_together(self, postgres_url: str) -> None:
        """Ten stores that meet an empty database at the same moment, and write one document."""
        stores = [postgres.create({"url": postgres_url}) for _ in range(10)]
        async with anyio.create_task_group() as group:
            for each in stores:
                group.start_soon(each.put, [terms_document("d1", ["tea", "cake"])])
        assert await stores[0].count(Scope("w1")) == StoreCounts(1, 2)
        assert len(await stores[1].search(query_of("tea"), Scope("w1"))) == 1
        for each in stores:
            await each.aclose()


class _Divided:
    """Writes by one store and reads by another."""

    def __init__(self, writer: TermStore, reader: TermStore) -> None:
        self.put, self.delete = writer.put, writer.delete
        self.delete_datasource, self.compact = writer.delete_datasource, writer.compact
        self.search, self.analyzers, self.count = reader.search, reader.analyzers, reader.count
        self.aclose = reader.aclose
