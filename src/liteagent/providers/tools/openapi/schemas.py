"""The schemas of a document as JSON Schema that stands alone: references resolved, within limits."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from liteagent.providers.tools.openapi.document import unusable

__all__ = ["Schemas", "as_mapping"]

_Json: TypeAlias = dict[str, Any]

_DEEPEST = 8
_MOST_NODES = 800
_LONGEST = 500
_HOPS = 20
_KEPT = frozenset(
    {
        "type",
        "format",
        "enum",
        "const",
        "default",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "required",
    }
)
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("items", "additionalProperties", "not")


class Schemas:
    """Resolves what one document refers to.

    A schema that contains itself, or is deeper or larger than a model can read, ends in one that allows
    everything.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._left = 0

    def target(self, node: object) -> Mapping[str, Any]:
        """The object that `node` is or refers to, one reference after another.

        Raises:
            ToolError: A reference leads out of the document, to nowhere, or in a circle.
        """
        for _ in range(_HOPS):
            found = as_mapping(node)
            if "$ref" not in found:
                return found
            node = self._referred(found["$ref"])
        raise unusable("its references run in a circle")

    def whole(self, node: object) -> _Json:
        """The schema with everything that it refers to.

        Raises:
            ToolError: A reference leads out of the document or to nowhere.
        """
        self._left = _MOST_NODES
        return self._schema(node, (), 0)

    def _schema(self, node: object, within: tuple[int, ...], depth: int) -> _Json:
        self._left -= 1
        schema = self.target(node)
        if depth >= _DEEPEST or self._left <= 0 or id(schema) in within:
            return _cut(schema)
        inside = (*within, id(schema))
        found = {key: value for key, value in schema.items() if key in _KEPT and _plain(value)}
        if isinstance(told := schema.get("description"), str) and told.strip():
            found["description"] = told.strip()[:_LONGEST]
        found.update(self._parts(schema, inside, depth + 1))
        return _modern(found, schema)

    def _parts(self, schema: Mapping[str, Any], within: tuple[int, ...], depth: int) -> _Json:
        parts: _Json = {}
        if "properties" in schema:
            parts["properties"] = self._properties(schema, within, depth)
        for key in _SINGLE:
            if isinstance(schema.get(key), bool):
                parts[key] = schema[key]
            elif inner := as_mapping(schema.get(key)):
                parts[key] = self._schema(inner, within, depth)
        for key in _LISTS:
            if ways := _list(schema.get(key)):
                parts[key] = [self._schema(each, within, depth) for each in ways]
        return parts

    def _properties(self, schema: Mapping[str, Any], within: tuple[int, ...], depth: int) -> _Json:
        named = {str(name): as_mapping(each) for name, each in as_mapping(schema["properties"]).items()}
        return {
            name: self._schema(each, within, depth)
            for name, each in named.items()
            if self.target(each).get("readOnly") is not True
        }

    def _referred(self, reference: object) -> object:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            told = str(reference)[:100]
            raise unusable(
                f"it refers to {told!r}, outside of itself. Bundle it into one document and use that"
            )
        found: object = self._document
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or name not in found:
                raise unusable(f"it refers to {reference[:100]!r}, which is not there")
            found = cast("Mapping[str, object]", found)[name]
        return found


def as_mapping(node: object) -> Mapping[str, Any]:
    """`node`, where it is an object; an empty one otherwise."""
    return cast("Mapping[str, Any]", node) if isinstance(node, Mapping) else {}


def _list(node: object) -> Sequence[object]:
    return cast("list[object]", node) if isinstance(node, list) else ()


def _cut(schema: Mapping[str, Any]) -> _Json:
    kind = schema.get("type")
    told = {"description": "Nested further; see the API's documentation."}
    return {"type": kind, **told} if kind in ("object", "array") else told


def _plain(value: object) -> bool:
    """Whether a keyword's value is small and of JSON; YAML has dates and what contains itself."""
    if isinstance(value, str):
        return len(value) <= _LONGEST
    if isinstance(value, Sequence):
        items = cast("Sequence[object]", value)
        return len(items) <= _LONGEST and all(isinstance(each, str | int | float | None) for each in items)
    return isinstance(value, bool | int | float | None)


def _modern(found: _Json, schema: Mapping[str, Any]) -> _Json:
    """OpenAPI 3.0's own keywords in the words of JSON Schema."""
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(bound), bool) and found.pop(bound) and limit in found:
            found[bound] = found.pop(limit)
    if schema.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if "enum" in found and None not in found["enum"]:
            found["enum"] = [*found["enum"], None]
    if "required" in found:
        required = cast("list[Any]", found["required"]) if isinstance(found["required"], list) else []
        known = as_mapping(found.get("properties"))
        found["required"] = [name for name in required if not known or name in known]
    return found
