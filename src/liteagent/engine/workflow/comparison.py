"""What differs between two workflows, said of nodes and fields and not of lines."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.document import to_document
from liteagent.engine.workflow.state import WorkflowDefinition

__all__ = ["Change", "ChangeKind", "compare"]

ChangeKind: TypeAlias = Literal["added", "removed", "renamed", "changed", "moved"]

_SHOWN = 60
_SIGNS: Mapping[ChangeKind, str] = {
    "added": "+",
    "removed": "-",
    "renamed": "~",
    "changed": "~",
    "moved": "~",
}
_WORDS = {True: "true", False: "false"}
_BODY = ("nodes", "edges")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Attributes:
        kind: `moved` is said of nodes or edges that are the same in another order.
        node: Path of the node it is about, `each/classify` inside a body; empty for the whole.
        field: Path inside of the node; `edge` for an edge of the body of `node`; empty for the node itself.
        before: The value that was there; None where it was added.
        after: The value that is there; None where it was removed.
    """

    kind: ChangeKind
    node: str = ""
    field: str = ""
    before: JsonValue = None
    after: JsonValue = None

    @property
    def text(self) -> str:
        """The change on one line."""
        line = f"{_SIGNS[self.kind]} {self._what()}"
        return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)

    def to_json(self) -> JsonObject:
        """As it stands in JSON; what is not there is left out."""
        values: dict[str, JsonValue] = {"kind": self.kind, "node": self.node, "field": self.field}
        if self.kind != "added":
            values["before"] = self.before
        if self.kind != "removed":
            values["after"] = self.after
        return values

    def _what(self) -> str:
        place = ".".join(part for part in (self.node, self.field) if part)
        if self.field == "edge":
            return f"edge {f'in {self.node}: ' if self.node else ''}{self.after or self.before}"
        if not self.field and self.kind in {"added", "removed"}:
            return f"node {self.node} ({self.after or self.before})"
        match self.kind:
            case "added":
                return f"{place}: {_shown(self.after)}"
            case "removed":
                return f"{place}: {_shown(self.before)}"
            case "renamed":
                return f"node {self.before} is now {self.after}"
            case "changed":
                return f"{place}: {_shown(self.before)} -> {_shown(self.after)}"
            case "moved":
                return f"{place}: in another order"


def compare(before: WorkflowDefinition, after: WorkflowDefinition) -> tuple[Change, ...]:
    """What was done to make `after` out of `before`, in the order of the document.

    Raises:
        InvalidInputError: One of them cannot be written as a document.
    """
    old, new = to_document(before), to_document(after)
    head = _fields(_without(old, (*_BODY, "layout")), _without(new, (*_BODY, "layout")), "", "")
    layout = _fields(_only(old, "layout"), _only(new, "layout"), "", "")
    return (*head, *_level(old, new, ""), *layout)


def _level(old: JsonObject, new: JsonObject, path: str) -> Iterator[Change]:
    was, is_ = _object(old.get("nodes")), _object(new.get("nodes"))
    renamed = _renamed(was, is_)
    back = {name: before for before, name in renamed.items()}
    for name, node in was.items():
        if name not in is_ and name not in renamed:
            yield Change("removed", f"{path}{name}", before=node["type"])
    for name, node in is_.items():
        if name in back:
            yield Change("renamed", f"{path}{name}", "", f"{path}{back[name]}", f"{path}{name}")
        elif name in was:
            yield from _node(was[name], node, f"{path}{name}")
        else:
            yield Change("added", f"{path}{name}", after=node["type"])
    kept = [renamed.get(name, name) for name in was if renamed.get(name, name) in is_]
    if kept != [name for name in is_ if name in set(kept)]:
        yield Change("moved", path.removesuffix("/"), "nodes", list(was), list(is_))
    yield from _edges(_ways(old, renamed), _ways(new, {}), path.removesuffix("/"))


def _node(was: JsonObject, is_: JsonObject, path: str) -> Iterator[Change]:
    yield from _fields(_without(was, _BODY), _without(is_, _BODY), path, "")
    if "nodes" in was or "nodes" in is_:
        yield from _level(was, is_, f"{path}/")
        if ("nodes" in was) != ("nodes" in is_) and not was.get("nodes") and not is_.get("nodes"):
            yield Change(
                "added" if "nodes" in is_ else "removed", path, "nodes", was.get("nodes"), is_.get("nodes")
            )


def _renamed(was: Mapping[str, JsonObject], is_: Mapping[str, JsonObject]) -> dict[str, str]:
    """Nodes that have only got another id."""
    gone: dict[str, list[str]] = {}
    for name, node in was.items():
        if name not in is_:
            gone.setdefault(_canonical(node), []).append(name)
    found: dict[str, str] = {}
    for name, node in is_.items():
        if name not in was and (names := gone.get(_canonical(node))):
            found[names.pop(0)] = name
    return found


def _ways(level: JsonObject, renamed: Mapping[str, str]) -> list[str]:
    found: list[str] = []
    for each in cast("Sequence[JsonValue]", level.get("edges", ())):
        way, label = (
            (each, None) if isinstance(each, str) else next(iter(cast("Mapping[str, Any]", each).items()))
        )
        source, target = way.split(" -> ")
        ends = f"{renamed.get(source, source)} -> {renamed.get(target, target)}"
        found.append(ends if label is None else f"{ends}: {_WORDS.get(label, label)}")
    return found


def _edges(was: Sequence[str], is_: Sequence[str], node: str) -> Iterator[Change]:
    gone, come = Counter(was) - Counter(is_), Counter(is_) - Counter(was)
    yield from (Change("removed", node, "edge", before=each) for each in gone.elements())
    yield from (Change("added", node, "edge", after=each) for each in come.elements())
    if [each for each in was if each not in gone] != [each for each in is_ if each not in come]:
        yield Change("moved", node, "edges", list(was), list(is_))


def _fields(was: JsonObject, is_: JsonObject, node: str, around: str) -> Iterator[Change]:
    for key in dict.fromkeys((*was, *is_)):
        field = f"{around}.{key}" if around else key
        if key not in is_:
            yield Change("removed", node, field, before=was[key])
        elif key not in was:
            yield Change("added", node, field, after=is_[key])
        else:
            yield from _field(was[key], is_[key], node, field)


def _field(was: JsonValue, is_: JsonValue, node: str, field: str) -> Iterator[Change]:
    if _canonical(was) == _canonical(is_):
        return
    if isinstance(was, dict) and isinstance(is_, dict) and was and is_:
        yield from _fields(was, is_, node, field)
    else:
        yield Change("changed", node, field, was, is_)


def _canonical(value: JsonValue) -> str:
    """Tells true from 1, which Python does not; does not tell the order of keys."""
    return json.dumps(value, sort_keys=True)


def _object(value: JsonValue) -> Mapping[str, JsonObject]:
    return cast("Mapping[str, JsonObject]", value or {})


def _only(document: JsonObject, key: str) -> JsonObject:
    return {key: document[key]} if key in document else {}


def _without(document: JsonObject, keys: Sequence[str]) -> JsonObject:
    return {key: value for key, value in document.items() if key not in keys}


def _shown(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
