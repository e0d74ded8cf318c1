"""`liteagent chat`: a conversation in the terminal, with no server.

The platform works in a thread of its own, so that the main thread can wait for what the person types: there
the line editor and Ctrl-C do what they do in every other program.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from liteagent.app.cli.answers import AgentOption, TextPrinter, choose_agent, print_citations
from liteagent.app.cli.console import DataOption, note, notes, opened, out, plain
from liteagent.app.cli.index import DocsOption, index_all
from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.runs import RunStatus

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from liteagent.app.embedded import Answer, LiteAgent

__all__ = ["chat"]

_WAITING = 3


def chat(agent: AgentOption = None, docs: DocsOption = None, data: DataOption = None) -> None:
    """Talk with an agent; an empty line ends the conversation."""
    from anyio.from_thread import start_blocking_portal

    _prepare_terminal()
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(opened(data)) as lite:
        agent_id = portal.call(_begin, lite, agent, docs or [])
        _Conversation(portal, lite, agent_id).talk()


async def _begin(lite: "LiteAgent", agent: str | None, docs: Sequence[Path]) -> str:
    if agent is None:
        await index_all(lite, docs)
    agent_id = await choose_agent(lite, docs, agent)
    name = (await lite.agent_for(agent=agent_id)).name
    note(f"[bold]{escape(plain(name))}[/bold]  [dim]An empty line ends the conversation.[/dim]")
    return agent_id


@dataclass(slots=True)
class _Conversation:
    """Question and answer in turn, until the person says nothing."""

    portal: "BlockingPortal"
    lite: "LiteAgent"
    agent_id: str
    conversation_id: str | None = None
    text: TextPrinter = field(default_factory=TextPrinter)

    def talk(self) -> None:
        while question := _hear("you> "):
            try:
                answer = self.portal.call(self._ask, question)
                while answer.status is RunStatus.WAITING_HUMAN:
                    answer = self.portal.call(self._reply, answer, _decide(answer))
            except LiteAgentError as error:
                self.text.end()
                note(f"[red]error[/red] {escape(plain(error.message))} [dim]({error.error_code})[/dim]")
                continue
            self.text.end()
            print_citations(answer)
            out.print()
            self.conversation_id = answer.conversation_id

    async def _ask(self, question: str) -> "Answer":
        return await self.lite.ask(
            question, agent=self.agent_id, conversation_id=self.conversation_id, on_text=self.text
        )

    async def _reply(self, answer: "Answer", text: str) -> "Answer":
        return await self.lite.reply(answer, text, self.text)


def _decide(answer: "Answer") -> str:
    """What the person answers to an agent's question."""
    out.print(f"\n{plain(answer.text)}", markup=False, soft_wrap=True)
    if decision := _hear("answer> "):
        return decision
    note(f"[yellow]waiting for a human[/yellow], run {answer.run_id}")
    raise typer.Exit(_WAITING)


def _prepare_terminal() -> None:
    """Load the line editor: `input` then knows the arrow keys and earlier lines."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            import readline
        except ImportError:
            return
        readline.set_auto_history(True)


def _hear(prompt: str) -> str:
    """The line that the person types; empty at the end of the input."""
    read: Callable[[], str] = sys.stdin.readline
    if sys.stdin.isatty():
        if sys.stdout.isatty():
            read = _asking(prompt)
        else:
            notes.print(prompt, end="")
    try:
        return read().strip()
    except EOFError:
        out.print()
        return ""


def _asking(prompt: str) -> Callable[[], str]:
    return lambda: input(prompt)
