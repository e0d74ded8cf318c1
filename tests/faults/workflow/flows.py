"""Flows whose steps each call a receiver, made of node kinds of a few lines."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import NewRun, RunRecord, Safety
from liteagent.engine.runs.protocol import Program, RunKind
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.graph import Materials
from liteagent.engine.workflow.handler import (
    EffectHandler,
    HumanHandler,
    NodeContext,
    NodeKind,
    Outcome,
    PureHandler,
    Scope,
    WaitHandler,
)
from liteagent.engine.workflow.program import workflow_program
from liteagent.engine.workflow.state import WorkflowDefinition, WorkflowState
from liteagent.engine.workflow.types import Edge, Graph, NodeDefinition, RetryPolicy

__all__ = ["FLOW", "Call", "flow_kind", "new_run", "step_names"]

FLOW = "flow"

Call: TypeAlias = Callable[[str, str, str, int], Awaitable[int]]
"""Calls the receiver with run, step, key and number; raises ConnectionError."""

_AGAIN = RetryPolicy(3, 0.001, 1.0, 0.001)


class _StepConfig(Config):
    effect: str = "idempotent"
    pad: int = 0


class _Passing(PureHandler):
    """`start` and `end`: the number comes in, and goes out."""

    def evaluate(self, scope: Scope) -> Outcome:
        return Outcome({"n": _number(scope)})


class _Calling(EffectHandler):
    """Sends the number that came before, with the key of the effect."""

    def __init__(self, call: Call, config: "_StepConfig") -> None:
        self._call = call
        self._pad = "x" * config.pad
        self.safety = Safety(config.effect)

    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        number = _number(scope)
        try:
            answer = await self._call(context.run_id, context.node, context.key, number)
        except ConnectionError as error:
            raise ToolError(f"The receiver cannot be reached: {error}.", code="receiver_away") from error
        return Outcome({"n": answer, "pad": self._pad})


class _Asking(HumanHandler):
    """Asks whether to go on, and goes on with the number whatever is answered."""

    def ask(self, scope: Scope, now: float) -> JsonObject:
        return {"question": f"Go on at {_number(scope)}?", "options": ["yes"]}

    def answered(self, answer: JsonValue) -> Outcome:
        return Outcome(None)

    def expired(self) -> Outcome:
        return Outcome(None)


class _Resting(WaitHandler):
    """Waits for half a minute."""

    def until(self, scope: Scope, now: float) -> float:
        return now + 30.0

    def over(self, until: float) -> Outcome:
        return Outcome(None)


def step_names(steps: int) -> list[str]:
    """The names of the steps that call the receiver."""
    return [f"s{number}" for number in range(1, steps + 1)]


def new_run(run_id: str, steps: int, **definition: JsonValue) -> NewRun:
    """A run that calls `steps` times; its output is `{"n": steps}`.

    Args:
        run_id: Its id.
        steps: How many.
        definition: `retry`: steps try again; `wide`: so many of them side by side; `pauses`: between the
            steps it asks a person, and rests; `step`: the config of each, with its `effect` (idempotent
            where it is left out), and how many letters its output is padded with.
    """
    return NewRun(run_id, "w", "u", FLOW, {"n": 0}, {"steps": steps, **definition})


def flow_kind(
    call: Call, wrap: Callable[[Program[Any]], Program[Any]] = lambda program: program
) -> RunKind[Any]:
    """The kind of run; `wrap` may break its program."""

    @cache
    def program(definition: str) -> Program[WorkflowState]:
        workflow = _workflow(**json.loads(definition))
        return wrap(workflow_program(workflow, Materials(_kinds(call).__getitem__)))

    def open_run(_record: RunRecord, started: JsonObject) -> Program[WorkflowState]:
        return program(json.dumps(started["definition"]))

    return RunKind(FLOW, open_run)


def _workflow(
    steps: int, *, retry: bool = False, pauses: bool = False, wide: int = 0, step: JsonObject | None = None
) -> WorkflowDefinition:
    tries = _AGAIN if retry else RetryPolicy()
    calls = [NodeDefinition(name, "call", step or {}, tries) for name in step_names(steps)]
    graph = _rows(calls, wide) if wide else _in_a_row(calls, pauses)
    return WorkflowDefinition("f", graph=graph)


def _in_a_row(calls: list[NodeDefinition], pauses: bool) -> Graph:
    """One after the other; with `pauses` a question after the first, and a rest after the second."""
    nodes = [NodeDefinition("start", "start"), *calls, NodeDefinition("end", "end")]
    if pauses:
        nodes[3:3] = [NodeDefinition("rest", "rest")]
        nodes[2:2] = [NodeDefinition("ask", "ask")]
    return Graph(tuple(nodes), tuple(Edge(source.id, target.id) for source, target in pairwise(nodes)))


def _rows(calls: list[NodeDefinition], wide: int) -> Graph:
    """Rows of steps side by side, one row after the other."""
    rows = [
        [NodeDefinition("start", "start")],
        *(calls[first : first + wide] for first in range(0, len(calls), wide)),
        [NodeDefinition("end", "end")],
    ]
    edges = [Edge(a.id, b.id) for before, after in pairwise(rows) for a in before for b in after]
    return Graph(tuple(node for row in rows for node in row), tuple(edges))


def _kinds(call: Call) -> dict[str, NodeKind]:
    kinds: dict[str, Callable[[Any], Any]] = {
        "start": lambda _: _Passing(),
        "end": lambda _: _Passing(),
        "call": lambda config: _Calling(call, config),
        "ask": lambda _: _Asking(),
        "rest": lambda _: _Resting(),
    }
    return {
        name: NodeKind(name, name, _StepConfig, lambda config, _compiling, make=make: make(config))
        for name, make in kinds.items()
    }


def _number(scope: Scope) -> int:
    """The number of what came before; behind a pause, of whatever has come before that."""
    came: Any = scope["input"]
    found = _numbers([came, *came.values()])
    if not found:
        found = _numbers([scope["inputs"], *(_output(scope[name]) for name in scope)])
    return max(found)


def _output(named: JsonValue) -> JsonValue:
    return named.get("output") if isinstance(named, Mapping) else None


def _numbers(outputs: Sequence[JsonValue]) -> list[int]:
    numbers = [each.get("n") for each in outputs if isinstance(each, Mapping)]
    return [number for number in numbers if isinstance(number, int)]
