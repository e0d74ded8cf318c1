"""`answer`: what a chat user reads."""

from dataclasses import dataclass

from pydantic import Field

from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.expressions import Expression
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, PureHandler, Scope
from liteagent.engine.workflow.nodes.fields import template_of
from liteagent.engine.workflow.templates import Template

__all__ = ["ANSWER", "AnswerConfig", "AnswerHandler"]


class AnswerConfig(Config):
    """The words of the answer."""

    text: str = Field(description="What the user reads; may contain {{ expressions }}.")


@dataclass(frozen=True, slots=True)
class AnswerHandler(PureHandler):
    """Renders the answer."""

    template: Template
    names: Names = frozenset()

    @property
    def parts(self) -> tuple[str | Expression, ...]:
        """Literal texts and expressions in the order in which a user reads them."""
        return self.template.parts

    def evaluate(self, scope: Scope) -> Outcome:
        """The rendered text."""
        return Outcome(output=self.template.render(scope))


def _make(config: AnswerConfig, _compiling: Compiling) -> AnswerHandler:
    template = template_of("text", config.text)
    return AnswerHandler(template, template.names)


def _output(_config: AnswerConfig) -> JsonObject:
    return {"type": "string"}


ANSWER = NodeKind(
    type="answer",
    summary="Says something to the user of a chat.",
    config=AnswerConfig,
    make=_make,
    output=_output,
)
"""The node type."""
