"""Ours: function nodes, with two hooks on every node and every event kept, as a program would have it."""

from typing import Any, cast

from benchmarks.engine.subject import STEPS, Each, Payloads, nothing
from liteagent.contracts.json import JsonObject
from liteagent.contracts.runs import RunStatus
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.engine import WorkflowEngine
from liteagent.engine.workflow.extensions import WorkflowExtensions
from liteagent.engine.workflow.state import WorkflowDefinition, WorkflowState

__all__ = ["open_bare", "open_pure", "open_subject"]


class _LiteAgent:
    """Steps are `safe`: a request and a result in the journal each. Pure ones cost no commit of their own."""

    def __init__(self, store: str, payloads: Payloads, *, hooked: bool, effect: Any = "safe") -> None:
        self._payloads = payloads
        self._effect = effect
        self._each: Each = nothing
        self._called = 0
        self._hooks = 0
        self._hooked = hooked
        self._fans: dict[int, WorkflowDefinition] = {}
        self._line = self._linear_flow()
        self._engine = WorkflowEngine(
            None if store == "memory" else store,
            workflows=[self._line, self._loop_flow(1)],
            extensions=self._extensions() if hooked else WorkflowExtensions(),
        )
        self.loop_id = ""

    async def linear(self) -> None:
        called, hooks = self._called, self._hooks
        state = await self._run(self._line)
        assert state.outputs["text"]
        assert self._called - called >= STEPS
        assert not self._hooked or self._hooks - hooks >= 2 * STEPS

    async def loop(self, steps: int, each: Each) -> None:
        self._each = each
        _check_loop(await self._run(self._loop_flow(steps)), steps)

    async def resume(self, loop_id: str, steps: int, each: Each) -> None:
        self._each = each
        _check_loop(await self._engine.resume(loop_id), steps)

    async def fan_out(self, width: int) -> None:
        flow = self._fans.get(width) or self._fans.setdefault(width, self._fan_flow(width))
        state = await self._run(flow)
        assert state.outputs["count"] == width

    async def close(self) -> None:
        await self._engine.aclose()

    async def _run(self, flow: WorkflowDefinition) -> WorkflowState:
        state = self._engine.launch(flow, {})
        self.loop_id = state.run_id
        state = await self._engine.run_to_completion(state)
        assert state.status is RunStatus.COMPLETED, state.error
        return state

    def _linear_flow(self) -> WorkflowDefinition:
        names = [f"s{number}" for number in range(STEPS)]
        builder = WorkflowBuilder("line", "Ten steps").add_start()
        for name in names:
            builder.add_function(name, self._step, effect=self._effect)
        builder.add_end(outputs={"text": f"{{{{ {names[-1]}.output.text }}}}"})
        for before, after in zip(["start", *names], [*names, "end"], strict=True):
            builder.connect(before, after)
        return builder.build()

    def _loop_flow(self, steps: int) -> WorkflowDefinition:
        body = WorkflowBuilder().add_function("step", self._looped, "safe", {"number": "{{ index + 1 }}"})
        builder = WorkflowBuilder("loop", "A growing state").limits(steps=20 * steps + 100)
        builder.add_start().add_loop("again", body, max=steps, collect=True)
        builder.add_end(outputs={"count": "{{ len(again.output) }}"})
        return builder.connect("start", "again").connect("again", "end").build()

    def _fan_flow(self, width: int) -> WorkflowDefinition:
        builder = WorkflowBuilder(f"fan-{width}", "Side by side").add_start()
        builder.add_function("join", _joined, self._effect).add_end().connect("join", "end")
        for name in (f"s{number}" for number in range(width)):
            builder.add_function(name, self._step, self._effect)
            builder.connect("start", name).connect(name, "join")
        return builder.build()

    def _extensions(self) -> WorkflowExtensions:
        extensions = WorkflowExtensions()

        @extensions.before_node("*")
        async def before(state: WorkflowState) -> WorkflowState:
            self._hooks += 1
            return state

        @extensions.after_node("*")
        async def after(state: WorkflowState) -> WorkflowState:
            self._hooks += 1
            return state

        assert before is not after
        return extensions

    def _step(self, _inputs: JsonObject) -> JsonObject:
        self._called += 1
        return {"text": self._payloads.take()}

    def _looped(self, inputs: JsonObject) -> JsonObject:
        self._each(cast("int", inputs["number"]))
        return {"text": self._payloads.take()}


def _check_loop(state: WorkflowState, steps: int) -> None:
    """What every step came to is in the state."""
    kept = cast("list[dict[str, str]]", state.node_outputs["again"])
    assert len(kept) == state.outputs["count"] == steps
    assert all(each["text"] for each in kept)


def _joined(inputs: JsonObject) -> JsonObject:
    return {"count": len(inputs)}


async def open_subject(store: str, size: int, connections: int) -> _LiteAgent:
    """Ours, with hooks."""
    del connections
    return _LiteAgent(store, Payloads(size), hooked=True)


async def open_bare(store: str, size: int, connections: int) -> _LiteAgent:
    """Ours without hooks."""
    del connections
    return _LiteAgent(store, Payloads(size), hooked=False)


async def open_pure(store: str, size: int, connections: int) -> _LiteAgent:
    """Ours with hooks, and steps that are declared pure."""
    del connections
    return _LiteAgent(store, Payloads(size), hooked=True, effect="pure")
