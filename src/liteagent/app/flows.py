"""Running flow files in an open installation, for the command line and for Python."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from liteagent.app.wiring import Platform
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import RunStatus
from liteagent.engine.workflow.document import to_json
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import InputDefinition
from liteagent.features.workflows.sent import Sent

__all__ = ["FlowRun", "inputs_from_texts", "read_flow", "run_flow", "take_up", "to_sent"]

_LARGEST_FILE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FlowRun:
    """How a flow's run stands when it has ended, or waits for a person.

    Attributes:
        outputs: What it ended with.
        error: Why it failed, as `LiteAgentError.to_json` writes it.
        questions: What it asks: `{request_id, question, options, …}` of each.
    """

    run_id: str
    status: RunStatus
    outputs: Mapping[str, Any]
    error: Mapping[str, Any] | None
    questions: tuple[Mapping[str, Any], ...]
    usage: Mapping[str, Any] | None


def read_flow(path: Path) -> Sent:
    """The document in a file: JSON where its name says so, else YAML.

    Raises:
        InvalidInputError: It cannot be read.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InvalidInputError(f"{path} is larger than {_LARGEST_FILE // 1024**2} MB; that is no flow.")
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is not UTF-8"
        raise InvalidInputError(f"{path} cannot be read: {reason}.", code="path_not_found") from None
    return Sent(text, is_yaml=path.suffix.lower() != ".json")


def to_sent(definition: WorkflowDefinition) -> Sent:
    """A flow that was built, as a document.

    Raises:
        InvalidInputError: It has Python functions, which no document holds.
    """
    if definition.functions:
        name = next(iter(definition.functions))
        raise InvalidInputError(
            f"The node {name!r} is a Python function, which a document cannot hold. Run this flow with "
            "WorkflowEngine."
        )
    return Sent(to_json(definition), is_yaml=False)


def inputs_from_texts(
    definitions: Mapping[str, InputDefinition], texts: Mapping[str, str]
) -> dict[str, JsonValue]:
    """Inputs that were written as text: those of type string as they are, others as JSON where they are any.

    Raises:
        InvalidInputError: A text is not of its input's type.
    """
    return {
        name: _value(name, definitions.get(name, InputDefinition()), text) for name, text in texts.items()
    }


def _value(name: str, definition: InputDefinition, text: str) -> JsonValue:
    if definition.type == "string":
        return text
    try:
        return cast("JsonValue", json.loads(text))
    except ValueError:
        if definition.type == "any":
            return text
        raise InvalidInputError(
            f"Input {name!r} is to be a {definition.type}, written as JSON; {text[:60]!r} is none.",
            details={"field": f"inputs.{name}"},
        ) from None


async def run_flow(platform: Platform, flow: Sent, inputs: JsonObject) -> str:
    """Start a run of a document that is kept nowhere but in the run; its id.

    Raises:
        InvalidInputError: The document has errors, or the inputs are not what it takes.
    """
    return await platform.workflows.start_document(platform.operator, flow, inputs)


async def take_up(platform: Platform, run_id: str, answer: JsonValue = None) -> FlowRun:
    """Go on with a run, with the answer that it waits for, if one is given, until it ends or asks again.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: It does not wait for an answer.
        InvalidInputError: The answer is not among the options, or several questions are open.
    """
    runs, principal = platform.runs, platform.operator
    found = await runs.get(principal, run_id)
    if answer is not None:
        await runs.answer(principal, run_id, answer)
    elif found.status is RunStatus.PAUSED:
        await runs.resume(principal, run_id)
    settled = await runs.settled(run_id)
    view = await runs.get(principal, run_id)
    asked = cast("Sequence[Mapping[str, Any]]", settled.payload.get("waiting_for") or ())
    return FlowRun(view.id, view.status, view.outputs or {}, view.error, tuple(asked), view.usage)
