"""`assign`: keeps values for the rest of the run."""

import keyword
from dataclasses import dataclass
from typing import Any, cast

from pydantic import Field, field_validator

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.handler import Compiling, Config, Names, NodeKind, Outcome, PureHandler, Scope
from liteagent.engine.workflow.nodes.fields import names_in_all, object_schema, refused
from liteagent.engine.workflow.templates import render_value

__all__ = ["ASSIGN", "AssignConfig", "AssignHandler"]


class AssignConfig(Config):
    """Variables that change. Expressions read them as `vars.<name>`."""

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
    """Renders all values from the variables as they were, then changes them. Its output is the values."""

    changes: JsonObject
    names: Names = frozenset()

    def evaluate(self, scope: Scope) -> Outcome:
        """The values, and the changes to be made."""
        changes = cast("dict[str, dict[str, JsonValue]]", render_value(self.changes, scope))
        output = {name: value for values in changes.values() for name, value in values.items()}
        return Outcome(output=output, assign=changes)


def _make(config: AssignConfig, _compiling: Compiling) -> AssignHandler:
    both = sorted(config.set.keys() & config.append.keys())
    if both:
        raise refused("append", f"Variable {both[0]!r} is set and appended to; use two assign nodes.")
    given = {"set": config.set, "append": config.append}
    changes = {how: values for how, values in given.items() if values}
    if not changes:
        raise refused("set", "Nothing is assigned; give `set` or `append` at least one variable.")
    return AssignHandler(changes, names_in_all(changes))


def _output(config: AssignConfig) -> JsonObject:
    return object_schema({name: {} for name in (*config.set, *config.append)})


ASSIGN = NodeKind(
    type="assign",
    summary="Keeps values as variables for the rest of the run.",
    config=AssignConfig,
    make=_make,
    output=_output,
    group="data",
)
"""The node type."""
