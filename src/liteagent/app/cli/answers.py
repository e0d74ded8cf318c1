"""How an agent's answer is printed: its text as it comes, then what it cites."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from liteagent.app.cli.console import indented, out, plain, say
from liteagent.contracts.errors import NotFoundError

if TYPE_CHECKING:
    from liteagent.app.embedded import Answer, LiteAgent

__all__ = ["AgentOption", "answer_json", "choose_agent", "print_citations", "print_text"]

_EXCERPT = 300

AgentOption = Annotated[
    str | None,
    typer.Option("--agent", metavar="NAME", help="Slug or id of an agent.", show_default=False),
]


async def choose_agent(lite: "LiteAgent", docs: Sequence[Path], agent: str | None) -> str:
    """The id of the agent that is named, of one over `docs`, or of the sample agent.

    Raises:
        NotFoundError: There is no such agent; the message lists the ones there are.
        InvalidInputError: Both were given.
    """
    try:
        return (await lite.agent_for(docs, agent)).id
    except NotFoundError as error:
        if error.error_code != "agent_not_found":
            raise
        page = await lite.platform.agents.list(lite.principal, limit=20)
        known = ", ".join(each.slug for each in page.items) or "none"
        raise NotFoundError(
            f"There is no agent {agent!r} in this data folder. There are: {known}.", code="agent_not_found"
        ) from None


def print_text(text: str) -> None:
    """Print a piece of an answer."""
    out.print(plain(text), end="", markup=False, soft_wrap=True)


def print_citations(answer: "Answer") -> None:
    """Print what the markers of an answer stand for: document, place in its text, excerpt."""
    for place_in_list, citation in enumerate(answer.citations):
        name = escape(plain(citation.document.name))
        place = f"[bold]\\[{citation.marker}][/bold] {name} [dim]{citation.start}-{citation.end}[/dim]"
        say(place if place_in_list else f"\n{place}")
        say(f"[dim]{escape(indented(_excerpt(citation.text)))}[/dim]")


def answer_json(answer: "Answer") -> dict[str, Any]:
    """An answer as `--json` prints it."""
    return {
        "answer": answer.text,
        "citations": [asdict(citation) for citation in answer.citations],
        "status": answer.status.value,
        "run_id": answer.run_id,
        "conversation_id": answer.conversation_id,
        "usage": answer.usage,
    }


def _excerpt(text: str) -> str:
    line = plain(" ".join(text.split()))
    return line if len(line) <= _EXCERPT else f"{line[:_EXCERPT].rsplit(' ', 1)[0]} …"
