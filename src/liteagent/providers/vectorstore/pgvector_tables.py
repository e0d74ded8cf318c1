"""The tables of the store `pgvector`: one for each space, and one that names them."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from liteagent.contracts.errors import ConfigurationError

__all__ = ["Space", "make_registry", "make_space", "read_spaces"]

_LOCK = 0x6C697465_76656373  # "litevecs": whoever makes tables holds it
_MOST_HALF_DIMENSIONS = 4_000
_OLDEST = (0, 8)


@dataclass(frozen=True, slots=True)
class Space:
    """A space and its table."""

    id: int
    dimensions: int

    @property
    def table(self) -> Identifier:
        """The name of its table."""
        return Identifier(f"liteagent_vectors_{self.id}")

    @property
    def indexed(self) -> bool:
        """Whether the table has an HNSW index; pgvector has none for more than 4,000 dimensions."""
        return self.dimensions <= _MOST_HALF_DIMENSIONS


async def make_registry(connection: psycopg.AsyncConnection[Any]) -> None:
    """Make the extension and the table of spaces where they are missing.

    Raises:
        ConfigurationError: The server does not have pgvector, an old one, or the user may not make it.
    """
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            await connection.execute(
                """CREATE TABLE IF NOT EXISTS liteagent_vector_spaces (
                     id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE,
                     dimensions integer NOT NULL)"""
            )
            found = await connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
            row = await found.fetchone()
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
        raise ConfigurationError(
            "This Postgres does not have pgvector. Install it on the server (0.8 or newer), or choose "
            "another vector store."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            "The user of the vector store may not make the extension `vector` or tables. Let an "
            "administrator run CREATE EXTENSION vector, and grant CREATE on the schema."
        ) from error
    if row is None or _number(row[0]) < _OLDEST:
        raise ConfigurationError(
            "pgvector of this database is older than 0.8. Run ALTER EXTENSION vector UPDATE."
        )


async def read_spaces(connection: psycopg.AsyncConnection[Any]) -> dict[str, Space]:
    """Every space by name."""
    found = await connection.execute("SELECT name, id, dimensions FROM liteagent_vector_spaces")
    return {name: Space(id_, dimensions) for name, id_, dimensions in await found.fetchall()}


async def make_space(connection: psycopg.AsyncConnection[Any], name: str, dimensions: int) -> None:
    """Make a space and its table, unless another process has."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        made = await connection.execute(
            """INSERT INTO liteagent_vector_spaces (name, dimensions) VALUES (%s, %s)
               ON CONFLICT DO NOTHING RETURNING id""",
            (name, dimensions),
        )
        row = await made.fetchone()
        if row is not None:
            for statement in _statements(Space(row[0], dimensions)):
                await connection.execute(statement)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def _statements(space: Space) -> list[Composed]:
    made = [
        SQL(
            """CREATE TABLE {} (
                 workspace_id text COLLATE "C" NOT NULL, chunk_id text COLLATE "C" NOT NULL,
                 datasource_id text COLLATE "C" NOT NULL, document_id text COLLATE "C" NOT NULL,
                 metadata jsonb NOT NULL, embedding vector({}) NOT NULL, passage bytea,
                 PRIMARY KEY (workspace_id, chunk_id))"""
        ).format(space.table, space.dimensions),
        SQL("CREATE INDEX ON {} (workspace_id, document_id)").format(space.table),
        SQL("CREATE INDEX ON {} (workspace_id, datasource_id)").format(space.table),
    ]
    if space.indexed:
        made.append(
            SQL(
                """CREATE INDEX ON {} USING hnsw ((embedding::halfvec({})) halfvec_ip_ops)
                   WITH (m = 16, ef_construction = 64)"""
            ).format(space.table, space.dimensions)
        )
    return made
