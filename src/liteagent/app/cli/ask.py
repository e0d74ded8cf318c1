"""`liteagent ask`: one question, answered with citations, with no server."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from liteagent.app.cli.answers import AgentOption, TextPrinter, answer_json, choose_agent, print_citations
from liteagent.app.cli.console import DataOption, JsonOption, note, opened, plain, print_json, run
from liteagent.app.cli.index import DocsOption, index_all, report_json
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.runs import RunStatus

if TYPE_CHECKING:
    from liteagent.app.embedded import Answer

__all__ = ["ask"]

_WAITING = 3


def ask(
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="What you want to know.", show_default=False)
    ],
    docs: DocsOption = None,
    agent: AgentOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Index what is named, answer with citations, exit.

    Without --docs and --agent the sample agent answers from LiteAgent's own documentation.
    """
    if not question.strip():
        raise InvalidInputError("There is no question. Put it in quotation marks behind `liteagent ask`.")
    run(_ask(question, docs or [], agent, data, as_json))


async def _ask(
    question: str, docs: Sequence[Path], agent: str | None, data: Path | None, as_json: bool
) -> None:
    async with opened(data) as lite:
        reports = [] if agent else await index_all(lite, docs)
        agent_id = await choose_agent(lite, docs, agent)
        text = TextPrinter()
        answer = await lite.ask(question, agent=agent_id, on_text=None if as_json else text)
    if as_json:
        print_json({**answer_json(answer), "indexed": [report_json(report) for report in reports]})
    else:
        text.end()
        print_citations(answer)
    _exit_if_waiting(answer)


def _exit_if_waiting(answer: "Answer") -> None:
    if answer.status is RunStatus.WAITING_HUMAN:
        note(f"[yellow]waiting for a human[/yellow], run {answer.run_id}: {escape(plain(answer.text))}")
        note(f'Answer it with POST /api/runs/{answer.run_id}/answers {{"answer": …}}, or ask in `chat`.')
        raise typer.Exit(_WAITING)
