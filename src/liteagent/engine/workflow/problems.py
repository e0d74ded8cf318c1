"""What is wrong with a workflow, said so that a person can mend it and a program can point at it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.operators import storable

__all__ = [
    "INVALID",
    "MAX_PROBLEMS",
    "Places",
    "Problem",
    "Severity",
    "invalid",
    "meant",
    "node_of",
    "placed",
    "problems_of",
    "shown",
]

INVALID = "workflow_invalid"
"""Code of the error that carries problems."""

MAX_PROBLEMS = 200
"""Problems that are told of one workflow; looking for a hostile one's millions would take long."""

Places: TypeAlias = Mapping[str, tuple[int, int]]
"""Where in its text each field of a document stands: line and column, from 1."""

Severity: TypeAlias = Literal["error", "warning"]

_SHOWN = 60
_COMPARED = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        node: Path of the node, `each/classify` inside a body; empty where it is about the whole.
        field: Path in the document: `nodes.check.when`.
        code: Stable, for programs.
        message: What is wrong and what to do.
        line: Where it stands in the text that was read, from 1; 0 without a text.
        column: The same.
    """

    node: str
    field: str
    code: str
    message: str
    severity: Severity = "error"
    line: int = 0
    column: int = 0

    def to_json(self) -> JsonObject:
        """As it stands in the details of an error; without a text it has no line and column."""
        place = {"line": self.line, "column": self.column} if self.line else {}
        return {
            "node": self.node,
            "field": self.field,
            "code": self.code,
            "message": self.message,
            "severity": self.severity,
            **place,
        }


def invalid(problems: Sequence[Problem]) -> InvalidInputError:
    """The error that carries problems: `details["problems"]` lists them, the message tells the first."""
    first = problems[0]
    line = f"line {first.line}: " if first.line else ""
    place = f"{first.field}: " if first.field else ""
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    details: dict[str, Any] = {"problems": [each.to_json() for each in problems[:MAX_PROBLEMS]]}
    return InvalidInputError(f"{line}{place}{first.message}{more}", code=INVALID, details=details)


def problems_of(error: InvalidInputError) -> tuple[Problem, ...]:
    """The problems that `invalid` put into an error; one without a place for any other error."""
    found: Iterable[Mapping[str, Any]] = error.details.get("problems", ())
    return tuple(Problem(**each) for each in found) or (
        Problem(
            "",
            "",
            error.error_code,
            str(error.details.get("reason", error.message)),
            line=int(error.details.get("line", 0)),
            column=int(error.details.get("column", 0)),
        ),
    )


def node_of(field: str) -> str:
    """The path of the node that a field belongs to: `each/classify` for `nodes.each.nodes.classify.when`."""
    parts = field.split(".")
    path: list[str] = []
    while len(parts) > 1 and parts[0] == "nodes":
        path.append(parts[1])
        parts = parts[2:]
    return "/".join(path)


def placed(problem: Problem, places: Places) -> Problem:
    """The problem with the line and column of its field, or of what is around it."""
    path = problem.field.split(".")
    for length in range(len(path), 0, -1):
        if (place := places.get(".".join(path[:length]))) is not None:
            return replace(problem, line=place[0], column=place[1])
    return problem


def meant(word: str, words: Iterable[str]) -> str:
    """What to do about a word that is none of `words`: ` Did you mean …?`, or the list of them."""
    known = sorted(set(words))
    alike = [each for each in known if abs(len(each) - len(word)) <= 3]
    alike.sort(key=lambda each: each[:1] != word[:1])
    close = get_close_matches(word[:_SHOWN], alike[:_COMPARED], n=3, cutoff=0.6)
    if close:
        return f" Did you mean {' or '.join(close)}?"
    if not known or len(known) > 30:
        return ""
    return f" There is: {', '.join(known)}."


def shown(value: object) -> str:
    """A foreign value in a message: quoted, short, and fit to be stored."""
    text = repr(value[: _SHOWN + 1] if isinstance(value, str) else value)
    text = text if storable(text) else ascii(text)
    return text if len(text) <= _SHOWN + 2 else f"{text[:_SHOWN]}…"
