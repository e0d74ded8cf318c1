"""`end`: what the run hands out."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, PureHandler, Scope
from liteagent.engine.workflow.nodes.fields import names_in, object_schema
from liteagent.engine.workflow.templates import render_value

__all__ = ["END", "EndConfig", "EndHandler"]


class EndConfig(Config):
    """What the run hands out."""

    outputs: dict[str, JsonValue] = Field(
        default_factory=dict[str, Any],
        description=(
            "The run's outputs by name; texts may contain {{ expressions }}. "
            "Without any, the output of the node before is handed out."
        ),
    )


@dataclass(frozen=True, slots=True)
class EndHandler(PureHandler):
    """Renders the outputs of the run."""

    outputs: JsonObject = field(default_factory=dict[str, Any])
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """The outputs, or what came in where none are written down."""
        return Outcome(output=render_value(self.outputs, scope) if self.outputs else scope["input"])


def _make(config: EndConfig, _compiling: Compiling) -> EndHandler:
    if not config.outputs:
        return EndHandler(names=frozenset({("input",)}))
    return EndHandler(config.outputs, names_in("outputs", config.outputs))


def _output(config: EndConfig) -> JsonObject:
    return object_schema({name: {} for name in config.outputs}) if config.outputs else {"type": "object"}


END = NodeKind(
    type="end",
    summary="Ends the run and hands out its outputs.",
    config=EndConfig,
    make=_make,
    output=_output,
)
"""The node type."""
