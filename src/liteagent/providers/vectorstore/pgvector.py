"""The store `pgvector`: vectors in Postgres, for servers that share them. It needs the extra `pgvector`.

A scope with few chunks is compared one by one. One with many is searched by an HNSW index over half floats,
which goes on until enough rows are in the scope, and its candidates are ranked by their full vectors.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
import numpy as np
import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector_async
from psycopg.sql import SQL, Composed, Identifier
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from liteagent.contracts.documents import Passage
from liteagent.contracts.embedding import Vectors
from liteagent.contracts.errors import ConfigurationError, ProviderUnavailableError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import DocumentVectors, StoreCounts
from liteagent.providers.vectorstore.intake import check_documents, check_query, wrong_dimensions
from liteagent.providers.vectorstore.passages import pack_passages, unpack_passages
from liteagent.providers.vectorstore.pgvector_tables import Space, make_registry, make_space, read_spaces
from liteagent.providers.vectorstore.pgvector_where import where_of

__all__ = ["PgvectorStore", "create"]

T = TypeVar("T")
_Connection = psycopg.AsyncConnection[Any]

_CONNECTIONS = 8
_PATIENCE = 15.0
_ATTEMPTS = 4
_MOST_RANKED = 250

_DESCRIBE = """UPDATE {} SET datasource_id = %(datasource)s, metadata = %(metadata)s::jsonb
               WHERE workspace_id = %(workspace)s AND document_id = %(document)s
                 AND (datasource_id, metadata) IS DISTINCT FROM (%(datasource)s, %(metadata)s::jsonb)"""
_INSERT = """INSERT INTO {} (workspace_id, chunk_id, datasource_id, document_id, metadata, embedding, passage)
             VALUES (%s, %s, %s, %s, %s::jsonb, %b, %b)
             ON CONFLICT (workspace_id, chunk_id) DO UPDATE
             SET datasource_id = excluded.datasource_id, document_id = excluded.document_id,
                 metadata = excluded.metadata, embedding = excluded.embedding, passage = excluded.passage"""
_COMPARE = """WITH scoped AS MATERIALIZED (SELECT chunk_id, embedding FROM {table} WHERE {where})
              SELECT chunk_id, -(embedding <#> %b) AS score FROM scoped
              ORDER BY score DESC, chunk_id LIMIT %s"""
_NEAREST = """WITH near AS MATERIALIZED (
                SELECT chunk_id, embedding FROM {table} WHERE {where}
                ORDER BY embedding::halfvec({dimensions}) <#> %b::halfvec({dimensions}) LIMIT %s)
              SELECT chunk_id, -(embedding <#> %b) AS score FROM near
              ORDER BY score DESC, chunk_id LIMIT %s"""


class PgvectorStore:
    """A `VectorStore` on a Postgres server with pgvector 0.8 or newer.

    Args:
        url: `postgresql://…`; the tables are made on first use.
        few_chunks: Up to so many chunks in a scope are compared one by one.
    """

    def __init__(self, url: str, *, few_chunks: int = 5_000) -> None:
        self._url = url
        self._few_chunks = few_chunks
        self._opening = anyio.Lock()
        self._pool: AsyncConnectionPool[_Connection] | None = None
        self._spaces: dict[str, Space] = {}

    async def upsert(self, documents: Sequence[DocumentVectors]) -> None:
        """Add chunks; known ones are replaced. All documents of a call are committed together."""
        dimensions = check_documents(documents)
        async with self._connected() as connection:
            spaces = await self._open_spaces(connection, dimensions)
            rows = [(document, *_rows_of(document)) for document in _sorted(documents)]

            async def write() -> None:
                async with connection.transaction(), connection.cursor() as cursor:
                    for document, about, chunks in rows:
                        space = spaces.get(document.space)
                        if space is not None:
                            await cursor.execute(SQL(_DESCRIBE).format(space.table), about)
                            await cursor.executemany(SQL(_INSERT).format(space.table), chunks)

            await _again(write)

    async def retain(self, space: str, workspace_id: str, document_id: str, chunk_ids: Sequence[str]) -> None:
        """Forget every chunk of a document in a space but these."""
        query = SQL("DELETE FROM {} WHERE workspace_id = %s AND document_id = %s AND chunk_id <> ALL(%s)")
        async with self._connected() as connection:
            found = await self._space(connection, space)
            if found is not None:
                values = (workspace_id, document_id, list(chunk_ids))
                await _again(lambda: connection.execute(query.format(found.table), values))

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents in all spaces."""
        query = SQL("DELETE FROM {} WHERE workspace_id = %s AND document_id = ANY(%s)")
        await self._delete_everywhere(query, (workspace_id, list(document_ids)), None)

    async def delete_datasource(
        self, workspace_id: str, datasource_id: str, *, except_space: str | None = None
    ) -> None:
        """Forget all of a data source, or all but what lies in one space."""
        query = SQL("DELETE FROM {} WHERE workspace_id = %s AND datasource_id = %s")
        await self._delete_everywhere(query, (workspace_id, datasource_id), except_space)

    async def search(self, space: str, vector: Vectors, top_k: int, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` nearest to `vector`."""
        async with self._connected() as connection:
            found = await self._space(connection, space)
            if found is None:
                return []
            check_query(space, found.dimensions, vector)
            if top_k < 1:
                return []
            query, values = await self._search_of(connection, found, Vector(vector), top_k, scope)
            rows = await (await connection.execute(query, values)).fetchall()
            return [Hit(chunk_id, score) for chunk_id, score in rows]

    async def vectors(self, space: str, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Vectors]:
        """The vectors of chunks in `scope`."""
        rows = await self._rows(space, "embedding", chunk_ids, scope)
        return {chunk_id: np.asarray(vector.to_numpy(), np.float32) for chunk_id, vector in rows}

    async def passages(self, chunk_ids: Sequence[str], scope: Scope) -> Mapping[str, Passage]:
        """The passages that were kept."""
        found: dict[str, Passage] = {}
        async with self._connected() as connection:
            spaces = await read_spaces(connection)
        for space in spaces:
            rows = await self._rows(space, "passage", chunk_ids, scope)
            found.update((name, unpack_passages(data)[0]) for name, data in rows if data is not None)
        return found

    async def count(self, space: str, scope: Scope) -> StoreCounts:
        """How many documents and chunks of a space lie in `scope`."""
        where, values = where_of(scope)
        query = SQL("SELECT count(DISTINCT document_id), count(*) FROM {} WHERE {}")
        async with self._connected() as connection:
            found = await self._space(connection, space)
            if found is None:
                return StoreCounts()
            row = await (await connection.execute(query.format(found.table, SQL(where)), values)).fetchone()
            return StoreCounts(*row) if row else StoreCounts()

    async def aclose(self) -> None:
        """Give the connections back and close them."""
        async with self._opening:
            if self._pool is not None:
                await self._pool.close()
                self._pool = None

    async def _search_of(
        self, connection: _Connection, space: Space, vector: Vector, top_k: int, scope: Scope
    ) -> tuple[Composed, list[object]]:
        where, values = where_of(scope)
        parts = {"table": space.table, "where": SQL(where)}
        if not space.indexed or top_k > _MOST_RANKED or await self._are_few(connection, parts, values):
            return SQL(_COMPARE).format(**parts), [*values, vector, top_k]
        query = SQL(_NEAREST).format(**parts, dimensions=space.dimensions)
        return query, [*values, vector, 4 * top_k + 20, vector, top_k]

    async def _are_few(
        self, connection: _Connection, parts: Mapping[str, Any], values: Sequence[object]
    ) -> bool:
        query = SQL("SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {where} LIMIT %s) AS counted")
        found = await connection.execute(query.format(**parts), [*values, self._few_chunks + 1])
        row = await found.fetchone()
        return row is None or row[0] <= self._few_chunks

    async def _rows(
        self, space: str, column: str, chunk_ids: Sequence[str], scope: Scope
    ) -> list[tuple[Any, ...]]:
        where, values = where_of(scope)
        query = SQL("SELECT chunk_id, {} FROM {} WHERE {} AND chunk_id = ANY(%s)")
        async with self._connected() as connection:
            found = await self._space(connection, space)
            if found is None or not chunk_ids:
                return []
            cursor = await connection.execute(
                query.format(Identifier(column), found.table, SQL(where)),
                [*values, list(chunk_ids)],
                binary=True,
            )
            return await cursor.fetchall()

    async def _delete_everywhere(
        self, query: SQL, values: Sequence[object], except_space: str | None
    ) -> None:
        async with self._connected() as connection:
            spaces = await read_spaces(connection)

            async def write() -> None:
                async with connection.transaction():
                    for name, space in sorted(spaces.items()):
                        if name != except_space:
                            await connection.execute(query.format(space.table), values)

            await _again(write)

    async def _space(self, connection: _Connection, name: str) -> Space | None:
        if name not in self._spaces:
            self._spaces = await read_spaces(connection)
        return self._spaces.get(name)

    async def _open_spaces(self, connection: _Connection, dimensions: Mapping[str, int]) -> dict[str, Space]:
        if any(name not in self._spaces for name in dimensions):
            await self._make_spaces(connection, dimensions)
        for name, wanted in dimensions.items():
            if self._spaces[name].dimensions != wanted:
                raise wrong_dimensions(name, self._spaces[name].dimensions, wanted)
        return self._spaces

    async def _make_spaces(self, connection: _Connection, dimensions: Mapping[str, int]) -> None:
        self._spaces = await read_spaces(connection)
        for name, wanted in dimensions.items():
            known = self._spaces.get(name)
            if known is not None and known.dimensions != wanted:
                raise wrong_dimensions(name, known.dimensions, wanted)
        for name, wanted in dimensions.items():
            if name not in self._spaces:
                await make_space(connection, name, wanted)
        self._spaces = await read_spaces(connection)

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[_Connection]:
        try:
            pool = self._pool or await self._opened()
            async with pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise ProviderUnavailableError(
                f"The Postgres of the vector store failed: {' '.join(str(error).split())}. Look whether it "
                "runs, then try again."
            ) from error

    async def _opened(self) -> "AsyncConnectionPool[_Connection]":
        async with self._opening:
            if self._pool is None:
                await self._prepare_database()
                pool: AsyncConnectionPool[_Connection] = AsyncConnectionPool(
                    self._url,
                    kwargs={"autocommit": True, "connect_timeout": 5},
                    min_size=1,
                    max_size=_CONNECTIONS,
                    timeout=_PATIENCE,
                    configure=_configure,
                    check=AsyncConnectionPool.check_connection,
                    open=False,
                )
                await pool.open()
                self._pool = pool
            return self._pool

    async def _prepare_database(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=5
        ) as connection:
            await make_registry(connection)


def create(config: JsonObject) -> PgvectorStore:
    """The store in the database of `url`.

    Raises:
        ConfigurationError: There is no `url`.
    """
    url = config.get("url")
    if not isinstance(url, str) or not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(
            "The vector store 'pgvector' needs a `url`: postgresql://user@host/database."
        )
    return PgvectorStore(url)


async def _configure(connection: _Connection) -> None:
    await register_vector_async(connection)
    await connection.execute("SELECT '[1]'::vector")  # loads the library, which then knows its settings
    await connection.execute("SET hnsw.iterative_scan = relaxed_order")
    await connection.execute("SET hnsw.ef_search = 100")
    # A table whose statistics are old looks small, and sorting all of it cheap; the index is what is wanted.
    await connection.execute("SET enable_sort = off")


def _sorted(documents: Sequence[DocumentVectors]) -> list[DocumentVectors]:
    """In one order everywhere, so that writers rarely wait for each other in a circle; a later one wins."""
    return sorted(documents, key=lambda each: (each.space, each.workspace_id))


def _rows_of(document: DocumentVectors) -> tuple[dict[str, object], list[tuple[object, ...]]]:
    metadata = json.dumps(dict(document.metadata))
    about: dict[str, object] = {
        "workspace": document.workspace_id,
        "document": document.document_id,
        "datasource": document.datasource_id,
        "metadata": metadata,
    }
    chunks: list[tuple[object, ...]] = []
    for place in sorted(range(len(document.chunk_ids)), key=lambda place: document.chunk_ids[place]):
        passage = pack_passages(document.passages[place : place + 1]) if document.passages else None
        chunks.append(
            (
                document.workspace_id,
                document.chunk_ids[place],
                document.datasource_id,
                document.document_id,
                metadata,
                Vector(document.vectors[place]),
                passage,
            )
        )
    return about, chunks


async def _again(work: Callable[[], Awaitable[T]]) -> T:
    """Run a transaction, again where it was chosen to end a deadlock."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await work()
        except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
            continue
    return await work()
