"""Hooks are called around every kind of node, whatever it is made of."""

from typing import Any, cast

import pytest

from liteagent.contracts.runs import RunStatus
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.engine import WorkflowEngine
from liteagent.engine.workflow.extensions import WorkflowExtensions
from liteagent.engine.workflow.state import WorkflowState
from liteagent.engine.workflow.types import NodeDefinition
from liteagent.testing.clock import ManualClock


@pytest.fixture
def extensions() -> WorkflowExtensions:
    """A registry of its own."""
    return WorkflowExtensions()


@pytest.fixture
def called(extensions: WorkflowExtensions) -> list[str]:
    """What was called, in order, by hooks on every node."""
    calls: list[str] = []

    @extensions.before_node()
    async def before(node: NodeDefinition, state: WorkflowState) -> None:
        del state
        calls.append(f"before {node.id}")

    @extensions.after_node()
    async def after(node: NodeDefinition, state: WorkflowState, output: Any) -> None:
        del state
        calls.append(f"after {node.id} {output}")

    return calls


async def test_before_and_after_a_person_a_wait_a_body_and_a_pure_node(
    extensions: WorkflowExtensions, called: list[str]
) -> None:
    """In the order of the flow, each once."""
    body = WorkflowBuilder("body").add_transform("double", "item * 2")
    flow = (
        WorkflowBuilder("flow")
        .add_start()
        .add_human("ask", "Go on?")
        .add_wait("rest", 0)
        .add_iterate("each", [1], body)
        .add_end(outputs={"each": "{{ each.output }}"})
        .connect("start", "ask")
        .connect("ask", "rest")
        .connect("rest", "each")
        .connect("each", "end")
        .build()
    )
    clock = ManualClock()
    async with WorkflowEngine(extensions=extensions, clock=clock) as engine:
        state = await engine.run_to_completion(engine.launch(flow))
        assert state.status is RunStatus.WAITING_HUMAN
        assert called == ["before start", "after start {}", "before ask"]
        state = await engine.resume(state.run_id, answer="yes")
        assert state.outputs == {"each": [2]}
        assert called[3:] == [
            "after ask yes",
            "before rest",
            f"after rest {{'until': {clock.now()}}}",
            "before each",
            "before double",
            "after double 2",
            "after each [2]",
            "before end",
            "after end {'each': [2]}",
        ]
        assert (await engine.replay(state.run_id)).ok


async def test_a_hooks_new_state_is_journaled_and_seen_by_the_node(extensions: WorkflowExtensions) -> None:
    """Before a node that is a body, and after one that is pure."""

    @extensions.before_node("iterate")
    def raised(state: WorkflowState) -> WorkflowState:
        return state._replace(vars={**state.vars, "factor": 10})

    body = WorkflowBuilder("body").add_transform("times", "item * vars.factor")
    flow = (
        WorkflowBuilder("flow").add_start().add_iterate("each", [1, 2], body).connect("start", "each").build()
    )
    async with WorkflowEngine(extensions=extensions) as engine:
        state = await engine.run_to_completion(engine.launch(flow))
        assert state.outputs == {"output": [10, 20]}
        patches = [each for each in await engine.events(state.run_id) if each.type == "state.patched"]
        assert [each.payload["patch"] for each in patches] == [{"vars": {"factor": 10}}]


async def test_a_failure_inside_a_body_can_be_suppressed(extensions: WorkflowExtensions) -> None:
    """By a hook on the container; by none it fails the run."""
    answer = [True]

    @extensions.on_error("iterate")
    async def forgive() -> bool:
        return answer[0]

    body = WorkflowBuilder("body").add_transform("bad", "item / 0")
    flow = WorkflowBuilder("flow").add_start().add_iterate("each", [1], body).connect("start", "each").build()
    async with WorkflowEngine(extensions=extensions) as engine:
        assert (await engine.run_to_completion(engine.launch(flow))).status is RunStatus.COMPLETED
        answer[0] = False
        assert (await engine.run_to_completion(engine.launch(flow))).status is RunStatus.FAILED


async def test_a_hook_that_fails_fails_the_node(extensions: WorkflowExtensions) -> None:
    """With a code of its own."""

    @extensions.before_node("human")
    async def broken() -> None:
        raise ValueError("no")

    flow = WorkflowBuilder("flow").add_start().add_human("ask", "Go on?").connect("start", "ask").build()
    async with WorkflowEngine(extensions=extensions) as engine:
        state = await engine.run_to_completion(engine.launch(flow))
        assert state.error is not None
        assert state.error["code"] == "hook_failed"
        details = cast("dict[str, Any]", state.error["details"])
        assert details["node"] == "ask"
