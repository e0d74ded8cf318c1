"""What a client of the product does, in few words."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2

__all__ = ["Api", "Frame"]


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

    async def agent_on(self, url: str, model_name: str = "fake-1", **fields: Any) -> dict[str, Any]:
        """A new agent whose model is served at `url`; what fails is not asked again."""
        provider = await self.made(
            "/api/providers",
            name="Fake",
            provider_type="openai_compatible",
            model_name=model_name,
            api_key="sk-fake-secret-0123456789",
            base_url=url,
            resilience={"attempts": 1},
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
