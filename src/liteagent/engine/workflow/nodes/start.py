"""`start`: where a run begins, with its inputs."""

from dataclasses import dataclass

from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, PureHandler, Scope

__all__ = ["START", "StartConfig", "StartHandler"]


class StartConfig(Config):
    """A start takes nothing: the inputs are those of the workflow."""


@dataclass(frozen=True, slots=True)
class StartHandler(PureHandler):
    """Hands on the inputs of the run."""

    names: Names = frozenset({("inputs",)})

    def evaluate(self, scope: Scope) -> Outcome:
        """The inputs."""
        return Outcome(output=scope["inputs"])


def _make(_config: StartConfig, _compiling: Compiling) -> StartHandler:
    return StartHandler()


def _output(_config: StartConfig) -> JsonObject:
    return {"type": "object"}


START = NodeKind(
    type="start",
    summary="Begins the run; its output is the run's inputs.",
    config=StartConfig,
    make=_make,
    output=_output,
)
"""The node type."""
