"""Nodes that reach outside, with sockets that tests write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from liteagent.contracts.documents import DocumentRef, Passage
from liteagent.contracts.errors import LiteAgentError, NotFoundError, ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.llm import LLM
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import SandboxRequest, SandboxResult
from liteagent.engine.workflow.handler import (
    Compiling,
    EffectHandler,
    Handler,
    NodeContext,
    NodeKind,
    Outcome,
)
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.types import NodeDefinition


@dataclass
class Node:
    """One node, made as a workflow makes it."""

    kind: NodeKind
    config: Mapping[str, Any]
    services: Services = field(default_factory=Services)
    pin: JsonValue = None
    timeout: float | None = None
    heard: list[str] = field(default_factory=list[str])

    @property
    def handler(self) -> Handler:
        """A fresh handler."""
        node = NodeDefinition("node", self.kind.type, self.config, timeout=self.timeout)
        pins = {} if self.pin is None else {"node": self.pin}
        return self.kind.make(self.kind.read(node), Compiling(node, self.services, {}, pins, {}))

    @property
    def safety(self) -> Safety:
        """What may be done about its effect after a crash."""
        handler = self.handler
        assert isinstance(handler, EffectHandler)
        return handler.safety

    async def perform(self, key: str = "run:7", **scope: Any) -> Outcome:
        """What it comes to."""
        handler = self.handler
        assert isinstance(handler, EffectHandler)
        return await handler.perform(
            scope, NodeContext("run", "workspace", "node", key, 1, self.heard.append)
        )

    async def failure(self, **scope: Any) -> LiteAgentError:
        """What it fails with."""
        with pytest.raises(LiteAgentError) as caught:
            await self.perform(**scope)
        return caught.value


class WrittenSandbox:
    """Gives written results and keeps the requests."""

    def __init__(self, *results: SandboxResult) -> None:
        self._results = list(results)
        self.requests: list[SandboxRequest] = []

    async def run(self, request: SandboxRequest) -> SandboxResult:
        self.requests.append(request)
        return self._results.pop(0)


class WrittenTool:
    """Adds, and keeps the keys that it was called with."""

    def __init__(self, safety: Safety = Safety.IDEMPOTENT) -> None:
        self.safety = safety
        self.keys: list[str] = []

    async def __call__(self, arguments: JsonObject, key: str) -> JsonValue:
        self.keys.append(key)
        if not isinstance(arguments.get("a"), int):
            raise ToolError("a is no integer.", code="invalid_arguments")
        return {"sum": arguments["a"] + arguments["b"]}  # pyright: ignore[reportOperatorIssue,reportUnknownVariableType]


@dataclass
class WrittenModels:
    """Opens one model and keeps the pins that it was asked for."""

    llm: LLM
    pins: list[JsonValue] = field(default_factory=list[JsonValue])

    def __call__(self, pin: JsonValue) -> LLM:
        self.pins.append(pin)
        return self.llm


@dataclass
class WrittenSearch:
    """Finds as many passages as asked for and keeps the questions."""

    asked: list[tuple[Sequence[str], str, int]] = field(default_factory=list[tuple[Sequence[str], str, int]])

    async def __call__(self, datasource_ids: Sequence[str], query: str, top_k: int) -> Sequence[Passage]:
        self.asked.append((datasource_ids, query, top_k))
        return [_passage(number) for number in range(1, top_k + 1)]


@dataclass
class WrittenDocuments:
    """Reads texts out of a mapping."""

    texts: Mapping[tuple[str, str], str]
    read: list[str] = field(default_factory=list[str])

    async def __call__(self, datasource_id: str, document_id: str) -> str:
        self.read.append(document_id)
        try:
            return self.texts[datasource_id, document_id]
        except KeyError:
            raise NotFoundError("There is no such document.", code="document_not_found") from None


def _passage(number: int) -> Passage:
    text = f"Text {number}."
    document = DocumentRef(f"d{number}", f"{number}.md")
    heading = ("Guide", "Setup") if number == 2 else ()
    return Passage(f"c{number}", document, "ds", 0, len(text), text, 1.5, heading, {"bm25": 1.5})
