"""JSON Schema, as far as it describes what a model is to answer: checked by pydantic's core.

A schema with a keyword that is not checked is refused, so that no answer passes unchecked.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import orjson
from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    SchemaError,
    SchemaValidator,
    ValidationError,
    core_schema,
)

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue

__all__ = ["JsonSchema"]

_NOTES = frozenset(
    {"$schema", "$comment", "title", "description", "default", "examples", "format", "deprecated"}
)
_EVERYWHERE = frozenset({"type", "enum", "const", "anyOf", "allOf", "$ref", "$defs"})
_CHECKS: Mapping[str, Mapping[str, str]] = {
    "string": {"minLength": "min_length", "maxLength": "max_length", "pattern": "pattern"},
    "number": {
        "minimum": "ge",
        "maximum": "le",
        "exclusiveMinimum": "gt",
        "exclusiveMaximum": "lt",
        "multipleOf": "multiple_of",
    },
    "array": {"items": "", "minItems": "min_length", "maxItems": "max_length"},
    "object": {"properties": "", "required": "", "additionalProperties": ""},
}
_KNOWN = _NOTES | _EVERYWHERE | {keyword for each in _CHECKS.values() for keyword in each}
_DEFS = "#/$defs/"
_MAX_DEPTH = 20
_TOLD = 5


class JsonSchema:
    """A compiled schema.

    Args:
        schema: Of these keywords: type, enum, const, anyOf, allOf, properties, required,
            additionalProperties, items, minItems, maxItems, minLength, maxLength, pattern, minimum, maximum,
            exclusiveMinimum, exclusiveMaximum, multipleOf, and $ref to one of the $defs of the schema itself;
            titles, descriptions and the like check nothing.
        field: Where it stands in the config, for errors.

    Raises:
        InvalidInputError: It is no schema, or has another keyword; `details["field"]` says where.
    """

    def __init__(self, schema: JsonObject, field: str) -> None:
        self.schema = schema
        compiled = _Compiling(field).whole(schema)
        try:
            self._validator = SchemaValidator(compiled)
        except SchemaError as error:
            raise _refused(field, f"This is no JSON Schema that can be checked: {_brief(error)}.") from None

    def problem(self, value: JsonValue) -> str | None:
        """What is wrong with a value, in a few words; None where it fits."""
        try:
            self._validator.validate_python(value, strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=False)
            told = [f"{'.'.join(map(str, each['loc'])) or 'the value'}: {each['msg']}" for each in found]
            return "; ".join(told[:_TOLD])
        return None


class _Compiling:
    def __init__(self, field: str) -> None:
        self._field = field
        self._names: frozenset[str] = frozenset()
        self._types: Mapping[str, Callable[[JsonObject, str, int], CoreSchema]] = {
            "string": lambda schema, _at, _depth: core_schema.str_schema(**_checks("string", schema)),
            "integer": lambda schema, _at, _depth: core_schema.int_schema(**_checks("number", schema)),
            "number": lambda schema, _at, _depth: core_schema.float_schema(**_checks("number", schema)),
            "boolean": lambda _schema, _at, _depth: core_schema.bool_schema(),
            "null": lambda _schema, _at, _depth: core_schema.none_schema(),
            "array": self._array,
            "object": self._object,
        }

    def whole(self, schema: JsonObject) -> CoreSchema:
        """The core schema of a schema with its definitions.

        Raises:
            InvalidInputError: It cannot be checked.
        """
        defs = schema.get("$defs", {})
        if not isinstance(defs, Mapping):
            raise self._refused(".$defs", "`$defs` is an object of names and schemas.")
        self._names = frozenset(cast("Mapping[str, Any]", defs))
        root = self.compiled(schema, "", 0)
        if not self._names:
            return root
        shared = [
            core_schema.chain_schema([self.compiled(each, f".$defs.{name}", 1)], ref=name)
            for name, each in cast("Mapping[str, Any]", defs).items()
        ]
        return core_schema.definitions_schema(root, [*shared])

    def compiled(self, schema: object, at: str, depth: int) -> CoreSchema:
        """The core schema of a part.

        Raises:
            InvalidInputError: It cannot be checked.
        """
        if schema is True:
            return core_schema.any_schema()
        if not isinstance(schema, Mapping):
            raise self._refused(at, "A JSON Schema is an object, for instance {type: string}.")
        if depth > _MAX_DEPTH:
            raise self._refused(at, f"This schema nests deeper than {_MAX_DEPTH} levels. Make it flatter.")
        given = cast("JsonObject", schema)
        for keyword in given:
            if keyword not in _KNOWN:
                raise self._refused(f"{at}.{keyword}", _unknown(keyword))
        return self._combined(given, at, depth)

    def _combined(self, schema: JsonObject, at: str, depth: int) -> CoreSchema:
        parts = [self._typed(schema, at, depth)]
        if "anyOf" in schema:
            ways = [
                self.compiled(each, f"{at}.anyOf.{n}", depth + 1)
                for n, each in enumerate(self._list(schema, "anyOf", at))
            ]
            parts.append(_any_of(ways))
        parts.extend(
            self.compiled(each, f"{at}.allOf.{n}", depth + 1)
            for n, each in enumerate(self._list(schema, "allOf", at) if "allOf" in schema else ())
        )
        if "$ref" in schema:
            parts.append(self._reference(schema["$ref"], at))
        if "enum" in schema:
            parts.append(_one_of(self._list(schema, "enum", at)))
        if "const" in schema:
            parts.append(_one_of([schema["const"]]))
        return parts[0] if len(parts) == 1 else core_schema.chain_schema(parts)

    def _reference(self, target: JsonValue, at: str) -> CoreSchema:
        name = target.removeprefix(_DEFS) if isinstance(target, str) and target.startswith(_DEFS) else ""
        if name not in self._names:
            raise self._refused(f"{at}.$ref", f"{target!r} is not one of the `$defs` of this schema.")
        return core_schema.definition_reference_schema(name)

    def _typed(self, schema: JsonObject, at: str, depth: int) -> CoreSchema:
        names = schema.get("type", _type_of(schema))
        if names is None:
            return core_schema.any_schema()
        listed = [names] if isinstance(names, str) else self._list(schema, "type", at)
        if unknown := [each for each in listed if not isinstance(each, str) or each not in self._types]:
            known = ", ".join(self._types)
            raise self._refused(f"{at}.type", f"There is no type {unknown[0]!r}. There is: {known}.")
        return _any_of([self._types[cast("str", each)](schema, at, depth) for each in listed])

    def _array(self, schema: JsonObject, at: str, depth: int) -> CoreSchema:
        items = self.compiled(schema.get("items", True), f"{at}.items", depth + 1)
        return core_schema.list_schema(items, **_checks("array", schema))

    def _object(self, schema: JsonObject, at: str, depth: int) -> CoreSchema:
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        if not isinstance(properties, Mapping):
            raise self._refused(f"{at}.properties", "`properties` is an object of names and schemas.")
        required = self._list(schema, "required", at) if "required" in schema else []
        whole = {**{str(name): True for name in required}, **cast("Mapping[str, Any]", properties)}
        fields = {
            name: core_schema.typed_dict_field(
                self.compiled(each, f"{at}.properties.{name}", depth + 1), required=name in required
            )
            for name, each in whole.items()
        }
        if more is False:
            return core_schema.typed_dict_schema(fields, extra_behavior="forbid")
        extras = self.compiled(more, f"{at}.additionalProperties", depth + 1)
        return core_schema.typed_dict_schema(fields, extra_behavior="allow", extras_schema=extras)

    def _list(self, schema: JsonObject, keyword: str, at: str) -> list[JsonValue]:
        found = schema[keyword]
        if not isinstance(found, Sequence) or isinstance(found, str) or not (found or keyword == "required"):
            raise self._refused(f"{at}.{keyword}", f"`{keyword}` is a list, and not an empty one.")
        return list(found)

    def _refused(self, at: str, message: str) -> Exception:
        return _refused(f"{self._field}{at}", message)


def _refused(field: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, details={"field": field})


def _any_of(ways: list[CoreSchema]) -> CoreSchema:
    return ways[0] if len(ways) == 1 else core_schema.union_schema([*ways])


def _type_of(schema: JsonObject) -> str | None:
    """The type of a schema that does not name it."""
    return next((name for name in ("object", "array") if _CHECKS[name].keys() & schema.keys()), None)


def _checks(name: str, schema: JsonObject) -> dict[str, Any]:
    return {check: schema[keyword] for keyword, check in _CHECKS[name].items() if check and keyword in schema}


def _one_of(values: Sequence[JsonValue]) -> CoreSchema:
    """One of the values as JSON tells them apart: true is not 1."""
    known = {_json(each) for each in values}
    told = b", ".join(_json(each) for each in values).decode()

    def checked(value: Any) -> Any:
        if _json(value) not in known:
            raise PydanticCustomError("enum", "Input should be one of {values}", {"values": told})
        return value

    return core_schema.no_info_plain_validator_function(checked)


def _json(value: JsonValue) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _unknown(keyword: str) -> str:
    return f"The keyword {keyword!r} is not checked here. Leave it out, or say it in a `description`."


def _brief(error: SchemaError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it is malformed"
