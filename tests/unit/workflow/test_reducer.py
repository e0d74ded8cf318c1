"""How a workflow goes on: branches, joins, bodies, retries, waits, questions, failures and limits."""

from collections.abc import Callable
from typing import Any

import pytest

from liteagent.contracts.errors import ToolError
from liteagent.contracts.runs import Event, NewRun, RunStatus
from liteagent.engine.runs import signals
from liteagent.engine.runs.driver import Driver
from liteagent.engine.runs.protocol import RunKind
from liteagent.engine.runs.replay import replay
from liteagent.engine.runs.turn import Rest
from liteagent.engine.workflow.handler import NodeContext, Outcome, Scope
from liteagent.engine.workflow.program import workflow_program
from liteagent.engine.workflow.quiet import QuietStreams
from liteagent.engine.workflow.state import WorkflowDefinition, WorkflowState
from liteagent.engine.workflow.types import Default, Graph, Limits, RetryPolicy
from liteagent.infra.journal.memory import MemoryJournal
from liteagent.testing.clock import ManualClock
from tests.unit.workflow.plain_kinds import flow, materials, node, ways

_RUN = "01900000-0000-7000-8000-000000000001"


class _Bench:
    """One run of one workflow on a journal in memory."""

    def __init__(self, workflow: WorkflowDefinition) -> None:
        self.clock = ManualClock()
        self.journal = MemoryJournal(self.clock)
        self.program = workflow_program(workflow, materials(workflow))
        kinds = {"workflow": RunKind("workflow", lambda _record, _started: self.program)}
        self.driver = Driver(self.journal, kinds, owner_id="a", clock=self.clock, streams=QuietStreams())

    async def start(self, **inputs: Any) -> None:
        await self.journal.start(NewRun(_RUN, "w", "u", "workflow", inputs))

    async def advance(self) -> Rest:
        return await self.driver.advance(_RUN)

    async def run(self, **inputs: Any) -> WorkflowState:
        await self.start(**inputs)
        await self.advance()
        return await self.state()

    async def state(self) -> WorkflowState:
        return (await self.driver.look(_RUN)).state

    async def events(self) -> tuple[Event, ...]:
        return await self.journal.read(_RUN)

    async def types(self) -> list[str]:
        return [event.type for event in await self.events()]

    async def completed(self) -> list[str]:
        """Paths of nodes in the order they completed."""
        return [str(e.payload["node"]) for e in await self.events() if e.type == "node.completed"]


def _returns(value: Any) -> Callable[[Scope, NodeContext], Any]:
    async def function(_scope: Scope, _context: NodeContext) -> Any:
        return value

    return function


def _fails(times: int, value: Any = "ok") -> Callable[[Scope, NodeContext], Any]:
    left = [times]

    async def function(_scope: Scope, _context: NodeContext) -> Any:
        if left[0]:
            left[0] -= 1
            raise ToolError("Not yet.", code="planned")
        return value

    return function


async def test_a_chain_hands_its_output_on() -> None:
    """Start gives the inputs, an effect its result, end the outputs."""
    workflow = flow(
        node("start", "start"),
        node("a", "call"),
        node("end", "end"),
        edges="start a, a end",
        functions={"a": _returns({"x": 2})},
    )
    bench = _Bench(workflow)
    state = await bench.run(x=1)
    assert (state.status, state.outputs) == (RunStatus.COMPLETED, {"x": 2})
    assert await bench.types() == [
        "run.started",
        "run.claimed",
        "node.completed",
        "node.started",
        "node.completed",
        "node.completed",
        "run.completed",
    ]


async def test_a_label_chooses_the_branch_and_the_join_takes_what_came() -> None:
    """The branch not taken is settled through to the join, which does not wait for it."""
    workflow = flow(
        node("start", "start"),
        node("choose", "value", value="chosen", label="left"),
        node("left", "value", value="L"),
        node("right", "value", value="R"),
        node("after", "value"),
        node("end", "value"),
        edges="start choose, choose left:left, choose right:right, right after, left end, after end",
    )
    bench = _Bench(workflow)
    state = await bench.run()
    assert state.outputs == {"output": "L"}
    assert await bench.completed() == ["start", "choose", "left", "end"]


async def test_branches_run_side_by_side_and_join_once() -> None:
    """A join has every taken predecessor for a source, in the order they ended."""
    seen: list[Any] = []

    async def join(scope: Scope, _context: NodeContext) -> Any:
        seen.append(scope["input"])
        return "joined"

    workflow = flow(
        node("start", "start"),
        *(node(f"b{n}", "call") for n in range(5)),
        node("join", "call"),
        edges=", ".join(f"start b{n}, b{n} join" for n in range(5)),
        functions={**{f"b{n}": _returns(n) for n in range(5)}, "join": join},
    )
    state = await _Bench(workflow).run()
    assert state.outputs == {"output": "joined"}
    assert seen == [{f"b{n}": n for n in range(5)}]


async def test_an_unlabelled_edge_is_taken_whatever_the_outcome() -> None:
    """Beside the labelled ones, but not after a failure."""
    workflow = flow(
        node("a", "value", value=1, label="x"),
        node("labelled", "value"),
        node("other", "value"),
        node("always", "value"),
        edges="a labelled:x, a other:y, a always",
    )
    bench = _Bench(workflow)
    await bench.run()
    assert await bench.completed() == ["a", "labelled", "always"]


async def test_a_failure_ends_the_run_and_names_the_node() -> None:
    """Without retry, default or error edge."""
    workflow = flow(node("a", "call"), node("b", "value"), edges="a b", functions={"a": _fails(1)})
    state = await _Bench(workflow).run()
    assert state.status is RunStatus.FAILED
    assert state.error is not None
    assert (state.error["code"], state.error["details"]) == ("planned", {"node": "a"})


async def test_a_failed_node_takes_its_error_edges_only() -> None:
    """And says what happened."""
    seen: list[Any] = []

    async def mend(scope: Scope, _context: NodeContext) -> Any:
        seen.append(scope["a"])
        return "mended"

    workflow = flow(
        node("a", "call"),
        node("mend", "call"),
        node("on", "value", value="went on"),
        edges="a mend:error, a on",
        functions={"a": _fails(1), "mend": mend},
    )
    state = await _Bench(workflow).run()
    assert state.outputs == {"output": "mended"}
    assert seen[0]["error"]["code"] == "planned"


async def test_a_default_stands_in_for_a_failed_node() -> None:
    """The run goes on as if the node had given it."""
    workflow = flow(
        node("a", "call", default=Default({"x": 0})),
        node("b", "value"),
        edges="a b",
        functions={"a": _fails(1)},
    )
    assert (await _Bench(workflow).run()).outputs == {"x": 0}


async def test_retries_wait_longer_each_time_and_hold_nothing() -> None:
    """The run is parked until the next try; every try has the first one's key."""
    keys: list[str] = []

    async def flaky(_scope: Scope, context: NodeContext) -> Any:
        keys.append(context.key)
        if len(keys) < 3:
            raise ToolError("Not yet.")
        return "third"

    workflow = flow(
        node("a", "call", retry=RetryPolicy(attempts=3, delay=10, factor=3)), edges="", functions={"a": flaky}
    )
    bench = _Bench(workflow)
    await bench.start()
    for wait in (10, 30):
        rest = await bench.advance()
        assert (rest.status, rest.until) == (RunStatus.PENDING, bench.clock.now() + wait)
        assert await bench.advance() == rest
        bench.clock.advance(wait)
    assert (await bench.advance()).status is RunStatus.COMPLETED
    assert keys == [f"{_RUN}:3"] * 3
    assert (await bench.state()).outputs == {"output": "third"}


async def test_the_last_try_fails_the_node() -> None:
    """As if it had been the only one."""
    workflow = flow(
        node("a", "call", retry=RetryPolicy(attempts=2, delay=10)), edges="", functions={"a": _fails(9)}
    )
    bench = _Bench(workflow)
    await bench.start()
    while (await bench.advance()).status.runnable:
        bench.clock.advance(20)
    assert (await bench.types()).count("node.failed") == 2
    assert (await bench.state()).status is RunStatus.FAILED


async def test_a_wait_survives_the_worker() -> None:
    """Nothing is held: whoever looks after the moment goes on."""
    workflow = flow(node("a", "sleep", value=3600), node("b", "value"), edges="a b")
    bench = _Bench(workflow)
    await bench.start()
    rest = await bench.advance()
    assert (rest.status, rest.until) == (RunStatus.PENDING, bench.clock.now() + 3600)
    assert (await bench.journal.get(_RUN)).owner is None
    bench.clock.advance(3600)
    assert (await bench.advance()).status is RunStatus.COMPLETED
    assert (await bench.state()).outputs == {"output": "rested"}


async def test_a_question_waits_for_its_answer() -> None:
    """The answer's label chooses the edge; a second answer is refused."""
    workflow = flow(
        node("ask", "ask", options=("yes", "no")),
        node("yes", "value", value="went"),
        node("no", "value", value="stayed"),
        edges="ask yes:yes, ask no:no",
    )
    bench = _Bench(workflow)
    await bench.start()
    assert (await bench.advance()).status is RunStatus.WAITING_HUMAN
    await bench.driver.signal(_RUN, signals.answer("yes", None, by="ada", now=bench.clock.now()))
    assert (await bench.advance()).status is RunStatus.COMPLETED
    assert (await bench.state()).outputs == {"output": "went"}
    with pytest.raises(Exception, match="answered already"):
        await bench.driver.signal(_RUN, signals.answer("no", "ask", by="bob", now=bench.clock.now()))


async def test_a_question_that_nobody_answers_takes_its_timeout_branch() -> None:
    """Or fails the run where there is none."""
    for edges, status in (("ask late:timeout", RunStatus.COMPLETED), ("ask late:yes", RunStatus.FAILED)):
        workflow = flow(node("ask", "ask", timeout=60), node("late", "value", value="late"), edges=edges)
        bench = _Bench(workflow)
        await bench.start()
        assert (await bench.advance()).until == bench.clock.now() + 60
        bench.clock.advance(60)
        assert (await bench.advance()).status is status
        error = (await bench.state()).error
        assert error is None or error["code"] == "human_timeout"


async def test_other_branches_go_on_while_a_person_thinks() -> None:
    """The run waits only once nothing else is to be done."""
    workflow = flow(
        node("start", "start"),
        node("ask", "ask"),
        node("work", "call"),
        node("join", "value", value="both"),
        edges="start ask, start work, ask join, work join",
        functions={"work": _returns("done")},
    )
    bench = _Bench(workflow)
    await bench.start()
    assert (await bench.advance()).status is RunStatus.WAITING_HUMAN
    assert "work" in await bench.completed()
    await bench.driver.signal(_RUN, signals.answer("go", None, by="", now=bench.clock.now()))
    await bench.advance()
    assert (await bench.state()).outputs == {"output": "both"}


@pytest.mark.parametrize("at_once", [1, 2, 10])
async def test_a_body_runs_once_a_pass(at_once: int) -> None:
    """Its nodes have the pass in their path; its output is what each pass ended with."""

    async def square(scope: Scope, _context: NodeContext) -> Any:
        index: Any = scope["index"]
        return index * index

    body = Graph((node("square", "call"), node("out", "value")), ways("square out"))
    workflow = flow(
        node("start", "start"),
        node("each", "repeat", times=4, at_once=at_once, body=body),
        edges="start each",
        functions={"square": square},
    )
    bench = _Bench(workflow)
    state = await bench.run()
    assert state.outputs == {"output": [0, 1, 4, 9]}
    assert sorted(await bench.completed())[:4] == ["each", "each/0/out", "each/0/square", "each/1/out"]
    assert list(state.frames) == [""]


async def test_bodies_nest() -> None:
    """A body in a body, with a path that says where."""
    inner = Graph((node("leaf", "value"),))
    outer = Graph((node("inner", "repeat", times=2, body=inner),))
    workflow = flow(node("outer", "repeat", times=2, body=outer), edges="")
    bench = _Bench(workflow)
    state = await bench.run()
    assert "outer/1/inner/0/leaf" in await bench.completed()
    assert state.status is RunStatus.COMPLETED


async def test_a_failure_in_a_pass_is_the_containers() -> None:
    """What is in flight beside it is waited for; nothing new is begun there."""
    body = Graph((node("bad", "call"), node("good", "call"), node("after", "value")), ways("good after"))
    workflow = flow(
        node("each", "repeat", times=2, at_once=2, body=body),
        node("caught", "value", value="caught"),
        edges="each caught:error",
        functions={"bad": _fails(9), "good": _returns(1)},
    )
    bench = _Bench(workflow)
    state = await bench.run()
    assert state.outputs == {"output": "caught"}
    assert list(state.frames) == [""]
    assert not state.bodies


async def test_assign_changes_variables_by_deltas() -> None:
    """`set` replaces, `append` adds to a list."""
    workflow = flow(
        node("a", "call"),
        node("b", "call"),
        edges="a b",
        functions={
            "a": _returns(Outcome(1, assign={"set": {"n": 1}, "append": {"log": "a"}})),
            "b": _returns(Outcome(2, assign={"append": {"log": "b"}})),
        },
    )
    assert (await _Bench(workflow).run()).vars == {"n": 1, "log": ["a", "b"]}


async def test_limits_end_the_run_with_a_reason() -> None:
    """Steps, money, time."""
    chain = ", ".join(f"n{n} n{n + 1}" for n in range(9))
    nodes = [node(f"n{n}", "value") for n in range(10)]
    steps = await _Bench(flow(*nodes, edges=chain, limits=Limits(steps=5))).run()
    assert steps.error is not None
    assert steps.error["details"] == {"limit": "steps", "value": 5}
    dear = {"n0": _returns(Outcome(1, usage={"cost": 0.5}))}
    spent = flow(
        node("n0", "call"), node("n1", "value"), edges="n0 n1", functions=dear, limits=Limits(cost=0.1)
    )
    cost = await _Bench(spent).run()
    assert cost.error is not None
    assert cost.error["details"] == {"limit": "cost", "value": 0.1}
    slow = _Bench(flow(node("n0", "sleep", value=100), edges="", limits=Limits(seconds=10)))
    await slow.start()
    await slow.advance()
    slow.clock.advance(11)
    assert (await slow.advance()).status is RunStatus.FAILED


async def test_a_timeout_fails_the_node() -> None:
    """In real time: a node that never ends is stopped."""

    async def forever(_scope: Scope, _context: NodeContext) -> Any:
        import anyio

        await anyio.sleep_forever()

    workflow = flow(node("a", "call", timeout_seconds=0.01), edges="", functions={"a": forever})
    state = await _Bench(workflow).run()
    assert state.error is not None
    assert state.error["code"] == "node_timeout"


async def test_every_prefix_survives_a_snapshot_and_every_run_replays() -> None:
    """The codec gives an equal state at every event, and decisions are those recorded."""
    body = Graph((node("leaf", "call"), node("wait", "sleep", value=5)), ways("leaf wait"))
    workflow = flow(
        node("start", "start"),
        node("each", "repeat", times=2, at_once=2, body=body),
        node("ask", "ask", timeout=60),
        node("flaky", "call", retry=RetryPolicy(attempts=2, delay=5)),
        node("join", "value", value="all"),
        edges="start each, start ask, start flaky, each join, ask join, flaky join",
        functions={"leaf": _returns({"é": [1, None]}), "flaky": _fails(1)},
    )
    bench = _Bench(workflow)
    await bench.start(n=1)
    while not (await bench.advance()).status.ended:
        bench.clock.advance(20)
    events = await bench.events()
    codec, reducer = bench.program.codec, bench.program.reducer
    assert codec is not None
    state = reducer.initial
    for event in events:
        state = reducer.apply(state, event)
        assert codec.load(codec.dump(state)) == state, event
    assert replay(bench.program, events).ok
