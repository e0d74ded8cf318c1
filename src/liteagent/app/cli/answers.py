"""How an agent's answer is printed: its text as it comes, then what it cites."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.cells import cell_len
from rich.markup import escape

from liteagent.app.cli.console import WIDEST, indented, out, plain, say
from liteagent.contracts.errors import NotFoundError

if TYPE_CHECKING:
    from liteagent.app.embedded import Answer, LiteAgent

__all__ = ["AgentOption", "TextPrinter", "answer_json", "choose_agent", "print_citations"]

_EXCERPT = 300
_BLANK = re.compile(r"(\s)")

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


class TextPrinter:
    """Prints an answer as it comes. In a terminal lines break between words; anywhere else as they are."""

    def __init__(self) -> None:
        self._word = ""
        self._blanks = 0
        self._column = 0

    def __call__(self, text: str) -> None:
        """Print a piece of the answer; a word that may go on waits for the next one."""
        if not out.is_terminal:
            _write(plain(text))
            return
        for piece in _BLANK.split(plain(text)):
            if piece and not piece.isspace():
                self._word += piece
            elif piece:
                self._put_word()
                self._put_blank(piece)

    def end(self) -> None:
        """Print what is left, and end the line."""
        self._put_word()
        _write("\n")
        self._blanks = self._column = 0

    def _put_word(self) -> None:
        width = cell_len(self._word)
        if not width:
            return
        if self._column and self._column + self._blanks + width > min(out.width, WIDEST):
            _write("\n")
            self._blanks = self._column = 0
        _write(" " * self._blanks + self._word)
        self._column += self._blanks + width
        self._word, self._blanks = "", 0

    def _put_blank(self, blank: str) -> None:
        if blank == "\n":
            _write("\n")
            self._blanks = self._column = 0
        else:
            self._blanks += 1


def _write(text: str) -> None:
    out.print(text, end="", markup=False, soft_wrap=True)


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
