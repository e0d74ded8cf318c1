"""`human`: asks a person and waits for the answer."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, field_validator

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.handler import Compiling, HumanHandler, Names, NodeKind, Outcome, Scope
from liteagent.engine.workflow.nodes.fields import names_in_all, refused
from liteagent.engine.workflow.templates import compile_template, render_value
from liteagent.engine.workflow.types import ERROR

__all__ = ["HUMAN", "TIMEOUT", "HumanConfig", "HumanNodeHandler"]

TIMEOUT = "timeout"
"""The label of the way that is taken when nobody has answered in time."""

_MAX_SECONDS = 366 * 86_400.0


class HumanConfig(Config):
    """What is asked, how it can be answered, and by whom."""

    question: str = Field(min_length=1, description="What is asked; may contain {{ expressions }}.")
    options: list[str] = Field(
        default_factory=list[str],
        max_length=100,
        description="The answers to choose from; each is also the label of a way out of the node.",
    )
    form: dict[str, JsonValue] | None = Field(
        default=None,
        description="Instead of options: JSON Schema of an object with the properties to be filled in.",
    )
    who: list[str] = Field(
        default_factory=list[str],
        max_length=100,
        description="Who may answer, by e-mail or role; may contain {{ expressions }}. Empty: anyone.",
    )
    timeout: float | None = Field(
        default=None,
        gt=0,
        le=_MAX_SECONDS,
        allow_inf_nan=False,
        description="After how many seconds the way labelled timeout is taken instead of an answer's.",
    )
    context: JsonValue = Field(
        default=None,
        description="What a person has to know to answer; texts may contain {{ expressions }}.",
    )

    @field_validator("options")
    @classmethod
    def _options_are_labels(cls, options: list[str]) -> list[str]:
        if len(set(options)) < len(options):
            raise ValueError("an option stands there twice; write each one once")
        if ERROR in options or "" in options:
            raise ValueError(
                "an option cannot be empty or `error`, the label of failures; choose another word"
            )
        return options

    @field_validator("form")
    @classmethod
    def _form_has_properties(cls, form: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        if form is None:
            return None
        properties: Any = form.get("properties")
        fits = isinstance(properties, dict) and all(isinstance(each, dict) for each in _values(properties))
        if form.get("type") != "object" or not properties or not fits:
            raise ValueError(
                'a form looks like {"type": "object", "properties": {"name": {"type": "string"}}}'
            )
        return form


@dataclass(frozen=True, slots=True)
class HumanNodeHandler(HumanHandler):
    """Asks, and makes the answer the node's output; a chosen option is its label too."""

    templates: JsonObject
    options: tuple[str, ...] = ()
    form: JsonObject | None = None
    timeout: float | None = None
    names: Names = field(default=frozenset())

    def ask(self, scope: Scope, now: float) -> JsonObject:
        """The question, with what it takes to answer it.

        Raises:
            ExpressionError: An expression has no value for this scope.
        """
        asked = {name: _rendered(name, value, scope) for name, value in self.templates.items()}
        return asked | self._ways_to_answer(now)

    def answered(self, answer: JsonValue) -> Outcome:
        """The answer.

        Raises:
            InvalidInputError: `answer_invalid`: it is none of the options, or no form.
        """
        if self.options:
            return Outcome(output=answer, label=self._option(answer))
        if self.form is not None and not isinstance(answer, dict):
            raise InvalidInputError("The answer is no filled-in form; send an object.", code="answer_invalid")
        return Outcome(output=answer)

    def expired(self) -> Outcome:
        """Nothing, on the way for timeouts."""
        return Outcome(output=None, label=TIMEOUT)

    def _ways_to_answer(self, now: float) -> dict[str, JsonValue]:
        ways: dict[str, JsonValue] = {}
        if self.options:
            ways["options"] = list(self.options)
        if self.form is not None:
            ways["form"] = self.form
        if self.timeout is not None:
            ways["until"] = now + self.timeout
        return ways

    def _option(self, answer: JsonValue) -> str:
        if isinstance(answer, str) and answer in self.options:
            return answer
        message = f"The answer is none of the options; choose one of {', '.join(self.options)}."
        raise InvalidInputError(message, code="answer_invalid", details={"options": list(self.options)})


def _values(properties: Any) -> list[Any]:
    return list(properties.values())


def _rendered(name: str, value: JsonValue, scope: Scope) -> JsonValue:
    # A question is read by a person: it is text, even where it is nothing but one expression.
    if name == "question" and isinstance(value, str):
        return compile_template(value).render(scope)
    return render_value(value, scope)


def _make(config: HumanConfig, _compiling: Compiling) -> HumanNodeHandler:
    if config.options and config.form is not None:
        raise refused("form", "Give a question options or a form, not both.")
    if config.timeout is not None and TIMEOUT in config.options:
        raise refused("options", "`timeout` is the label of the time limit; choose another word.")
    given = {"question": config.question, "who": config.who, "context": config.context}
    templates = {name: value for name, value in given.items() if value not in (None, [])}
    names = names_in_all(templates)
    return HumanNodeHandler(templates, tuple(config.options), config.form, config.timeout, names)


def _labels(config: HumanConfig) -> tuple[str, ...]:
    return (*config.options, TIMEOUT) if config.timeout is not None else tuple(config.options)


def _output(config: HumanConfig) -> JsonObject:
    answers: JsonObject = {"type": "string", "enum": config.options} if config.options else config.form or {}
    if config.timeout is None or not answers:
        return answers
    return {"anyOf": [answers, {"type": "null"}]}


HUMAN = NodeKind(
    type="human",
    summary="Asks a person and goes on with the answer; nothing is held meanwhile.",
    config=HumanConfig,
    make=_make,
    labels=_labels,
    output=_output,
    group="people",
)
"""The node type."""
