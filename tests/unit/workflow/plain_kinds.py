"""Node kinds of a few lines, so that the reducer is tested apart from the built-in ones."""

from collections.abc import Callable, Mapping
from typing import Any

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.graph import Materials
from liteagent.engine.workflow.handler import (
    BodyHandler,
    BodyStep,
    Compiling,
    EffectHandler,
    HumanHandler,
    Iteration,
    IterationResult,
    NodeContext,
    NodeKind,
    Outcome,
    PureHandler,
    Scope,
    WaitHandler,
)
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import Edge, Graph, Limits, NodeDefinition

__all__ = ["KINDS", "flow", "materials", "node", "ways"]


class _Anything(Config):
    value: Any = None
    label: str | None = None
    options: tuple[str, ...] = ()
    timeout: float | None = None
    times: int = 1
    at_once: int = 1


class _Value(PureHandler):
    """Its configured value, else what came before; `fail` fails."""

    def __init__(self, config: _Anything) -> None:
        self._config = config

    def evaluate(self, scope: Scope) -> Outcome:
        if self._config.value == "fail":
            raise ToolError("It was to fail.", code="planned")
        value = scope["output"] if self._config.value is None else self._config.value
        return Outcome(value, self._config.label)


class _Call(EffectHandler):
    """Calls a Python function with the scope and the node's context."""

    def __init__(self, function: Callable[..., Any], safety: str) -> None:
        self._function = function
        self.safety = Safety(safety)

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        value = await self._function(scope, context)
        return value if isinstance(value, Outcome) else Outcome(value)


class _Ask(HumanHandler):
    def __init__(self, config: _Anything) -> None:
        self._config = config

    def ask(self, scope: Scope, now: float) -> JsonObject:
        question: dict[str, Any] = {"question": "Go on?", "options": list(self._config.options)}
        if self._config.timeout is not None:
            question["until"] = now + self._config.timeout
        return question

    def answered(self, answer: JsonValue) -> Outcome:
        return Outcome(answer, str(answer))

    def expired(self) -> Outcome:
        return Outcome(None, "timeout")


class _Sleep(WaitHandler):
    def __init__(self, config: _Anything) -> None:
        self._seconds = float(config.value)

    def until(self, scope: Scope, now: float) -> float:
        return now + self._seconds

    def over(self, until: float) -> Outcome:
        return Outcome("rested")


class _Repeat(BodyHandler):
    """Passes through its body `times` times, `at_once` of them side by side."""

    def __init__(self, config: _Anything, body: Graph) -> None:
        self._config, self._body = config, body

    def body(self) -> Graph:
        return self._body

    def enter(self, scope: Scope) -> JsonObject:
        return {"times": self._config.times}

    def begin(self, entered: JsonObject) -> BodyStep:
        first = min(self._config.at_once, self._config.times)
        return BodyStep({"begun": first, "outputs": {}}, [_iteration(n) for n in range(first)])

    def ended(self, progress: JsonObject, result: IterationResult, scope: Scope) -> BodyStep:
        if result.error is not None:
            raise ToolError(f"Pass {result.index} failed.", code="pass_failed")
        seen: Any = progress
        outputs = {**seen["outputs"], str(result.index): result.output}
        if len(outputs) == self._config.times:
            values = [outputs[str(n)] for n in range(self._config.times)]
            return BodyStep({}, outcome=Outcome(values))
        begun = seen["begun"]
        more = [_iteration(begun)] if begun < self._config.times else []
        return BodyStep({"begun": begun + len(more), "outputs": outputs}, more)


def _iteration(index: int) -> Iteration:
    return Iteration(index, {"index": index})


def _kind(name: str, make: Callable[[Any, Compiling], Any]) -> NodeKind:
    return NodeKind(name, name, _Anything, make)


def _call(config: _Anything, compiling: Compiling) -> _Call:
    return _Call(compiling.functions[compiling.node.id], config.value or "idempotent")


KINDS: Mapping[str, NodeKind] = {
    "start": _kind("start", lambda config, _: _Value(config)),
    "end": _kind("end", lambda config, _: _Value(config)),
    "value": _kind("value", lambda config, _: _Value(config)),
    "call": _kind("call", _call),
    "ask": _kind("ask", lambda config, _: _Ask(config)),
    "sleep": _kind("sleep", lambda config, _: _Sleep(config)),
    "repeat": _kind("repeat", lambda config, compiling: _Repeat(config, compiling.node.body or Graph())),
}


def node(id_: str, type_: str, *, body: Graph | None = None, **config: Any) -> NodeDefinition:
    """A node of one of these kinds; `retry` and `default` are the node's own."""
    own = {key: config.pop(key) for key in ("retry", "default", "timeout_seconds") if key in config}
    if "timeout_seconds" in own:
        own["timeout"] = own.pop("timeout_seconds")
    return NodeDefinition(id_, type_, config, body=body, **own)


def flow(
    *nodes: NodeDefinition,
    edges: str,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    limits: Limits | None = None,
) -> WorkflowDefinition:
    """A workflow; edges as `a b, b c:label`."""
    return WorkflowDefinition(
        "flow", graph=Graph(nodes, ways(edges)), limits=limits or Limits(), functions=functions or {}
    )


def ways(edges: str) -> tuple[Edge, ...]:
    """Edges from `a b, b c:label`."""
    found: list[Edge] = []
    for each in filter(None, (part.strip() for part in edges.split(","))):
        source, target = each.split()
        target, _, label = target.partition(":")
        found.append(Edge(source, target, label or None))
    return tuple(found)


def materials(workflow: WorkflowDefinition) -> Materials:
    """What `workflow` is compiled from."""
    return Materials(KINDS.__getitem__, functions=workflow.functions)
