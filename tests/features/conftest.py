"""A whole platform behind its HTTP interface, clients of two workspaces, and a model server that obeys tests.

Every answer that any client here gets is checked: never a 500, never a stack trace or a path of the source.
"""

import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import Session

from liteagent.app.serving import web_app
from liteagent.app.settings import Settings, load_settings
from liteagent.app.wiring import Platform, open_platform
from liteagent.contracts.llm import LLM, LLMConfig
from liteagent.features.accounts.models import MembershipRow, UserRow, WorkspaceRow
from liteagent.infra.security.passwords import Passwords
from liteagent.infra.system import new_id
from liteagent.providers.llm import openai_compatible
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

_EMAIL, _PASSWORD = "owner@example.com", "correct horse battery"
_LEAKS = ("Traceback (most recent", 'File "', "site-packages", str(Path(web_app.__code__.co_filename).parent))


def _cheap() -> Passwords:
    return Passwords(rounds=1, memory_kib=8, lanes=1)


async def _check(response: httpx2.Response) -> None:
    assert response.status_code != 500, response.request.url
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        return
    await response.aread()
    leaked = [each for each in _LEAKS if each in response.text]
    assert not leaked, response.text[:2000]
    if response.status_code >= 400 and response.content and response.request.url.path != "/health":
        error = response.json()["error"]
        if response.request.url.path.startswith("/v1/"):
            assert error.keys() == {"message", "type", "param", "code"}
            return
        assert error.keys() == {"code", "message", "details", "request_id"}
        assert error["request_id"] == response.headers["x-request-id"]


def _client(
    app: FastAPI | str, token: str = "", transport: httpx2.AsyncBaseTransport | None = None
) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    where = app if isinstance(app, str) else "http://127.0.0.1"
    if isinstance(app, FastAPI):
        transport = httpx2.ASGITransport(app)
    return httpx2.AsyncClient(
        transport=transport, base_url=where, headers=headers, event_hooks={"response": [_check]}, timeout=20
    )


@pytest.fixture(scope="session")
def blank_installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation that nobody has set up."""
    folder = tmp_path_factory.mktemp("blank") / "data"

    async def make() -> None:
        async with open_platform(load_settings(folder, env_file=None), work=False):
            pass

    anyio.run(make)
    return folder


@pytest.fixture
def settings(blank_installation: Path, tmp_path: Path) -> Settings:
    """Of an own installation; `source_path` may name what is in the folder `open`."""
    data, opened = tmp_path / "data", tmp_path / "open"
    shutil.copytree(blank_installation, data)
    opened.mkdir()
    return load_settings(data, env_file=None, file_source_roots=(opened,))


@pytest.fixture(autouse=True)
def log() -> Iterator[list[MutableMapping[str, Any]]]:
    """What the test logs; it must be no error."""
    with structlog.testing.capture_logs() as entries:
        yield entries
    assert [entry for entry in entries if entry["log_level"] in ("error", "critical")] == []


@pytest.fixture
async def llm_server() -> AsyncIterator[ModelServer]:
    """A model server of this test's own."""
    async with ModelServer() as server:
        yield server


@pytest.fixture
async def platform(settings: Settings, llm_server: ModelServer) -> AsyncIterator[Platform]:
    """An open platform that works at its runs; for the model `impatient` it waits a second at most."""
    async with open_platform(settings, passwords=_cheap()) as platform:

        @platform.llms.register("openai_compatible")
        def create(config: LLMConfig) -> LLM:
            seconds = 1.0 if config.model == "impatient" else 60.0
            return openai_compatible.create(replace(config, timeout=seconds))

        assert create is not None
        yield platform


@pytest.fixture
def app(platform: Platform) -> FastAPI:
    """The web application over `platform`."""
    return web_app(platform)


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without credentials."""
    async with _client(app) as client:
        yield client


@pytest.fixture
async def client(app: FastAPI, anonymous: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """The client of the first user, signed in by setting up."""
    said = await anonymous.post("/api/auth/setup", json={"email": _EMAIL, "password": _PASSWORD})
    assert said.status_code == 200, said.text
    async with _client(app, said.json()["access_token"]) as client:
        yield client


@pytest.fixture
def api(client: httpx2.AsyncClient) -> Api:
    """`client` with the words of the product."""
    return Api(client)


@pytest.fixture
async def second_client(
    app: FastAPI, platform: Platform, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of somebody in another workspace."""
    hashed = await _cheap().hash(_PASSWORD)
    workspace_id, user_id, now = new_id(), new_id(), datetime.now(UTC)

    def add(session: Session) -> None:
        session.add(WorkspaceRow(id=workspace_id, name="Elsewhere"))
        user = UserRow(id=user_id, email="other@example.com", password_hash=hashed, disabled_at=None)
        session.add(user)
        session.flush()
        session.add(MembershipRow(workspace_id=workspace_id, user_id=user_id, role="owner", created_at=now))

    await platform.database.write(add)
    credentials = {"email": "other@example.com", "password": _PASSWORD}
    said = await anonymous.post("/api/auth/login", json=credentials)
    async with _client(app, said.json()["access_token"]) as second:
        yield second


@pytest.fixture
async def live(app: FastAPI, client: httpx2.AsyncClient) -> AsyncIterator[Api]:
    """`api` over a socket, where streams come piece by piece and clients can hang up."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    listening = socket.create_server(("127.0.0.1", 0))
    await server.startup([listening])
    token = client.headers["authorization"].removeprefix("Bearer ")
    async with _client(f"http://127.0.0.1:{listening.getsockname()[1]}", token) as http:
        yield Api(http)
    await server.shutdown([listening])


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Api]:
    """A client, not signed in, of `liteagent serve` in a process of its own; its log is `serve.log`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (tmp_path / "serve.log").open("wb")
    command = [sys.executable, "-m", "liteagent.app.cli.main", "serve", "--port", str(port)]
    process = await anyio.open_process(
        [*command, "--data", str(tmp_path / "served")], stdout=log, stderr=log, cwd=tmp_path
    )
    log.close()
    try:
        async with _client(f"http://127.0.0.1:{port}", "", httpx2.AsyncHTTPTransport()) as http:
            with anyio.fail_after(30):
                while not await _is_ready(http):
                    assert process.returncode is None, (tmp_path / "serve.log").read_text()
                    await anyio.sleep(0.05)
            yield Api(http)
    finally:
        process.kill()
        await process.aclose()


async def _is_ready(http: httpx2.AsyncClient) -> bool:
    try:
        return (await http.get("/health/ready")).status_code == 200
    except httpx2.TransportError:
        return False
