"""The term store `postgres`: words in tables of Postgres, for processes that share them.

Chunks lie in parts; a term has one row in each part that it stands in, with all its postings packed. A
search reads the rows of its terms, a few for each part, and scores them in the process that asks, so that
scores are those of the index in memory. New documents come as parts of their own, removed ones are marked;
`compact` makes few parts of many. It needs the extra `postgres`, and of the server nothing but tables.
"""

from collections.abc import Sequence

from anyio import to_thread

from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.json import JsonObject
from liteagent.contracts.lexical import TermsInDocument, TermsQuery, check_documents
from liteagent.contracts.retrieval import Hit, Scope
from liteagent.contracts.vectors import StoreCounts
from liteagent.providers.lexical.connections import Connection, Connections
from liteagent.providers.lexical.planning import parts_of
from liteagent.providers.lexical.reading import (
    count_scope,
    read_analyzers,
    read_hits,
    read_matter,
)
from liteagent.providers.lexical.scoring import best_places
from liteagent.providers.lexical.tables import make_tables
from liteagent.providers.lexical.writing import (
    compact_once,
    delete_documents,
    drop_datasource,
    put_documents,
)

__all__ = ["PostgresTermStore", "create"]


class PostgresTermStore:
    """A `TermStore` on a Postgres server.

    Args:
        url: `postgresql://…`; the tables are made on first use.
    """

    def __init__(self, url: str) -> None:
        self._connections = Connections(url, make_tables)

    async def put(self, documents: Sequence[TermsInDocument]) -> None:
        """Add documents; known ones are replaced. All of a call are committed together."""
        check_documents(documents)
        newest = list({(each.workspace_id, each.document_id): each for each in documents}.values())
        if not newest:
            return
        parts = await to_thread.run_sync(parts_of, newest)
        await self._connections.write(lambda connection: put_documents(connection, newest, parts))

    async def delete(self, workspace_id: str, *, document_ids: Sequence[str]) -> None:
        """Forget documents."""
        await self._connections.write(
            lambda connection: delete_documents(connection, workspace_id, document_ids)
        )

    async def delete_datasource(self, workspace_id: str, datasource_id: str) -> None:
        """Forget all of a data source."""
        await self._connections.write(
            lambda connection: drop_datasource(connection, workspace_id, datasource_id)
        )

    async def search(self, query: TermsQuery, scope: Scope) -> Sequence[Hit]:
        """The chunks in `scope` that score best."""
        if query.top_k < 1 or not query.counts:
            return []

        async def look(connection: Connection) -> list[Hit]:
            matter = await read_matter(connection, scope, query)
            if not matter.corpus.chunks:
                return []
            best = await to_thread.run_sync(best_places, query, matter.corpus, matter.found, matter.wanted)
            return await read_hits(connection, best, query.top_k)

        return await self._connections.read(look)

    async def analyzers(self, scope: Scope) -> frozenset[str]:
        """The analysers of the documents in the scope's data sources."""
        return await self._connections.read(lambda connection: read_analyzers(connection, scope))

    async def count(self, scope: Scope) -> StoreCounts:
        """How many documents and chunks lie in `scope`."""
        return await self._connections.read(lambda connection: count_scope(connection, scope))

    async def compact(self, workspace_id: str, datasource_id: str) -> None:
        """Make few parts of many; who writes to the workspace meanwhile waits for one short transaction."""
        worth_it = True

        async def once(connection: Connection) -> None:
            nonlocal worth_it
            worth_it = await compact_once(connection, workspace_id, datasource_id)

        while worth_it:
            await self._connections.write(once)

    async def aclose(self) -> None:
        """Give the connections back and close them."""
        await self._connections.aclose()


def create(config: JsonObject) -> PostgresTermStore:
    """The store in the database of `url`.

    Raises:
        ConfigurationError: There is no `url`.
    """
    url = config.get("url")
    if not isinstance(url, str) or not url.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError("The term store 'postgres' needs a `url`: postgresql://user@host/database.")
    return PostgresTermStore(url)
