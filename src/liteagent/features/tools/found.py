"""What was found at a source: how it is told apart, what it is called, and how far it may be trusted."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from liteagent.contracts.json import dump, load
from liteagent.contracts.runs import Safety
from liteagent.contracts.tools import ToolDefinition
from liteagent.features.tools.models import FoundToolRow, ToolSourceRow
from liteagent.features.tools.schemas import ToolState

__all__ = ["LONGEST_NAME", "Found", "FoundTool", "accept", "fingerprint", "model_names", "settle"]

LONGEST_NAME = 64
"""The longest name that every vendor takes."""

_LONGEST = 64_000
_LONGEST_OWN = 200
_SURROGATES = re.compile("[\ud800-\udfff]")
_NO_LETTER = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class FoundTool:
    """A tool of a source, as far as it was found, accepted and allowed."""

    source: ToolSourceRow
    row: FoundToolRow
    name: str

    @property
    def state(self) -> ToolState:
        """What has become of it since it was accepted."""
        if self.row.missing:
            return "missing"
        if self.row.accepted is None:
            return "new"
        return "ready" if self.row.accepted_fingerprint == self.row.fingerprint else "changed"

    @property
    def allowed(self) -> bool:
        """Whether agents may be given it."""
        return self.source.allowed is None or self.row.name in self.source.allowed

    @property
    def found(self) -> ToolDefinition:
        """As the source describes it now, under its own name there."""
        return load(ToolDefinition, self.row.definition)

    @property
    def approval(self) -> bool:
        """Whether a person approves each call; one that has changed asks anew."""
        said = self.source.approvals.get(self.row.name)
        writes = self.found.effect is not Safety.SAFE
        return self.state == "changed" or (writes if said is None else said)

    @property
    def definition(self) -> ToolDefinition:
        """As models are shown it: what was accepted, until what has changed is accepted too."""
        shown = self.found if self.row.accepted is None else load(ToolDefinition, self.row.accepted)
        effect = shown.effect if self.found.effect is shown.effect else Safety.UNSAFE
        return replace(shown, name=self.name, approval=self.approval, effect=effect)


@dataclass(frozen=True, slots=True)
class Found:
    """The tools of one source under the names that models call them by."""

    slug: str
    tools: tuple[FoundTool, ...]

    @classmethod
    def of(cls, source: ToolSourceRow, rows: Sequence[FoundToolRow]) -> "Found":
        """All that was found at a source."""
        names = model_names(source.slug, [row.name for row in rows])
        return cls(source.slug, tuple(FoundTool(source, row, names[row.name]) for row in rows))

    @property
    def offered(self) -> tuple[FoundTool, ...]:
        """Those that an agent can be given."""
        return tuple(each for each in self.tools if each.allowed and each.state in ("ready", "changed"))


def fingerprint(definition: ToolDefinition) -> str:
    """The same for what a model is told alike and what may be done alike."""
    told = {
        "name": definition.name,
        "description": definition.description,
        "parameters": definition.parameters,
        "effect": definition.effect,
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def model_names(slug: str, names: Iterable[str]) -> dict[str, str]:
    """`<slug>__<tool>` in letters that every vendor takes; two that become one are told apart by a hash."""
    plain = {name: f"{slug}__{_NO_LETTER.sub('_', name)}" for name in names}
    taken = Counter(plain.values())
    return {
        name: called if len(called) <= LONGEST_NAME and taken[called] == 1 else _hashed(called, name)
        for name, called in plain.items()
    }


def settle(
    source: ToolSourceRow, rows: Sequence[FoundToolRow], definitions: Sequence[ToolDefinition]
) -> list[FoundToolRow]:
    """Write what a refresh found into the rows, and give those that are new.

    What the first refresh finds is accepted: somebody has just set the source up. What comes later is not.
    """
    first, known, added = source.refreshed_at is None, {row.name: row for row in rows}, list[FoundToolRow]()
    for row in rows:
        row.missing = True
    for position, definition in enumerate(filter(_storable, definitions)):
        told, print_ = dump(definition), fingerprint(definition)
        row = known.get(definition.name)
        if row is None:
            row = FoundToolRow(source_id=source.id, name=definition.name, accepted=None)
            known[definition.name] = row
            added.append(row)
        row.position, row.definition, row.fingerprint, row.missing = position, told, print_, False
        if first:
            accept(row)
    return added


def accept(row: FoundToolRow) -> None:
    """Take a tool as it is described now."""
    row.accepted, row.accepted_fingerprint = row.definition, row.fingerprint


def _storable(definition: ToolDefinition) -> bool:
    """Whether every database keeps it, and a model can read it."""
    told = [definition.name, definition.description, definition.parameters]
    text = json.dumps(told, ensure_ascii=False)
    readable = "\\u0000" not in text and not _SURROGATES.search(text)
    return 0 < len(definition.name) <= _LONGEST_OWN and len(text) <= _LONGEST and readable


def _hashed(called: str, name: str) -> str:
    mark = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
    return f"{called[: LONGEST_NAME - len(mark) - 1]}_{mark}"
