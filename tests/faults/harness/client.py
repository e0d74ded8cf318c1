"""Clients that keep an accept log, go on after a crash, and repeat themselves with the same key."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from tests.faults.harness.accepted import AcceptedTurn, AcceptLog, IndexedSource

__all__ = ["Client", "Heard"]

T = TypeVar("T")

_PATIENCE = 90.0
_ENDS = ("run.completed", "run.failed", "run.cancelled")


@dataclass
class Heard:
    """What a reader of a streamed turn has seen, across as many connections as it took."""

    last_id: str | None = None
    seqs: list[int] = field(default_factory=list[int])
    text: str = ""
    end: Mapping[str, Any] | None = None

    def take(self, id_: str | None, type_: str, data: Mapping[str, Any]) -> None:
        """One frame."""
        self.last_id = id_ or self.last_id
        if type_ == "message.delta":
            self.text += data["text"]
        elif type_ == "message.restarted":
            self.text = ""
        elif id_ is not None:
            self.seqs.append(int(id_))
        if type_ in _ENDS:
            self.end = data

    def problems(self) -> list[str]:
        """What a reader may not see: gaps, repeats, a text that is not the answer."""
        found: list[str] = []
        if self.seqs != list(range(1, len(self.seqs) + 1)):
            found.append(f"a reader saw the events {self.seqs}")
        outputs: Mapping[str, Any] = (self.end or {}).get("outputs") or {}
        message: Mapping[str, Any] | None = outputs.get("message")
        if message and self.text != message["content"]:
            found.append(f"a reader was shown {self.text!r} for {message['content']!r}")
        return found


class Client:
    """One installation, seen from outside."""

    def __init__(self, url: str, log: AcceptLog) -> None:
        self._http = httpx2.AsyncClient(base_url=url, timeout=30)
        self._log = log
        self.problems: list[str] = []
        self.retries = 0

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def set_up(self) -> None:
        """Make the first account and sign in."""
        body = {"email": "someone@example.org", "password": "a long password"}
        tokens = await self.post("/api/auth/setup", body)
        self._http.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    def at(self, url: str) -> "Client":
        """The same person at another server of the installation."""
        other = Client(url, self._log)
        other._http.headers["Authorization"] = self._http.headers["Authorization"]
        return other

    async def add_model(self, url: str) -> None:
        """Make the model server at `url` the default provider."""
        provider = {"name": "fake", "provider_type": "openai_compatible", "model_name": "fake"}
        await self.post("/api/providers", {**provider, "base_url": url})

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The JSON at `path`, as soon as the server answers."""

        async def ask() -> dict[str, Any]:
            return _json(await self._http.get(path, params=query))

        return await self._insist(ask)

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """The answer to a POST; with a key it is repeated until there is one."""
        headers = {"Idempotency-Key": key} if key else {}

        async def ask() -> dict[str, Any]:
            content = dict(body) if body is not None else None
            return _json(await self._http.post(path, json=content, headers=headers))

        return await (self._insist(ask) if key else ask())

    async def upload(self, files: list[tuple[str, bytes]]) -> str:
        """The id of a new data source with these files."""
        parts = [("files", (name, data, "text/markdown")) for name, data in files]
        return _json(await self._http.post("/api/datasources/upload", files=parts))["id"]

    async def index(self, folder: Path, tokens: list[str], key: str) -> str:
        """Make a data source over `folder` and have it indexed; returns once that was accepted."""
        body = {"name": key, "source_type": "file", "source_path": str(folder)}
        source = await self.post("/api/datasources", body, key)
        accepted = await self.post(f"/api/datasources/{source['id']}/index", key=f"{key}-index")
        self._log.source(IndexedSource(accepted["id"], tuple(tokens)))
        return accepted["id"]

    async def indexed(self, datasource_id: str) -> dict[str, Any]:
        """The data source once it is being indexed no more."""
        while True:
            source = await self.get(f"/api/datasources/{datasource_id}")
            if source["status"] not in ("queued", "indexing"):
                return source
            await asyncio.sleep(0.1)

    async def say(self, agent_id: str, conversation_id: str | None, token: str, key: str) -> str:
        """A turn answered with JSON, repeated until it is; the conversation's id."""
        question = _question(token, key)
        body = _turn(agent_id, question, conversation_id, stream=False)

        async def ask() -> dict[str, Any]:
            response = await self._http.post("/api/chat", json=body, headers={"Idempotency-Key": key})
            failed: dict[str, Any] = {} if response.is_success else response.json()["error"]["details"]
            return failed if "run_id" in failed else _json(response)

        reply = await self._insist(ask)
        turn = AcceptedTurn(key, reply["run_id"], reply["conversation_id"], question, token)
        self._log.turn(turn)
        return turn.conversation_id

    async def stream(
        self, agent_id: str, conversation_id: str | None, token: str, key: str, *, leave: bool = False
    ) -> str:
        """A streamed turn, read to its end across crashes, or left as soon as it is accepted."""
        question, heard = _question(token, key), Heard()
        body = _turn(agent_id, question, conversation_id, stream=True)

        async def listen() -> str:
            async for turn in self._listen(body, key, token, heard):
                if leave or heard.end is not None:
                    return turn.conversation_id
            raise httpx2.ReadError("the stream broke off")

        conversation = await self._insist(listen)
        self.problems += heard.problems()
        return conversation

    async def _listen(
        self, body: Mapping[str, Any], key: str, token: str, heard: Heard
    ) -> AsyncIterator[AcceptedTurn]:
        headers = {"Idempotency-Key": key, **({"Last-Event-ID": heard.last_id} if heard.last_id else {})}
        async with self._http.stream("POST", "/api/chat", json=dict(body), headers=headers) as response:
            if response.status_code != 200:
                await response.aread()
                _json(response)
            run_id, conversation_id = response.headers["X-Run-Id"], response.headers["X-Conversation-Id"]
            turn = AcceptedTurn(key, run_id, conversation_id, body["message"], token)
            self._log.turn(turn)
            yield turn
            async for id_, type_, data in _frames(response):
                heard.take(id_, type_, data)
                yield turn

    async def _insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until the server is there to answer."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    return await ask()
                except httpx2.TransportError:
                    self.retries += 1
                    await asyncio.sleep(0.05)


async def _frames(response: httpx2.Response) -> AsyncIterator[tuple[str | None, str, Mapping[str, Any]]]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield fields.get("id"), fields["event"], json.loads(fields["data"])
            fields = {}


def _question(token: str, key: str) -> str:
    return f"Which note has the code word {token}? ({key})"


def _turn(agent_id: str, message: str, conversation_id: str | None, *, stream: bool) -> dict[str, Any]:
    body = {"agent_id": agent_id, "message": message, "stream": stream}
    return {**body, **({"conversation_id": conversation_id} if conversation_id else {})}


def _json(response: httpx2.Response) -> dict[str, Any]:
    assert response.is_success, f"{response.request.url} {response.status_code}: {response.text[:500]}"
    return response.json()
