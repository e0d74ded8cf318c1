"""`switch`: goes the way of the first case that holds."""

from dataclasses import dataclass

from pydantic import Field, field_validator

from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.expressions import Expression, truth
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, PureHandler, Scope
from liteagent.engine.workflow.nodes.fields import expression_of
from liteagent.engine.workflow.types import ERROR

__all__ = ["DEFAULT", "SWITCH", "SwitchConfig", "SwitchHandler"]

DEFAULT = "default"
"""The label of the way that is taken when no case holds."""

_RESERVED = frozenset({DEFAULT, ERROR, ""})


class SwitchConfig(Config):
    """The cases, in the order in which they are looked at."""

    cases: dict[str, str] = Field(
        min_length=1,
        max_length=100,
        description=(
            "Expressions by the name of their case, like big: order.output.total > 100. The first one that "
            "holds says which way to go; the way labelled default is for when none does."
        ),
    )

    @field_validator("cases")
    @classmethod
    def _names_are_free(cls, cases: dict[str, str]) -> dict[str, str]:
        taken = sorted(_RESERVED & cases.keys())
        if taken:
            raise ValueError(f"{taken[0]!r} cannot be the name of a case; choose another one")
        return cases


@dataclass(frozen=True, slots=True)
class SwitchHandler(PureHandler):
    """Looks at one case after the other. Its output is the name of the one that holds."""

    cases: tuple[tuple[str, Expression], ...]
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """The first case that holds; what comes after it is not evaluated."""
        for name, expression in self.cases:
            if truth(expression.evaluate(scope)):
                return Outcome(output=name, label=name)
        return Outcome(output=DEFAULT, label=DEFAULT)


def _make(config: SwitchConfig, _compiling: Compiling) -> SwitchHandler:
    cases = tuple((name, expression_of(f"cases.{name}", text)) for name, text in config.cases.items())
    names = frozenset[tuple[str, ...]]().union(*(expression.names for _, expression in cases))
    return SwitchHandler(cases, names)


def _labels(config: SwitchConfig) -> tuple[str, ...]:
    return (*config.cases, DEFAULT)


def _output(config: SwitchConfig) -> JsonObject:
    return {"type": "string", "enum": [*config.cases, DEFAULT]}


SWITCH = NodeKind(
    type="switch",
    summary="Takes the way of the first case that holds, or the way labelled default.",
    config=SwitchConfig,
    make=_make,
    labels=_labels,
    output=_output,
)
"""The node type."""
