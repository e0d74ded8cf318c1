"""The operations of an OpenAPI document, each as one tool: its name, its arguments, how a call is sent."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias, cast

from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import Safety
from liteagent.providers.tools.openapi.document import unusable
from liteagent.providers.tools.openapi.schemas import Schemas, as_mapping

__all__ = ["FORM", "Body", "Operation", "Parameter", "operations", "plain"]

_Where: TypeAlias = Literal["path", "query", "header"]

_EFFECTS: Mapping[str, Safety] = {
    "get": Safety.SAFE,
    "head": Safety.SAFE,
    "put": Safety.IDEMPOTENT,
    "delete": Safety.IDEMPOTENT,
    "post": Safety.UNSAFE,
    "patch": Safety.UNSAFE,
}
_MOST = 1000
_LONGEST_NAME = 60
_LONGEST_TOLD = 1000
_NOT_ARGUMENTS = frozenset({"accept", "content-type", "authorization", "host", "cookie", "idempotency-key"})
FORM = "application/x-www-form-urlencoded"
_IN_PATH = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation.

    Attributes:
        argument: What the tool's argument for it is called.
        explode: Whether a list is sent as several parameters.
        deep: Whether an object is sent as `name[key]=value`.
        as_json: Whether it is sent as JSON.
    """

    name: str
    where: _Where
    argument: str
    required: bool = False
    explode: bool = True
    deep: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes as its body.

    Attributes:
        arguments: The arguments that are the body's properties; None where the argument `body` is all of it.
    """

    media_type: str
    arguments: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as a tool."""

    name: str
    method: str
    path: str
    description: str
    schema: JsonObject
    effect: Safety
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None


def operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """Every operation that a tool can be made of, in the document's order.

    One whose body has to be something else than JSON, a form or a text is left out.

    Raises:
        ToolError: The document refers to others, to nothing, or has too many operations.
    """
    schemas, found = Schemas(document), dict[str, Operation]()
    for path, item in as_mapping(document.get("paths")).items():
        for operation in _of_path(schemas, str(path), schemas.target(item)):
            name = _free(operation.name, found)
            found[name] = replace(operation, name=name)
            if len(found) > _MOST:
                raise unusable(f"it has more than {_MOST:,} operations; leave out those that nobody needs")
    return tuple(found.values())


def _of_path(schemas: Schemas, path: str, item: Mapping[str, Any]) -> Iterator[Operation]:
    for method, effect in _EFFECTS.items():
        if isinstance(operation := item.get(method), Mapping):
            made = _Making(schemas, path, method, item, cast("Mapping[str, Any]", operation)).operation(
                effect
            )
            if made is not None:
                yield made


@dataclass(slots=True)
class _Making:
    """An operation on its way: arguments are added one by one."""

    schemas: Schemas
    path: str
    method: str
    item: Mapping[str, Any]
    said: Mapping[str, Any]
    properties: dict[str, Any] = field(default_factory=dict[str, Any])
    required: list[str] = field(default_factory=list[str])

    def operation(self, effect: Safety) -> Operation | None:
        parameters = tuple(filter(None, map(self._parameter, self._declared())))
        if set(_IN_PATH.findall(self.path)) - {each.name for each in parameters if each.where == "path"}:
            return None  # a part of its path is not declared: no call could be sent
        body, usable = self._body()
        if not usable:
            return None
        schema = {
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": False,
        }
        name, told = self._name(), self._description()
        return Operation(name, self.method.upper(), self.path, told, schema, effect, parameters, body)

    def _declared(self) -> list[Mapping[str, Any]]:
        """The operation's own parameters before those of its path, which it may replace."""
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for holder in (self.item, self.said):
            listed = holder.get("parameters")
            for each in cast("list[object]", listed) if isinstance(listed, list) else ():
                parameter = self.schemas.target(each)
                found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
        return list(found.values())

    def _parameter(self, said: Mapping[str, Any]) -> Parameter | None:
        name, where = said.get("name"), said.get("in")
        if not isinstance(name, str) or where not in ("path", "query", "header"):
            return None
        if where == "header" and name.lower() in _NOT_ARGUMENTS:
            return None
        media = as_mapping(said.get("content"))
        holder = as_mapping(next(iter(media.values()), None)) if media else said
        required = where == "path" or said.get("required") is True
        argument = name if name not in self.properties else f"{where}_{name}"
        self._add(argument, holder.get("schema", {}), said.get("description"), required=required)
        style = said.get("style")
        explode = said.get("explode", style in (None, "form", "deepObject")) is True
        return Parameter(
            name, where, argument, required, explode and where == "query", style == "deepObject", bool(media)
        )

    def _add(self, argument: str, schema: object, told: object, *, required: bool) -> None:
        whole = self.schemas.whole(schema)
        if isinstance(told, str) and told.strip():
            whole = {**whole, "description": told.strip()[:_LONGEST_TOLD]}
        self.properties[argument] = whole
        if required:
            self.required.append(argument)

    def _body(self) -> tuple[Body | None, bool]:
        """The body, and whether the operation can be called at all."""
        said = self.schemas.target(self.said.get("requestBody"))
        media = as_mapping(said.get("content"))
        kind = next(filter(_sendable, sorted(media, key=_preference)), None)
        required = said.get("required") is True
        if kind is None:
            return None, not (media and required)
        whole = self.schemas.whole(as_mapping(media[kind]).get("schema", {}))
        parts: dict[str, Any] = whole.get("properties", {}) if whole.get("type") == "object" else {}
        closed = not whole.keys() & {"allOf", "anyOf", "oneOf"} and not whole.get("additionalProperties")
        if parts and closed and not parts.keys() & self.properties.keys():
            self.properties.update(parts)
            self.required.extend(whole.get("required", []) if required else [])
            return Body(kind, tuple(parts)), True
        argument = "body"
        if argument in self.properties:
            return None, False
        self.properties[argument] = whole
        self.required.extend([argument] if required else [])
        return Body(kind), True

    def _name(self) -> str:
        said = self.said.get("operationId")
        text = said if isinstance(said, str) and said.strip() else f"{self.method}_{self.path}"
        return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")[:_LONGEST_NAME].strip("_") or self.method

    def _description(self) -> str:
        told = [self.said.get("summary"), self.said.get("description")]
        texts = list(dict.fromkeys(each.strip() for each in told if isinstance(each, str) and each.strip()))
        where = f"{self.method.upper()} {self.path}"
        return "\n".join([*texts, f"({where})"] if texts else [where])[:_LONGEST_TOLD]


def plain(media_type: str) -> str:
    """A media type in lower case, without parameters."""
    return str(media_type).partition(";")[0].strip().lower()


def _preference(media_type: str) -> int:
    kind = plain(media_type)
    if kind == "application/json":
        return 0
    return 1 if kind.endswith("+json") else 2


def _sendable(media_type: str) -> bool:
    kind = plain(media_type)
    return kind in ("application/json", FORM, "text/plain") or kind.endswith("+json")


def _free(name: str, taken: Mapping[str, object]) -> str:
    if name not in taken:
        return name
    return next(each for at in range(2, _MOST + 3) if (each := f"{name}_{at}") not in taken)
