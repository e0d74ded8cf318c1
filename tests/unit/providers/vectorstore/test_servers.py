"""The stores on servers, without one: their configuration, and what a server that is away looks like."""

import socket

import pytest

from liteagent.contracts.errors import ConfigurationError, ProviderUnavailableError
from liteagent.contracts.retrieval import Scope
from liteagent.providers.vectorstore import pgvector, qdrant
from liteagent.testing.vector_store import SPACE, unit_vector

W = Scope("w1")


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("config", [{}, {"url": "mysql://x"}, {"url": 3}])
def test_pgvector_needs_a_url(config: dict[str, str | int]) -> None:
    with pytest.raises(ConfigurationError, match="postgresql://"):
        pgvector.create(config)


@pytest.mark.parametrize("config", [{}, {"url": "localhost"}, {"path": ""}])
def test_qdrant_needs_a_url_or_a_path(config: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="url"):
        qdrant.create(config)


async def test_a_postgres_that_is_away(closed_port: int) -> None:
    store = pgvector.create({"url": f"postgresql://me:secret@127.0.0.1:{closed_port}/db"})
    with pytest.raises(ProviderUnavailableError) as caught:
        await store.count(SPACE, W)
    assert "secret" not in str(caught.value)
    await store.aclose()


async def test_a_qdrant_that_is_away(closed_port: int) -> None:
    store = qdrant.create({"url": f"http://127.0.0.1:{closed_port}", "api_key": None})
    with pytest.raises(ProviderUnavailableError):
        await store.search(SPACE, unit_vector(1), 5, W)
    await store.aclose()
