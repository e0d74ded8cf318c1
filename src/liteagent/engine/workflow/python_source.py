"""A workflow as the Python code that builds it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from inspect import Parameter, signature
from keyword import iskeyword
from typing import Any, cast

from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.document import to_document
from liteagent.engine.workflow.levels import levels
from liteagent.engine.workflow.problems import Problem, invalid
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import (
    ERROR,
    Edge,
    Graph,
    Limits,
    NodeDefinition,
    NodeType,
    RetryPolicy,
)

__all__ = ["to_python"]

_WIDTH = 100
_STEP = "    "
_CONDITION_RESULT = "condition_result"
_LONG = 80
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPES = frozenset(NodeType)


def to_python(definition: WorkflowDefinition) -> str:
    """Code that, executed, gives an equal definition under the name `workflow`.

    Raises:
        InvalidInputError: A node is a Python function, whose code is elsewhere; or see `to_document`.
    """
    document = to_document(definition)
    _refuse_functions(definition)
    source = _Source()
    lines = source.builder(definition, document)
    imports = ["from liteagent import WorkflowBuilder"]
    if source.uses_retry:
        imports.append("from liteagent.engine.workflow.types import RetryPolicy")
    return "\n".join([*imports, "", *lines, ""])


def _refuse_functions(definition: WorkflowDefinition) -> None:
    for level in levels(definition):
        for each in level.nodes():
            if each.node.type == NodeType.FUNCTION:
                message = (
                    f"{each.node.id!r} is a Python function, and its code is not part of the flow. "
                    "Keep the program that builds it, or make it a code or transform node."
                )
                raise invalid([each.problem("type", "not_a_document", message)])
        for edge in level.graph.edges:
            if edge.label == _CONDITION_RESULT:
                message = f"The label {edge.label!r} means true to the builder. Rename the outcome."
                raise invalid([Problem(edge.source, f"{level.field}edges", "bad_label", message)])


class _Source:
    """Writes the builders of bodies before those that use them."""

    def __init__(self) -> None:
        self.uses_retry = False
        self._bodies: list[str] = []
        self._names: set[str] = {"workflow", "WorkflowBuilder", "RetryPolicy"}

    def builder(self, definition: WorkflowDefinition, document: Mapping[str, JsonValue]) -> list[str]:
        """The lines of the whole, the bodies first."""
        texts = [definition.id, definition.name, definition.description]
        while len(texts) > 1 and not texts[-1]:
            texts.pop()
        inputs = cast("Mapping[str, JsonValue]", document.get("inputs", {}))
        calls = [*self._graph(definition.graph, inputs), *_limits(definition.limits)]
        if definition.layout:
            places = {name: (_number(x), _number(y)) for name, (x, y) in definition.layout.items()}
            calls.append(_call("layout", [_literal(places, 2)]))
        begin = _call("WorkflowBuilder", [_literal(each, 2) for each in texts], lead="")
        return [*self._bodies, "workflow = (", f"{_STEP}{begin}", *_indented([*calls, ".build()"]), ")"]

    def _graph(self, graph: Graph, inputs: Mapping[str, JsonValue]) -> Iterator[str]:
        starts = [each for each in graph.nodes if each == NodeDefinition(each.id, NodeType.START)]
        if inputs and not starts:
            yield _call("inputs", [_literal(inputs, 2)])
        for each in graph.nodes:
            yield self._node(each, inputs if starts and each is starts[0] else {})
        yield from map(_connect, graph.edges)

    def _node(self, node: NodeDefinition, inputs: Mapping[str, JsonValue]) -> str:
        body = [] if node.body is None else [self._body(node.id, node.body)]
        method = f"add_{node.type}"
        if inputs:
            return _call(method, [*_id(node), f"inputs={_literal(inputs, 2)}"])
        if node.type in _TYPES and _fits(node, method):
            arguments = [*self._arguments(node), *(f"body={each}" for each in body)]
            return _call(method, [*_id(node), *_required_first(arguments, method)])
        arguments = [*self._arguments(node), *(f"nodes={each}" for each in body)]
        return _call("add_node", [_literal(node.id, 2), _literal(node.type, 2), *arguments])

    def _arguments(self, node: NodeDefinition) -> Iterator[str]:
        for key, value in node.config.items():
            if _is_argument(key):
                yield f"{_argument(key)}={_literal(value, 2)}"
        if node.retry != RetryPolicy():
            yield f"retry={self._retry(node.retry)}"
        if node.timeout is not None:
            yield f"timeout={node.timeout!r}"
        if node.default is not None:
            yield f"default={_literal(node.default.value, 2)}"
        if odd := {key: value for key, value in node.config.items() if not _is_argument(key)}:
            yield f"**{_literal(odd, 2)}"

    def _retry(self, retry: RetryPolicy) -> str:
        if retry == RetryPolicy(retry.attempts):
            return repr(retry.attempts)
        self.uses_retry = True
        return repr(retry)

    def _body(self, node: str, graph: Graph) -> str:
        name = f"{node}_body" if _is_argument(node) else "body"
        while name in self._names:
            name += "_"
        self._names.add(name)
        calls = list(self._graph(graph, {}))
        self._bodies += [f"{name} = (", f"{_STEP}WorkflowBuilder()", *_indented(calls), ")", ""]
        return name


def _fits(node: NodeDefinition, method: str) -> bool:
    """Whether the method for its type takes just what the node has."""
    every = _parameters(method)
    named = {name: each for name, each in every.items() if each.kind is not each.VAR_KEYWORD}
    given = {_argument(key): value for key, value in node.config.items()}
    if (node.body is not None and "body" in given) or (node.type == NodeType.START and given):
        return False
    if node.body is not None:
        given["body"] = ""
    required = {name for name, each in named.items() if each.default is each.empty}
    common = node.retry == RetryPolicy() and node.timeout is None and node.default is None
    return (
        required <= given.keys()
        and not any(given.get(name, "") is None for name in named)
        and not given.keys() & {"self", "id"}
        and (node.body is None or "body" in named)
        and (len(named) < len(every) or (common and given.keys() <= named.keys()))
    )


def _parameters(method: str) -> dict[str, Parameter]:
    found = dict(signature(getattr(WorkflowBuilder, method)).parameters)
    return {name: each for name, each in found.items() if name not in {"self", "id"}}


def _required_first(arguments: Sequence[str], method: str) -> list[str]:
    order = list(_parameters(method))

    def rank(argument: str) -> int:
        name = argument.partition("=")[0]
        return order.index(name) if name in order else len(order)

    return sorted(arguments, key=rank)


def _id(node: NodeDefinition) -> list[str]:
    usual = node.id == node.type and node.type in {NodeType.START, NodeType.END}
    return [] if usual else [_literal(node.id, 2)]


def _is_argument(key: str) -> bool:
    return _ARGUMENT.fullmatch(key) is not None and not key.startswith("__")


def _argument(key: str) -> str:
    return f"{key}_" if iskeyword(key.rstrip("_")) else key


def _connect(edge: Edge) -> str:
    ends = [_literal(edge.source, 2), _literal(edge.target, 2)]
    match edge.label:
        case None:
            return _call("connect", ends)
        case "true" | "false":
            return _call("connect", [*ends, edge.label.capitalize()])
        case _ if edge.label == ERROR:
            return _call("connect_error", ends)
        case _:
            return _call("connect", [*ends, _literal(edge.label, 2)])


def _limits(limits: Limits) -> list[str]:
    usual = Limits()
    names = [each.name for each in fields(limits) if getattr(limits, each.name) != getattr(usual, each.name)]
    return [_call("limits", [f"{name}={getattr(limits, name)!r}" for name in names])] if names else []


def _call(name: str, arguments: Sequence[str], lead: str = ".") -> str:
    """A call as it stands in a builder's chain, indented by one step."""
    line = f"{lead}{name}({', '.join(arguments)})"
    if "\n" not in line and len(line) + len(_STEP) <= _WIDTH:
        return line
    inner = "".join(f"{_STEP * 2}{each},\n" for each in arguments)
    return f"{lead}{name}(\n{inner}{_STEP})"


def _indented(calls: Sequence[str]) -> Iterator[str]:
    return (f"{_STEP}{each}" for each in calls)


def _literal(value: Any, level: int) -> str:
    """A value in Python; what is long goes over several lines, indented by `level` steps."""
    line = _line(value)
    if len(line) + len(_STEP) * level <= _LONG and not (isinstance(value, str) and "\n" in value[:-1]):
        return line
    begin, end = "\n" + _STEP * (level + 1), "\n" + _STEP * level
    match value:
        case str():
            pieces = [_line(each) for each in _pieces(value)]
            return f"({begin}{begin.join(pieces)}{end})" if len(pieces) > 1 else line
        case Mapping() if value:
            items = cast("Mapping[str, Any]", value).items()
            inner = [f"{_line(key)}: {_literal(each, level + 1)}," for key, each in items]
            return f"{{{begin}{begin.join(inner)}{end}}}"
        case list() if value:
            inner = [f"{_literal(each, level + 1)}," for each in cast("list[Any]", value)]
            return f"[{begin}{begin.join(inner)}{end}]"
        case _:
            return line


def _line(value: Any) -> str:
    match value:
        case str():
            quoted = json.dumps(value, ensure_ascii=False)
            return "".join(each if each.isprintable() else _escape(each) for each in quoted)
        case Mapping():
            items = cast("Mapping[str, Any]", value).items()
            return "{" + ", ".join(f"{_line(key)}: {_line(each)}" for key, each in items) + "}"
        case list():
            return "[" + ", ".join(map(_line, cast("list[Any]", value))) + "]"
        case _:
            return repr(value)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _pieces(text: str) -> Iterator[str]:
    """A long text in pieces: its lines, and these where there is room between words."""
    for line in text.splitlines(keepends=True):
        while len(line) > _LONG and (at := line.rfind(" ", 1, _LONG)) > 0:
            yield line[: at + 1]
            line = line[at + 1 :]
        yield line


def _number(value: float) -> float:
    return int(value) if value.is_integer() else value
