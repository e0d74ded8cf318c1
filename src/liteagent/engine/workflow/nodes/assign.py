"""`assign`: keeps values for the rest of the run."""

import keyword
from dataclasses import dataclass
from typing import Any, cast

from pydantic import Field, field_validator

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, PureHandler, Scope
from liteagent.engine.workflow.nodes.fields import names_in_all, refused
from liteagent.engine.workflow.templates import render_value

__all__ = ["ASSIGN", "AssignConfig", "AssignHandler"]


class AssignConfig(Config):
    """Variables that change. Expressions read them as `vars.<name>`; the node's own output is null."""

    set: dict[str, JsonValue] = Field(
        default_factory=dict[str, Any],
        description="New values by the name of their variable; texts may contain {{ expressions }}.",
    )
    append: dict[str, JsonValue] = Field(
        default_factory=dict[str, Any],
        description="Values to add at the end of the list that a variable is; a new variable begins empty.",
    )

    @field_validator("set", "append")
    @classmethod
    def _names_can_be_read(cls, values: dict[str, JsonValue]) -> dict[str, JsonValue]:
        for name in values:
            if not name.isidentifier() or name.startswith("_") or keyword.iskeyword(name):
                raise ValueError(
                    f"{name!r} cannot be read as vars.{name}; use letters, digits and _, a letter first"
                )
        return values


@dataclass(frozen=True, slots=True)
class AssignHandler(PureHandler):
    """Renders all values from the variables as they were, then changes them.

    Its output is null: the values are in the journal once, as changes of the variables.
    """

    changes: JsonObject
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """The changes to be made."""
        return Outcome(assign=cast("JsonObject", render_value(self.changes, scope)))


def _make(config: AssignConfig, _compiling: Compiling) -> AssignHandler:
    both = sorted(config.set.keys() & config.append.keys())
    if both:
        raise refused("append", f"Variable {both[0]!r} is set and appended to; use two assign nodes.")
    given = {"set": config.set, "append": config.append}
    changes = {how: values for how, values in given.items() if values}
    if not changes:
        raise refused("set", "Nothing is assigned; give `set` or `append` at least one variable.")
    return AssignHandler(changes, names_in_all(changes))


def _output(_config: AssignConfig) -> JsonObject:
    return {"type": "null"}


ASSIGN = NodeKind(
    type="assign",
    summary="Keeps values as variables for the rest of the run, read as `vars.<name>`; its output is null.",
    config=AssignConfig,
    make=_make,
    output=_output,
    group="data",
)
"""The node type."""
