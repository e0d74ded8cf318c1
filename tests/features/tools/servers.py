"""An API and an MCP server that tests lead sources of tools to, each on a free port of this machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp.server import MCPServer
from mcp.types import ToolAnnotations
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

__all__ = ["PetsApi", "mcp_pets"]


def _document() -> dict[str, Any]:
    pet = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    body = {"required": True, "content": {"application/json": {"schema": pet}}}
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "paths": {
            "/pets/{id}": {
                "parameters": [number],
                "get": {"operationId": "getPet", "summary": "One pet."},
                "put": {"operationId": "putPet", "summary": "Replace a pet.", "requestBody": body},
            },
            "/pets": {"post": {"operationId": "addPet", "summary": "Add a pet.", "requestBody": body}},
        },
    }


@dataclass
class PetsApi:
    """Answers every call with what it was asked, and keeps what it heard."""

    document: dict[str, Any] = field(default_factory=_document)
    heard: list[tuple[str, str, Mapping[str, str], Any]] = field(
        default_factory=list[tuple[str, str, Mapping[str, str], Any]]
    )
    redirect: str | None = None

    @property
    def app(self) -> Starlette:
        calls = ["GET", "POST", "PUT", "DELETE"]
        return Starlette(
            routes=[
                Route("/openapi.json", self._describe),
                Route("/{path:path}", self._answer, methods=calls),
            ]
        )

    async def _describe(self, request: Request) -> Response:
        self._hear(request, None)
        return JSONResponse(self.document)

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        self._hear(request, json.loads(body) if body else None)
        if self.redirect:
            return RedirectResponse(self.redirect, 307)
        if request.url.path.endswith("/404"):
            return JSONResponse({"told": request.headers.get("authorization")}, 404)
        return JSONResponse({"path": request.url.path, "body": self.heard[-1][3]})

    def _hear(self, request: Request, body: Any) -> None:
        self.heard.append((request.method, request.url.path, dict(request.headers), body))


def mcp_pets() -> MCPServer:
    """An MCP server with a tool that reads, one that writes, and one that fails."""
    server = MCPServer("pets")
    named: list[str] = ["Rex"]

    @server.tool(annotations=ToolAnnotations(read_only_hint=True))
    def list_pets() -> dict[str, list[str]]:
        """The names of all pets."""
        return {"pets": list(named)}

    @server.tool()
    def add_pet(name: str) -> str:
        """Add a pet."""
        named.append(name)
        return f"{name} was added."

    @server.tool(annotations=ToolAnnotations(idempotent_hint=True))
    def rename(name: str) -> str:
        """Rename the first pet."""
        named[0] = name
        return "Renamed."

    assert list_pets, (add_pet, rename)
    return server


if __name__ == "__main__":
    mcp_pets().run("stdio")
