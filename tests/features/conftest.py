"""A whole platform behind its HTTP interface, clients of two workspaces, and a model server that obeys tests.

Every answer that any client here gets is checked: never a 500, never a stack trace or a path of the source.
"""

import asyncio
import json
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

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
    if response.status_code >= 400 and response.content and not response.request.url.path == "/health":
        error = response.json()["error"]
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


@dataclass(frozen=True, slots=True)
class Frame:
    """An event of a stream as a client reads it."""

    id: str
    type: str
    data: dict[str, Any]

    @property
    def text(self) -> str:
        """The text that it adds."""
        return str(self.data["text"]) if self.type == "message.delta" else ""


async def _frames(lines: AsyncIterator[str]) -> AsyncIterator[Frame]:
    fields: dict[str, str] = {}
    async for line in lines:
        if line.startswith(":"):
            continue
        name, _, value = line.partition(": ")
        if line:
            fields[name] = value
        elif fields:
            yield Frame(fields.get("id", ""), fields["event"], json.loads(fields["data"]))
            fields = {}


async def _lines(text: str) -> AsyncIterator[str]:
    for line in text.split("\n"):
        yield line


class Api:
    """What a client does, in the words of the product."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def made(self, path: str, **body: Any) -> dict[str, Any]:
        """What `POST path` makes."""
        response = await self.http.post(path, json=body)
        assert response.status_code == 201, response.text
        return response.json()

    async def got(self, path: str) -> dict[str, Any]:
        """What `GET path` shows."""
        response = await self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    async def error(self, response: httpx2.Response, status: int) -> dict[str, Any]:
        """The error of a response of that status."""
        assert response.status_code == status, response.text
        return response.json()["error"]

    async def upload(self, *files: tuple[str, bytes]) -> dict[str, Any]:
        """A data source that holds these files."""
        parts = [("files", (name, data, "application/octet-stream")) for name, data in files]
        response = await self.http.post("/api/datasources/upload", files=parts)
        assert response.status_code == 201, response.text
        return response.json()

    async def text_source(self, content: str, **fields: Any) -> dict[str, Any]:
        """An indexed data source with one text."""
        body = {"name": "notes.md", "source_type": "text", "content": content, **fields}
        return await self.indexed((await self.made("/api/datasources", **body))["id"])

    async def indexed(self, datasource_id: str) -> dict[str, Any]:
        """A data source, once it is indexed."""
        started = await self.http.post(f"/api/datasources/{datasource_id}/index")
        assert started.status_code == 202, started.text
        await self.events(started.json()["run_id"])
        return await self.got(f"/api/datasources/{datasource_id}")

    async def agent(self, **fields: Any) -> dict[str, Any]:
        """A new agent."""
        return await self.made("/api/agents", **{"name": "Guide", **fields})

    async def agent_on(self, url: str, **fields: Any) -> dict[str, Any]:
        """A new agent whose model is served at `url`."""
        provider = await self.made(
            "/api/providers",
            name="Fake",
            provider_type="openai_compatible",
            model_name="fake-1",
            api_key="sk-fake-secret-0123456789",
            base_url=url,
        )
        return await self.agent(provider_id=provider["id"], **fields)

    async def say(self, agent_id: str, message: str, **more: Any) -> dict[str, Any]:
        """The JSON answer to a message."""
        response = await self.http.post("/api/chat", json={"agent_id": agent_id, "message": message, **more})
        assert response.status_code == 200, response.text
        return response.json()

    async def stream(self, agent_id: str, message: str, **more: Any) -> list[Frame]:
        """Every frame of the answer to a message."""
        body = {"agent_id": agent_id, "message": message, "stream": True, **more}
        response = await self.http.post("/api/chat", json=body)
        assert response.status_code == 200, response.text
        return [frame async for frame in _frames(_lines(response.text))]

    async def events(self, run_id: str, last_event_id: str | None = None) -> list[Frame]:
        """Every frame of a run after one."""
        headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        response = await self.http.get(f"/api/runs/{run_id}/events", headers=headers)
        assert response.status_code == 200, response.text
        return [frame async for frame in _frames(_lines(response.text))]

    def frames(self, response: httpx2.Response) -> AsyncIterator[Frame]:
        """The frames of an open stream, as they come."""
        return _frames(response.aiter_lines())

    async def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        """Everything said in a conversation."""
        return (await self.got(f"/api/conversations/{conversation_id}"))["messages"]


@dataclass(frozen=True, slots=True)
class _Reply:
    pieces: Sequence[str | asyncio.Event] = ()
    calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    end: Literal["finish", "cut", "hang"] = "finish"
    raw: bytes | None = None


class ModelServer:
    """An OpenAI-compatible server that gives written replies in order, and `OK.` after the last."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._replies: list[_Reply] = []
        self._handlers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "ModelServer":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def say(self, *pieces: str | asyncio.Event) -> None:
        """Stream these pieces; at an event, wait for it first."""
        self._replies.append(_Reply(pieces))

    def call(self, name: str, **arguments: Any) -> None:
        """Call a tool."""
        self._replies.append(_Reply(calls=[(name, arguments)]))

    def fail(self, status: int, **headers: str) -> None:
        """Answer with an error."""
        self._replies.append(_Reply(status=status, headers=headers))

    def cut(self, *pieces: str) -> None:
        """Break off after these pieces."""
        self._replies.append(_Reply(pieces, end="cut"))

    def hang(self, *pieces: str) -> None:
        """Say nothing more after these pieces."""
        self._replies.append(_Reply(pieces, end="hang"))

    def garbage(self, raw: bytes = b"<html><body>It works!</body></html>") -> None:
        """Answer with something else than a completion."""
        self._replies.append(_Reply(raw=raw))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._handlers.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            return  # the client has gone
        finally:
            self._handlers.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        self.keys.append(fields.get("authorization", ""))
        if head.startswith("GET"):
            models = {"object": "list", "data": [{"id": "fake-1", "object": "model"}]}
            reply = self._replies.pop(0) if self._replies else _Reply(raw=json.dumps(models).encode())
        else:
            self.requests.append(json.loads(body))
            reply = self._replies.pop(0) if self._replies else _Reply(["OK."])
        await self._send(reply, reader, writer)

    async def _send(
        self, reply: _Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if reply.status != 200 or reply.raw is not None:
            said = json.dumps({"error": {"message": f"no, said the server to {self.keys[-1]}"}}).encode()
            kind = "text/html" if (reply.raw or b"").startswith(b"<") else "application/json"
            writer.write(_head(reply.status, kind, reply.headers) + (reply.raw or said))
            return await writer.drain()
        writer.write(_head(200, "text/event-stream", {}))
        for piece in reply.pieces:
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                await _chunk(writer, {"content": piece})
        for index, (name, arguments) in enumerate(reply.calls):
            function = {"name": name, "arguments": json.dumps(arguments)}
            call = {"index": index, "id": f"call_{len(self.requests)}_{index}", "function": function}
            await _chunk(writer, {"tool_calls": [{"type": "function", **call}]})
        if reply.end == "hang":
            await reader.read()
        if reply.end == "finish":
            await _chunk(writer, {}, "tool_calls" if reply.calls else "stop")


def _head(status: int, kind: str, headers: Mapping[str, str]) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n".encode()


async def _chunk(writer: asyncio.StreamWriter, delta: Mapping[str, Any], finish: str | None = None) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5} if finish else None
    chunk = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "fake-1",
        "choices": [choice],
        "usage": usage,
    }
    writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await writer.drain()


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
    """An open platform that works at its runs; it waits at most a second for a model."""
    async with open_platform(settings, passwords=_cheap()) as platform:

        @platform.llms.register("openai_compatible")
        def impatient(config: LLMConfig) -> LLM:
            return openai_compatible.create(replace(config, timeout=1.0))

        assert impatient is not None
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
        session.add(
            MembershipRow(workspace_id=workspace_id, user_id=user_id, role="owner", created_at=now)
        )

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
