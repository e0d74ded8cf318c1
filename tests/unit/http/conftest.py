"""A whole application around a few routes, with credentials that are easy to read."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter

from liteagent.app.http.meta import Meta, PartDescription
from liteagent.app.http.server import create_app
from liteagent.contracts.errors import NotAuthenticatedError
from liteagent.contracts.identity import Principal
from liteagent.infra.db.base import Base
from liteagent.infra.db.idempotency import IdempotencyKeyRow
from liteagent.infra.db.sqlite import SqliteDatabase

WORKSPACE = "01900000-0000-7000-8000-000000000001"


class KnownTokens:
    """`Bearer good` is somebody, `Bearer limited:<scope>` somebody with one scope, anything else nobody."""

    async def authenticate(self, authorization: str | None) -> Principal:
        token = (authorization or "").removeprefix("Bearer ")
        if token == "good":
            return Principal(WORKSPACE, "01900000-0000-7000-8000-000000000002")
        if token.startswith("limited:"):
            return Principal(WORKSPACE, None, frozenset({token.removeprefix("limited:")}))
        raise NotAuthenticatedError("Sign in first.")


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., httpx2.AsyncClient]]:
    """Makes a client of an application with the given routers; it signs in unless told otherwise."""
    async with AsyncExitStack() as stack:

        def make(*routers: APIRouter, signed_in: bool = True, **options: Any) -> httpx2.AsyncClient:
            arguments: dict[str, Any] = {
                "services": {},
                "authenticator": KnownTokens(),
                "routers": routers,
                "meta_facts": Meta(
                    "1.2.3",
                    {"mode": "embedded"},
                    provider_types=[PartDescription(name="builtin", config_schema={"type": "object"})],
                ),
            }
            app = create_app(**{**arguments, **options})
            client = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app),
                base_url="http://test",
                headers={"Authorization": "Bearer good"} if signed_in else {},
            )
            stack.push_async_callback(client.aclose)
            return client

        yield make


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A database with the table of idempotency keys."""
    database = SqliteDatabase(tmp_path / "test.db")
    tables = [Base.metadata.tables[IdempotencyKeyRow.__tablename__]]
    await database.write(lambda session: Base.metadata.create_all(session.connection(), tables=tables))
    yield database
    await database.close()
