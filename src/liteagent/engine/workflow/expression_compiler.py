"""From a syntax tree to closures: the allow-list of the expression language."""

import ast
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow import operators
from liteagent.engine.workflow.comparisons import COMPARISONS
from liteagent.engine.workflow.expression_syntax import SourceText, SyntaxRefusedError, parse
from liteagent.engine.workflow.functions import FUNCTIONS, Function
from liteagent.engine.workflow.operators import MissingError, OperationError

__all__ = ["Compiled", "Run", "compiled"]

Run: TypeAlias = Callable[[JsonObject], JsonValue]
"""Gives the value for a scope; raises OperationError."""

_Operation: TypeAlias = Callable[..., JsonValue]

_CONSTANTS: Mapping[str, JsonValue] = {"true": True, "false": False, "null": None}
_ARITHMETIC: Mapping[str, _Operation] = {
    "Add": operators.add,
    "Sub": operators.subtract,
    "Mult": operators.multiply,
    "Div": operators.divide,
    "FloorDiv": operators.floor_divide,
    "Mod": operators.modulo,
}
_INSTEAD: Mapping[str, str] = {
    "Constant": "text, numbers, true, false and null are all the literals there are",
    "Is": "`is` is not part of the language; write `==`",
    "IsNot": "`is not` is not part of the language; write `!=`",
    "Tuple": "write a list in square brackets",
    "Set": "write a list in square brackets, or an object as {'key': value}",
    "JoinedStr": "f-strings are not part of the language; join text with `+`",
    "Pow": "`**` is not part of the language; multiply",
    "UAdd": "a number needs no `+` before it",
    "BitAnd": "write `and` instead of `&`",
    "BitOr": "write `or` instead of `|`",
    "Invert": "write `not` instead of `~`",
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """What an expression reads, and how it is evaluated."""

    names: frozenset[tuple[str, ...]]
    run: Run


def compiled(text: str) -> Compiled:
    """The closures of an expression.

    Raises:
        SyntaxRefusedError: It is no expression of the language.
    """
    tree, source = parse(text)
    compiler = _Compiler(source)
    run = compiler.compile(tree)
    finish = _finished if _makes_values(tree) else _handed_on
    return Compiled(frozenset(compiler.names), finish(run))


class _Compiler:
    """Turns the nodes of one expression into closures, and collects the paths that they read."""

    def __init__(self, source: SourceText) -> None:
        self.names: set[tuple[str, ...]] = set()
        self._source = source

    def compile(self, node: ast.expr) -> Run:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                return self._path(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.BoolOp():
                return _any_of(self._all(node.values), stop=isinstance(node.op, ast.Or))
            case ast.BinOp() | ast.UnaryOp():
                return self._arithmetic(node)
            case ast.IfExp():
                return _choice(self.compile(node.test), self.compile(node.body), self.compile(node.orelse))
            case ast.List() | ast.Dict():
                return self._display(node)
            case ast.Call():
                return self._call(node)
            case _:
                raise self._refusal(node, node)

    def _all(self, nodes: Sequence[ast.expr]) -> tuple[Run, ...]:
        return tuple(map(self.compile, nodes))

    def _constant(self, node: ast.Constant) -> Run:
        value = node.value
        if value is not None and not isinstance(value, bool | int | float | str):
            raise self._refusal(node, node)
        try:
            return _always(operators.bounded(value))
        except OperationError as error:
            raise SyntaxRefusedError(
                error.reason.replace("the result", "this literal", 1), self._source.start(node)
            ) from None

    def _path(self, node: ast.expr) -> Run:
        """A name or another value, and the keys and places that are read from it one after the other."""
        steps: list[ast.Attribute | ast.Subscript] = []
        while isinstance(node, ast.Attribute | ast.Subscript):
            steps.append(node)
            node = node.value
        run, read = self._root(node)
        written_out = bool(read)
        for step in reversed(steps):
            wanted = self._key(step)
            if wanted is not None:
                run = _keyed(run, wanted, self._source.end(step.value))
                read += (wanted,) if written_out else ()
            elif isinstance(step, ast.Subscript):
                written_out = False
                run = self._place(run, step)
        if read:
            self.names.add(read)
        return run

    def _root(self, node: ast.expr) -> tuple[Run, tuple[str, ...]]:
        if not isinstance(node, ast.Name):
            return self.compile(node), ()
        if node.id in _CONSTANTS:
            return _always(_CONSTANTS[node.id]), ()
        start = self._source.start(node)
        self._check_public(node.id, start)
        return _named(node.id, start), (node.id,)

    def _key(self, step: ast.Attribute | ast.Subscript) -> str | None:
        match step:
            case ast.Attribute(attr=wanted) | ast.Subscript(slice=ast.Constant(value=str(wanted))):
                self._check_public(wanted, self._source.end(step.value))
                return wanted
            case _:
                return None

    def _place(self, run: Run, step: ast.Subscript) -> Run:
        position = self._source.end(step.value)
        if not isinstance(step.slice, ast.Slice):
            return _applied(operators.item, (run, self.compile(step.slice)), position)
        if step.slice.step is not None:
            raise SyntaxRefusedError("a slice has a start and an end, and no step", position)
        ends = (step.slice.lower, step.slice.upper)
        runs = [_always(None) if each is None else self.compile(each) for each in ends]
        return _applied(operators.cut, (run, *runs), position)

    def _comparison(self, node: ast.Compare) -> Run:
        runs = self._all([node.left, *node.comparators])
        operations: list[_Operation] = []
        for each in node.ops:
            if type(each).__name__ not in COMPARISONS:
                raise self._refusal(each, node)
            operations.append(COMPARISONS[type(each).__name__])
        position = self._source.start(node)
        if len(operations) == 1:
            return _applied(operations[0], runs, position)
        return _chain(runs, operations, position)

    def _arithmetic(self, node: ast.BinOp | ast.UnaryOp) -> Run:
        position = self._source.start(node)
        match node:
            case ast.UnaryOp(op=ast.Not()):
                return _opposite(self.compile(node.operand))
            case ast.UnaryOp(op=ast.USub()):
                return _applied(operators.negate, (self.compile(node.operand),), position)
            case ast.BinOp() if operation := _ARITHMETIC.get(type(node.op).__name__):
                return _applied(operation, self._all([node.left, node.right]), position)
            case _:
                raise self._refusal(node.op, node)

    def _display(self, node: ast.List | ast.Dict) -> Run:
        if isinstance(node, ast.List):
            return _list_of(self._all(node.elts))
        keys = [self._written_key(each, node) for each in node.keys]
        return _object_of(keys, self._all(node.values))

    def _written_key(self, key: ast.expr | None, node: ast.Dict) -> Run:
        if key is None:
            raise SyntaxRefusedError("`**` is not part of the language", self._source.start(node))
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self._check_public(key.value, self._source.start(key))
        return _applied(operators.name, (self.compile(key),), self._source.start(key))

    def _call(self, node: ast.Call) -> Run:
        function = self._function(node.func)
        if node.keywords:
            raise SyntaxRefusedError(
                f"arguments have no names; write {function.usage}", self._source.start(node.keywords[0])
            )
        position = self._source.start(node)
        if not function.least <= len(node.args) <= function.most:
            raise SyntaxRefusedError(
                f"{len(node.args)} arguments are too many or too few; write {function.usage}", position
            )
        arguments = self._all(node.args)
        return (_applied_later if function.lazy else _applied)(function.run, arguments, position)

    def _function(self, node: ast.expr) -> Function:
        position = self._source.start(node)
        if isinstance(node, ast.Attribute):
            hint = f"; write {FUNCTIONS[node.attr].usage}" if node.attr in FUNCTIONS else ""
            raise SyntaxRefusedError(f"values have no methods{hint}", self._source.end(node.value))
        if not isinstance(node, ast.Name):
            raise SyntaxRefusedError("only a function can be called, by its name", position)
        if node.id not in FUNCTIONS:
            near = difflib.get_close_matches(node.id, FUNCTIONS, 1) or FUNCTIONS
            raise SyntaxRefusedError(f"there is no such function; there is: {', '.join(near)}", position)
        return FUNCTIONS[node.id]

    def _check_public(self, name: str, position: int) -> None:
        if name.startswith("_"):
            raise SyntaxRefusedError("names and keys that begin with _ are private", position)

    def _refusal(self, part: ast.AST, where: ast.expr) -> SyntaxRefusedError:
        what = type(part).__name__
        reason = _INSTEAD.get(what, f"{what} is not part of the language")
        return SyntaxRefusedError(reason, self._source.start(where))


def _makes_values(tree: ast.expr) -> bool:
    """Whether its value can be more than a part of the scope."""
    return any(
        isinstance(node, ast.List | ast.Dict | ast.BinOp | ast.Slice)
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and not FUNCTIONS[node.func.id].lazy
        )
        for node in ast.walk(tree)
    )


def _finished(run: Run) -> Run:
    def finished(scope: JsonObject) -> JsonValue:
        value = run(scope)
        if isinstance(value, bool):
            return value
        return operators.number(value) if operators.is_number(value) else operators.bounded(value)

    return finished


def _handed_on(run: Run) -> Run:
    """Handing on part of the scope costs nothing, however large it is."""

    def handed_on(scope: JsonObject) -> JsonValue:
        value = run(scope)
        return operators.number(value) if operators.is_number(value) else value

    return handed_on


def _always(value: JsonValue) -> Run:
    return lambda _: value


def _named(name: str, position: int) -> Run:
    def named(scope: JsonObject) -> JsonValue:
        try:
            return scope[name]
        except KeyError:
            reason = f"there is no {name!r} here; there is: {operators.listed(scope)}"
            raise MissingError(reason).at(position) from None

    return named


def _keyed(run: Run, wanted: str, position: int) -> Run:
    def keyed(scope: JsonObject) -> JsonValue:
        value = run(scope)
        if isinstance(value, dict) and wanted in value:
            return value[wanted]
        try:
            return operators.key(value, wanted)
        except OperationError as error:
            raise error.at(position) from None

    return keyed


def _applied(operation: _Operation, runs: Sequence[Run], position: int) -> Run:
    def applied(scope: JsonObject) -> JsonValue:
        try:
            return operation(*[run(scope) for run in runs])
        except OperationError as error:
            raise error.at(position) from None

    def applied_to_two(scope: JsonObject) -> JsonValue:
        try:
            return operation(left(scope), right(scope))
        except OperationError as error:
            raise error.at(position) from None

    if len(runs) != 2:
        return applied
    left, right = runs
    return applied_to_two


def _chain(runs: Sequence[Run], operations: Sequence[_Operation], position: int) -> Run:
    """Each value compared with the next one, and evaluated once."""
    start, links = runs[0], tuple(zip(operations, runs[1:], strict=True))

    def chain(scope: JsonObject) -> JsonValue:
        left = start(scope)
        try:
            for operation, run in links:
                right = run(scope)
                if not operation(left, right):
                    return False
                left = right
        except OperationError as error:
            raise error.at(position) from None
        return True

    return chain


def _applied_later(operation: _Operation, runs: Sequence[Run], position: int) -> Run:
    def applied(scope: JsonObject) -> JsonValue:
        try:
            return operation(*[partial(run, scope) for run in runs])
        except OperationError as error:
            raise error.at(position) from None

    return applied


def _any_of(runs: Sequence[Run], *, stop: bool) -> Run:
    """The first value that is as true as `stop`, or the last one: `or` with true, `and` with false."""
    *firsts, last = runs

    def any_of(scope: JsonObject) -> JsonValue:
        for run in firsts:
            value = run(scope)
            if bool(value) is stop:
                return value
        return last(scope)

    return any_of


def _opposite(run: Run) -> Run:
    return lambda scope: not run(scope)


def _choice(test: Run, chosen: Run, otherwise: Run) -> Run:
    return lambda scope: chosen(scope) if test(scope) else otherwise(scope)


def _list_of(runs: Sequence[Run]) -> Run:
    return lambda scope: [run(scope) for run in runs]


def _object_of(keys: Sequence[Run], runs: Sequence[Run]) -> Run:
    entries = tuple(zip(keys, runs, strict=True))

    def object_of(scope: JsonObject) -> JsonValue:
        return {str(key(scope)): run(scope) for key, run in entries}

    return object_of
