"""The account slice behind a whole application, with cheap passwords and a clock that stands still."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from liteagent.app.http.meta import Meta
from liteagent.app.http.server import create_app
from liteagent.features.accounts.routes import router
from liteagent.features.accounts.service import AccountService
from liteagent.infra.db.base import Base
from liteagent.infra.db.sqlite import SqliteDatabase
from liteagent.infra.security.passwords import Passwords
from liteagent.infra.security.tokens import Tokens
from liteagent.testing.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """The time, by which tokens end."""
    return ManualClock(1_800_000_000.0)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """An empty database."""
    database = SqliteDatabase(tmp_path / "test.db")
    await database.write(lambda session: Base.metadata.create_all(session.connection()))
    yield database
    await database.close()


@pytest.fixture
def make_accounts(database: SqliteDatabase, clock: ManualClock) -> Callable[..., AccountService]:
    """Makes the service."""

    def make(setup_token: str | None = None) -> AccountService:
        passwords = Passwords(rounds=1, memory_kib=64, lanes=1)
        tokens = Tokens(b"k" * 32, clock, access_seconds=900, refresh_seconds=30 * 86_400)
        return AccountService(database, passwords, tokens, clock, setup_token=setup_token)

    return make


@pytest.fixture
def accounts(make_accounts: Callable[..., AccountService]) -> AccountService:
    """The service of an installation that only this machine can reach."""
    return make_accounts()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[AccountService], httpx2.AsyncClient]]:
    """Makes a client of an application with the given service."""
    clients: list[httpx2.AsyncClient] = []

    def make(service: AccountService) -> httpx2.AsyncClient:
        app = create_app(
            services={AccountService: service},
            authenticator=service,
            routers=[router],
            meta_facts=Meta("1", has_users=service.has_users),
        )
        clients.append(httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test"))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def client(
    connect: Callable[[AccountService], httpx2.AsyncClient], accounts: AccountService
) -> httpx2.AsyncClient:
    """A client that has not signed in."""
    return connect(accounts)
