"""Arguments for a Python function: its JSON Schema, and the check of what a model wrote against it."""

import inspect
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, NoReturn, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from liteagent.contracts.errors import InvalidInputError, ToolError
from liteagent.contracts.json import JsonObject

__all__ = ["Arguments", "parse_arguments", "type_hints"]

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_PARAMETERS = re.compile(r"^[ \t]*(?:Args|Arguments|Parameters):[ \t]*\n", re.MULTILINE)
_PARAMETER = re.compile(r"^(\w+)[ \t]*(?:\([^)]*\))?:[ \t]*(.*)$")
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=False)


def parse_arguments(raw: str) -> dict[str, Any]:
    """The JSON object that a model wrote as a call's arguments; an empty text is an empty object.

    Raises:
        ToolError: It is no JSON object, or holds a number that JSON does not have.
    """
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"The arguments are not valid JSON: {_brief(error)}. Send one JSON object.") from None
    if not isinstance(value, dict):
        raise _invalid("The arguments must be one JSON object with the tool's parameters as its keys.")
    return cast("dict[str, Any]", value)


class Arguments:
    """The parameters of a typed function, apart from the one called `injected`.

    Raises:
        InvalidInputError: A parameter has no type, or one that JSON cannot express.
    """

    def __init__(self, fn: Callable[..., Any], injected: str | None = None) -> None:
        hints = type_hints(fn)
        help_texts = _described(inspect.getdoc(fn) or "")
        parameters = [each for each in inspect.signature(fn).parameters.values() if each.name != injected]
        self._names = tuple(parameter.name for parameter in parameters)
        fields = {
            f"p{at}": _field(fn, parameter, hints, help_texts) for at, parameter in enumerate(parameters)
        }
        self._model = _model(fn, fields)

    @property
    def schema(self) -> JsonObject:
        """The JSON Schema of an object with one property a parameter."""
        schema = _untitled(self._model.model_json_schema())
        schema.setdefault("properties", {})
        return schema

    def validate(self, arguments: JsonObject) -> dict[str, Any]:
        """Python values by parameter name, defaults filled in.

        Raises:
            ToolError: A name is unknown or missing, or a value is not of its type; the message says which.
        """
        try:
            checked = self._model.model_validate(arguments)
        except ValidationError as error:
            raise _invalid(_told(error)) from None
        return {name: getattr(checked, f"p{at}") for at, name in enumerate(self._names)}


def type_hints(fn: Callable[..., Any]) -> dict[str, Any]:
    """The types of a function's parameters.

    Raises:
        InvalidInputError: One of them is not defined where the function is.
    """
    try:
        return get_type_hints(fn, include_extras=True)
    except NameError as error:
        raise InvalidInputError(
            f"A type of tool {_name(fn)} cannot be resolved: {error}. Define it at module level."
        ) from None


def _described(docstring: str) -> dict[str, str]:
    """What the `Args:` section of a docstring says of each parameter."""
    found = _PARAMETERS.search(docstring)
    texts: dict[str, str] = {}
    name = ""
    for line in docstring[found.end() :].splitlines() if found else ():
        if line.strip() and not line.startswith((" ", "\t")):
            break
        if entry := _PARAMETER.match(line.strip()):
            name, texts[entry[1]] = entry[1], entry[2].strip()
        elif name:
            texts[name] = f"{texts[name]} {line.strip()}".strip()
    return texts


def _field(
    fn: Callable[..., Any],
    parameter: inspect.Parameter,
    hints: Mapping[str, Any],
    help_texts: Mapping[str, str],
) -> tuple[Any, Any]:
    if parameter.kind not in _BY_NAME:
        raise InvalidInputError(
            f"Tool {_name(fn)} takes {parameter}, which a model cannot name; give it named parameters only."
        )
    if parameter.name not in hints:
        raise InvalidInputError(f"Parameter {parameter.name!r} of tool {_name(fn)} has no type; annotate it.")
    hint = hints[parameter.name]
    told = {"alias": parameter.name}
    if parameter.name in help_texts and not _describes_itself(hint):
        told["description"] = help_texts[parameter.name]
    default = ... if parameter.default is inspect.Parameter.empty else parameter.default
    return Annotated[hint, Field(**cast("Any", told))], default


def _describes_itself(hint: Any) -> bool:
    return any(getattr(extra, "description", None) for extra in getattr(hint, "__metadata__", ()))


def _model(fn: Callable[..., Any], fields: Mapping[str, Any]) -> type[BaseModel]:
    """Fields are numbered and aliased, so that a parameter may have any name, even one of BaseModel's."""
    try:
        model = create_model("Arguments", __config__=_STRICT, **fields)
        model.model_json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise InvalidInputError(
            f"Tool {_name(fn)} has a parameter whose type JSON cannot express: {_brief(error)}."
        ) from None
    return model


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without the titles that pydantic makes up: they cost tokens and say nothing."""

    def cleaned(value: Any, *, names: bool = False) -> Any:
        if isinstance(value, list):
            return [cleaned(each) for each in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        entries = cast("dict[str, Any]", value).items()
        return {
            key: cleaned(each, names=not names and key in ("properties", "$defs"))
            for key, each in entries
            if names or key != "title"
        }

    return cast("dict[str, Any]", cleaned(schema))


def _told(error: ValidationError) -> str:
    problems = [
        f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    return f"The arguments do not fit. {'; '.join(problems[:5])}."


def _invalid(message: str) -> ToolError:
    return ToolError(message, code="invalid_arguments")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is too large")
    return number


def _brief(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _name(fn: Callable[..., Any]) -> str:
    return repr(getattr(fn, "__name__", type(fn).__name__))
