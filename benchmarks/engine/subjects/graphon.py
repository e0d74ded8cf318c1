"""graphon, Dify's engine, in memory: nodes of our own on it, since its built-in ones render or compute."""

import time
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from benchmarks.engine.subject import STEPS, Each, Payloads, nothing

__all__ = ["open_subject"]

_node: Any = import_module("graphon.nodes.base.node").Node
_data: Any = import_module("graphon.entities.base_node_data").BaseNodeData
_result: Any = import_module("graphon.node_events.base").NodeRunResult
_enums: Any = import_module("graphon.enums")
_start: Any = import_module("graphon.nodes.start").StartNode
_start_data: Any = import_module("graphon.nodes.start.entities").StartNodeData
_end: Any = import_module("graphon.nodes.end.end_node").EndNode
_end_data: Any = import_module("graphon.nodes.end.entities").EndNodeData
_graph: Any = import_module("graphon.graph.graph").Graph
_engine: Any = import_module("graphon.engine.engine").Engine
_runtime: Any = import_module("graphon.runtime.runtime_state").RuntimeState
_pool: Any = import_module("graphon.runtime.variable_pool").VariablePool
_params: Any = import_module("graphon.runtime.init_params").InitParams


class _StepData(_data):
    """A step has nothing to be configured."""

    type: str = "benchmark-step"
    title: str = "step"


class _Step(_node[_StepData]):
    """Hands a payload on."""

    node_type = "benchmark-step"
    payloads = Payloads(200)

    @classmethod
    def version(cls) -> str:
        return "1"

    def _run(self) -> Any:
        status = _enums.WorkflowNodeExecutionStatus.SUCCEEDED
        return _result(status=status, outputs={"text": self.payloads.take()})


class _Graphon:
    """Nodes belong to one run, so each run makes its own, as Dify does."""

    loop_id = "loop"

    async def linear(self) -> None:
        names = [f"s{number}" for number in range(STEPS)]
        run = _Run(names[-1:])
        builder = _graph.new().add_root(run.start)
        for name in names:
            builder = builder.add_node(run.step(name))
        run.execute(builder.add_node(run.end).build())

    async def fan_out(self, width: int) -> None:
        names = [f"s{number}" for number in range(width)]
        run = _Run(names)
        builder = _graph.new().add_root(run.start)
        for name in names:
            builder = builder.add_node(run.step(name), from_node_id="start")
        builder = builder.add_node(run.step("join"), from_node_id=names[0])
        for name in names[1:]:
            builder = builder.connect(tail=name, head="join")
        run.execute(builder.add_node(run.end, from_node_id="join").build())

    async def loop(self, steps: int, each: Each) -> None:
        raise NotImplementedError

    async def resume(self, loop_id: str, steps: int, each: Each) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        nothing(0)


class _Run:
    """The state of one run, and the nodes that share it."""

    def __init__(self, ends: Sequence[str]) -> None:
        self._ends = ends
        self._state = _runtime(variable_pool=_pool(), start_at=time.time(), workflow_id="benchmark")
        self._given: dict[str, Any] = {
            "init_params": _params(workflow_id="benchmark", graph_config={}, run_context={}, call_depth=0),
            "runtime_state": self._state,
        }
        outputs = [{"variable": name, "value_selector": [name, "text"]} for name in ends]
        self.start = _start(node_id="start", data=_start_data(title="start"), **self._given)
        self.end = _end(node_id="end", data=_end_data(title="end", outputs=outputs), **self._given)

    def step(self, name: str) -> Any:
        return _Step(node_id=name, data=_StepData(), **self._given)

    def execute(self, graph: Any) -> None:
        for _event in _engine(graph, self._state).run():
            pass
        assert all(self._state.outputs[name] for name in self._ends)


async def open_subject(store: str, size: int, connections: int) -> _Graphon:
    """graphon; what Dify stores is Dify's, so there is no durable mode."""
    assert store == "memory"
    del connections
    _Step.payloads = Payloads(size)
    return _Graphon()
