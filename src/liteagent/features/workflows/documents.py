"""Documents as they are kept: checked, canonical, told apart by their hash."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.document import from_document, to_document
from liteagent.engine.workflow.graph import KindSource
from liteagent.engine.workflow.problems import Places, Problem, invalid, placed
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.validation import validate
from liteagent.features.workflows.sent import Sent

__all__ = ["Kept", "Rules", "merged", "stored"]

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 20_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A document that is fit to be kept: its definition, its canonical JSON text, and that text's SHA-256."""

    definition: WorkflowDefinition
    text: str
    content_hash: str

    @property
    def name(self) -> str:
        """What people call it."""
        return self.definition.name.strip() or self.definition.id


@dataclass(frozen=True, slots=True)
class Rules:
    """What documents are checked by.

    Attributes:
        kinds: The node types.
        services: Where plugged conditions and transformers are looked up; nothing of it is called.
    """

    kinds: KindSource
    services: Services

    def problems(
        self, definition: WorkflowDefinition, children: Mapping[str, WorkflowDefinition], places: Places
    ) -> Sequence[Problem]:
        """Everything that is wrong with a definition, warnings included."""
        graphs = {name: each.graph for name, each in children.items()}
        found = validate(definition, self.kinds, workflows=graphs, services=self.services)
        return [placed(each, places) for each in (*_too_long(definition), *found)]

    def kept(
        self, definition: WorkflowDefinition, children: Mapping[str, WorkflowDefinition], places: Places
    ) -> Kept:
        """A definition, checked.

        Raises:
            InvalidInputError: It has errors; `details["problems"]` names node and field of each.
        """
        problems = self.problems(definition, children, places)
        if errors := [each for each in problems if each.severity == "error"]:
            raise invalid(errors)
        text = json.dumps(to_document(definition), ensure_ascii=False, separators=(",", ":"))
        return Kept(definition, text, hashlib.sha256(text.encode()).hexdigest())


def merged(sent: Sent, document: JsonObject) -> WorkflowDefinition:
    """`document` with the sections that were sent in place of its own; null removes one.

    Raises:
        InvalidInputError: What comes of it has another shape than a flow.
    """
    changes = sent.data()
    if not isinstance(changes, Mapping):
        raise InvalidInputError(
            "A change of a flow is an object with the sections to replace, like `name` or `nodes`."
        )
    sections = {**document, **cast("Mapping[str, JsonValue]", changes)}
    return from_document({key: value for key, value in sections.items() if value is not None})


def stored(text: str) -> dict[str, Any]:
    """The data of a kept text."""
    return cast("dict[str, Any]", json.loads(text))


def _too_long(definition: WorkflowDefinition) -> list[Problem]:
    """What may be of any length in a file, and not in a list of workflows."""
    limits = {"name": _LONGEST_NAME, "description": _LONGEST_DESCRIPTION}
    return [
        Problem("", field, "too_large", f"It is longer than {limit:,} characters. Shorten it.")
        for field, limit in limits.items()
        if len(getattr(definition, field)) > limit
    ]
