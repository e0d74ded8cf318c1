"""The term store on Postgres: its configuration, and a server that goes away."""

import socket

import psycopg
import pytest

from liteagent.contracts.errors import ConfigurationError, ProviderUnavailableError
from liteagent.contracts.retrieval import Scope
from liteagent.contracts.vectors import StoreCounts
from liteagent.engine.rag.term_searcher import TermSearcher
from liteagent.providers.lexical import postgres
from liteagent.testing.term_store import query_of, terms_document
from tests.services.postgres import MISSING, PostgresServer, running

W = Scope("w1")


@pytest.fixture
def server() -> PostgresServer:
    server = running()
    if server is None:
        pytest.skip(MISSING)
    return server


@pytest.mark.parametrize("config", [{}, {"url": "mysql://x"}, {"url": 3}])
def test_it_needs_a_url(config: dict[str, str | int]) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://"):
        postgres.create(config)


async def test_a_server_that_is_away() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    store = postgres.create({"url": f"postgresql://me:secret@127.0.0.1:{port}/db"})
    with pytest.raises(ProviderUnavailableError) as caught:
        await store.count(W)
    assert "secret" not in str(caught.value)
    await store.aclose()


async def test_connections_that_the_server_has_closed_are_replaced(server: PostgresServer) -> None:
    """Reads and writes go on as if nothing had been."""
    with server.database() as url:
        store = postgres.create({"url": url})
        await store.put([terms_document("d1", ["green tea"])])
        for _ in range(2):
            _end_connections(url)
            assert len(await store.search(query_of("tea"), W)) == 1
        _end_connections(url)
        await store.put([terms_document("d2", ["black tea"])])
        assert await store.count(W) == StoreCounts(2, 2)
        await store.aclose()


async def test_a_user_without_rights(server: PostgresServer) -> None:
    with server.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP ROLE IF EXISTS liteagent_reader")
            connection.execute("CREATE ROLE liteagent_reader LOGIN")
        store = postgres.create({"url": url.replace("postgres@", "liteagent_reader@")})
        with pytest.raises(ConfigurationError, match="CREATE"):
            await store.count(W)
        await store.aclose()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP ROLE liteagent_reader")


async def test_compacting_makes_few_parts(server: PostgresServer) -> None:
    """Many documents that came one by one are in one part afterwards, and nothing of the old ones is left."""
    with server.database() as url:
        store = postgres.create({"url": url})
        for n in range(12):
            await store.put([terms_document(f"d{n}", ["green tea"])])
        await store.put([terms_document(f"e{n}", ["black tea"]) for n in range(30)])
        await store.delete("w1", document_ids=[f"e{n}" for n in range(25)])
        await store.compact("w1", "s1")
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT size, chunks, gone_first FROM liteagent_term_parts").fetchall()
            assert found == [(17, 17, [])]
            assert connection.execute("SELECT count(*) FROM liteagent_term_postings").fetchone() == (3,)
            assert connection.execute("SELECT count(*) FROM liteagent_term_spans").fetchone() == (17,)
        await store.delete_datasource("w1", "s1")
        with psycopg.connect(url) as connection:
            for table in ("parts", "postings", "spans", "documents"):
                left = connection.execute(f"SELECT count(*) FROM liteagent_term_{table}".encode()).fetchone()
                assert left == (0,)
        await store.aclose()


async def test_a_searcher_asks_in_the_languages_of_the_documents(server: PostgresServer) -> None:
    with server.database() as url:
        store = postgres.create({"url": url})
        searcher = TermSearcher(store)
        assert await searcher.search("teas", 5, W) == []
        await store.put([terms_document("d1", ["green tea"])])
        assert [hit.chunk_id for hit in await searcher.search("teas", 5, W)] == ["d1-0"]
        assert await searcher.search("?!", 5, W) == []
        await store.aclose()


def _end_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
