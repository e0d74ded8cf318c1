"""`wait`: goes on later."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field, field_validator

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, Names, NodeKind, Outcome, Scope, WaitHandler
from liteagent.engine.workflow.nodes.fields import (
    Formula,
    exactly_one,
    formula_of,
    object_schema,
    refused,
    template_of,
)
from liteagent.engine.workflow.operators import is_number, kind

__all__ = ["WAIT", "WaitConfig", "WaitNodeHandler"]

_MAX_DAYS = 366
_MAX_SECONDS = _MAX_DAYS * 86_400.0


class WaitConfig(Config):
    """How long, or until when; exactly one of the two."""

    seconds: float | str | None = Field(
        default=None,
        description="How many seconds to wait: a number, or an expression or template that gives one.",
    )
    until: float | str | None = Field(
        default=None,
        description=(
            "When to go on: a time like 2030-01-31T09:00:00Z, seconds since 1970, or a template that gives "
            "one of them. A moment that has passed is no wait at all."
        ),
    )

    @field_validator("seconds", "until", mode="before")
    @classmethod
    def _is_number_or_text(cls, value: Any) -> Any:
        if value is None or is_number(value) or isinstance(value, str):
            return value
        raise ValueError(f"this is a number or a text, and not {kind(value)}")


@dataclass(frozen=True, slots=True)
class WaitNodeHandler(WaitHandler):
    """Waits for at most 366 days."""

    formula: Formula
    relative: bool
    names: Names = frozenset()

    def until(self, scope: Scope, now: float) -> float:
        """The moment.

        Raises:
            InvalidInputError: `wait_invalid`: it is none, or too far away.
        """
        value = self.formula.value(scope)
        moment = now + _seconds(value) if self.relative else _moment(value)
        if moment - now > _MAX_SECONDS:
            raise _invalid(f"The wait is longer than {_MAX_DAYS} days; choose an earlier moment.")
        return moment

    def over(self, until: float) -> Outcome:
        """The moment that has come."""
        return Outcome(output={"until": until})


def _seconds(value: JsonValue) -> float:
    if not is_number(value):
        raise _invalid(f"`seconds` needs a number, and this is {kind(value)}.")
    if not math.isfinite(value) or value < 0:
        raise _invalid(f"`seconds` is {value}; give a number of at least 0.")
    return float(value)


def _moment(value: JsonValue) -> float:
    if isinstance(value, str):
        return _parsed(value.strip())
    if not is_number(value) or not math.isfinite(value) or value < 0:
        shown = value if is_number(value) else kind(value)
        raise _invalid(f"`until` needs a time or seconds since 1970, and this is {shown}.")
    return float(value)


def _parsed(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(f"{text!r:.80} is no time; write it like 2030-01-31T09:00:00Z.") from None
    if moment.tzinfo is None:
        raise _invalid(f"{text!r} has no time zone; write it like 2030-01-31T09:00:00Z or with +01:00.")
    return moment.timestamp()


def _invalid(message: str) -> InvalidInputError:
    return InvalidInputError(message, code="wait_invalid")


def _make(config: WaitConfig, _compiling: Compiling) -> WaitNodeHandler:
    field = exactly_one({"seconds": config.seconds, "until": config.until})
    value = config.seconds if field == "seconds" else config.until
    formula = _formula(field, value)
    if not formula.names:
        _check_constant(field, formula)
    return WaitNodeHandler(formula, field == "seconds", formula.names)


def _formula(field: str, value: JsonValue) -> Formula:
    if field == "seconds" or not isinstance(value, str):
        return formula_of(field, value)
    template = template_of(field, value)
    return Formula(template.names, template.value)


def _check_constant(field: str, formula: Formula) -> None:
    """What depends on nothing can be judged before anything runs."""
    try:
        value = formula.value({})
        far = field == "seconds" and _seconds(value) > _MAX_SECONDS
        if field == "until":
            _moment(value)
    except InvalidInputError as error:
        raise refused(field, error.message) from None
    if far:
        raise refused(field, f"The wait is longer than {_MAX_DAYS} days; choose a shorter one.")


def _output(_config: WaitConfig) -> JsonObject:
    return object_schema({"until": {"type": "number"}})


WAIT = NodeKind(
    type="wait",
    summary="Goes on after some time, or at a moment; nothing is held meanwhile.",
    config=WaitConfig,
    make=_make,
    output=_output,
)
"""The node type."""
