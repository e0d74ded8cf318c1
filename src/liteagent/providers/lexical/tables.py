"""The tables of the term store `postgres`."""

from typing import Any

import psycopg

from liteagent.contracts.errors import ConfigurationError

__all__ = ["make_tables"]

_LOCK = 0x6C697465_7465726D  # "liteterm": whoever makes the tables holds it

_STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS liteagent_term_sources (
         id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         workspace_id text COLLATE "C" NOT NULL, datasource_id text COLLATE "C" NOT NULL,
         UNIQUE (workspace_id, datasource_id))""",
    """CREATE TABLE IF NOT EXISTS liteagent_term_documents (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         workspace_id text COLLATE "C" NOT NULL, document_id text COLLATE "C" NOT NULL,
         datasource_id text COLLATE "C" NOT NULL, metadata jsonb NOT NULL,
         UNIQUE (workspace_id, document_id))""",
    """CREATE INDEX IF NOT EXISTS liteagent_term_documents_by_source
         ON liteagent_term_documents (workspace_id, datasource_id)""",
    # `gone_first` and `gone_last` are ranges of places whose postings stay until the part is compacted.
    """CREATE TABLE IF NOT EXISTS liteagent_term_parts (
         id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source integer NOT NULL,
         analyzer text NOT NULL, size integer NOT NULL, chunks integer NOT NULL, total bigint NOT NULL,
         gone_first integer[] NOT NULL DEFAULT '{}', gone_last integer[] NOT NULL DEFAULT '{}',
         terms bigint[] NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS liteagent_term_parts_by_source ON liteagent_term_parts (source)",
    """CREATE TABLE IF NOT EXISTS liteagent_term_spans (
         part bigint NOT NULL, first integer NOT NULL, last integer NOT NULL, document bigint NOT NULL,
         total bigint NOT NULL, chunk_ids text[] NOT NULL, PRIMARY KEY (part, first))""",
    "CREATE INDEX IF NOT EXISTS liteagent_term_spans_by_document ON liteagent_term_spans (document)",
    """CREATE TABLE IF NOT EXISTS liteagent_term_postings (
         term bigint NOT NULL, part bigint NOT NULL, source integer NOT NULL, data bytea NOT NULL,
         PRIMARY KEY (source, term, part)) WITH (toast_tuple_target = 8160)""",
    "ALTER TABLE liteagent_term_postings ALTER COLUMN data SET STORAGE EXTERNAL",
)


async def make_tables(connection: psycopg.AsyncConnection[Any]) -> None:
    """Make the tables where they are missing.

    Raises:
        ConfigurationError: The user of the database may not make tables.
    """
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            found = await connection.execute("SELECT to_regclass('liteagent_term_postings') IS NOT NULL")
            row = await found.fetchone()
            for statement in () if row is not None and row[0] else _STATEMENTS:
                await connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            "The user of the term store may not make tables. Let an administrator grant CREATE on the schema."
        ) from error
