"""Hooks into nodes, and what they may change of a run's state."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, LiteAgentError, ToolError
from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.extensions import WorkflowExtensions
from liteagent.engine.workflow.graph import CompiledGraph
from liteagent.engine.workflow.hooks import BoundHooks, Moment
from liteagent.engine.workflow.patching import check_patch, patched
from liteagent.engine.workflow.state import Frame, WorkflowDefinition, WorkflowState
from liteagent.engine.workflow.state_patch import state_patch, with_output
from liteagent.engine.workflow.types import NodeDefinition

NODE = NodeDefinition("writer", "agent", {"purpose": "Write."})
ROOT = Frame(CompiledGraph({}, ()), outputs={"start": {"a": 1}, "check": True})
INNER = ROOT._replace(key="each/2/", parent="", container="each", outputs={"step": 1})
STATE = WorkflowState(
    WorkflowDefinition("flow"),
    run_id="run",
    inputs={"topic": "rain"},
    vars={"n": 1, "on": True},
    frames={"": ROOT, "each/2/": INNER},
)
FACTS: Mapping[str, Any] = {"run_id": "run", "path": "writer", "attempt": 1, "scope": {"output": "wet"}}


@pytest.fixture
def extensions() -> WorkflowExtensions:
    """Extensions of a process of their own."""
    return WorkflowExtensions()


def _bound(extensions: WorkflowExtensions) -> BoundHooks:
    bound = extensions.bound()
    assert bound is not None
    return bound


async def test_hooks_of_the_specification(extensions: WorkflowExtensions) -> None:
    @extensions.before_node("agent")
    async def log_execution(node: NodeDefinition, state: WorkflowState) -> WorkflowState:
        seen.append((node, state))
        return state

    @extensions.on_error("*")
    async def handle_error(node: NodeDefinition, state: WorkflowState, error: LiteAgentError) -> bool:
        seen.append((node, error.error_code))
        return False

    seen: list[tuple[NodeDefinition, object]] = []
    hooks = _bound(extensions)
    assert await hooks.before(NODE, STATE, **FACTS) is None
    assert await hooks.on_error(NODE, STATE, ToolError("No."), **FACTS) is False
    assert seen == [(NODE, STATE), (NODE, "tool_failed")]
    assert log_execution.__name__ == "log_execution"
    assert handle_error.__name__ == "handle_error"


async def test_a_hook_is_given_what_it_names(extensions: WorkflowExtensions) -> None:
    seen: list[Mapping[str, Any]] = []

    @extensions.before_node()
    def some(attempt: int, *, path: str, other: int = 5) -> None:
        seen.append({"attempt": attempt, "path": path, "other": other})

    @extensions.after_node()
    def output_only(output: JsonValue) -> None:
        seen.append({"output": output})

    @extensions.before_node()
    def everything(**facts: Any) -> None:
        seen.append(facts)

    @extensions.before_node()
    def nothing() -> None:
        seen.append({})

    hooks = _bound(extensions)
    await hooks.before(NODE, STATE, **FACTS)
    await hooks.after(NODE, STATE, "text", **FACTS)
    named, whole, none, after = seen
    assert named == {"attempt": 1, "path": "writer", "other": 5}
    assert set(whole) == set(Moment.BEFORE.parameters)
    assert none == {}
    assert after == {"output": "text"}


def _requires_unknown(node: Any, output: Any) -> None: ...


def _requires_position(node: Any, /) -> None: ...


@pytest.mark.parametrize("function", [_requires_unknown, _requires_position])
def test_what_a_hook_requires_is_checked_at_registration(
    extensions: WorkflowExtensions, function: Callable[..., None]
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        extensions.before_node("agent")(function)
    assert "node, state, type, run_id, path, attempt, scope" in caught.value.message
    assert extensions.bound() is None


async def test_hooks_are_called_in_order_and_hand_on_the_state(extensions: WorkflowExtensions) -> None:
    def count(name: str) -> Callable[[WorkflowState], WorkflowState]:
        def hook(state: WorkflowState) -> WorkflowState:
            order.append(name)
            n = state.vars["n"]
            assert isinstance(n, int)
            return state._replace(vars={**state.vars, "n": n + 1, name: n})

        return hook

    order: list[str] = []
    extensions.before_node("agent")(count("first"))
    extensions.before_node("*")(count("second"))
    extensions.before_node("llm")(count("other"))
    extensions.before_node("agent")(count("third"))
    patch = await _bound(extensions).before(NODE, STATE, **FACTS)
    assert order == ["first", "second", "third"]
    assert patch == {"vars": {"n": 4, "first": 1, "second": 2, "third": 3}}
    check_patch(patch or {})
    assert patched(STATE, patch or {}).vars == {"n": 4, "on": True, "first": 1, "second": 2, "third": 3}


async def test_after_a_node_its_output_can_be_changed(extensions: WorkflowExtensions) -> None:
    @extensions.after_node("agent")
    async def shout(state: WorkflowState, path: str, output: str) -> WorkflowState:
        assert state.executions[path].output == output
        return with_output(state, path, output.upper())

    assert await _bound(extensions).after(NODE, STATE, "text", **FACTS) == {"outputs": {"writer": "TEXT"}}
    inside = {**FACTS, "path": "each/2/writer"}
    assert await _bound(extensions).after(NODE, STATE, "a", **inside) == {"outputs": {"each/2/writer": "A"}}


async def _raises() -> None:
    raise RuntimeError("Boom")


async def _refuses() -> None:
    raise InvalidInputError("Not today.")


async def _returns_text() -> str:
    return "state"


def _changes_status(state: WorkflowState) -> WorkflowState:
    return state._replace(steps=7)


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (_raises, "RuntimeError: Boom"),
        (_refuses, "Not today."),
        (_returns_text, "It returned a str."),
        (_changes_status, "state.steps cannot be changed."),
    ],
)
async def test_a_hook_that_fails_fails_the_node(
    extensions: WorkflowExtensions, function: Callable[..., Any], word: str
) -> None:
    extensions.before_node("agent")(function)
    extensions.after_node("agent")(function)
    hooks = _bound(extensions)
    for called in (hooks.before(NODE, STATE, **FACTS), hooks.after(NODE, STATE, "text", **FACTS)):
        with pytest.raises(ToolError) as caught:
            await called
        assert caught.value.error_code == "hook_failed"
        assert caught.value.details["hook"] == function.__name__
        assert word in caught.value.message
        assert "'writer'" in caught.value.message


async def test_only_true_suppresses_and_all_are_called(
    extensions: WorkflowExtensions, caplog: pytest.LogCaptureFixture
) -> None:
    def says(value: object) -> Callable[[], object]:
        return lambda: value

    extensions.on_error("agent")(_raises)
    extensions.on_error("agent")(says(1))
    error = ToolError("No.")
    with caplog.at_level(logging.ERROR):
        assert await _bound(extensions).on_error(NODE, STATE, error, **FACTS) is False
    assert "_raises" in caplog.text
    extensions.on_error("agent")(says(True))
    extensions.on_error("agent")(says(None))
    assert await _bound(extensions).on_error(NODE, STATE, error, **FACTS) is True


async def test_nodes_without_hooks_pay_nothing(extensions: WorkflowExtensions) -> None:
    assert extensions.bound() is None
    extensions.before_node("agent")(_raises)
    assert extensions.bound(["llm", "http"]) is None
    assert extensions.bound(["llm", "agent"]) is not None
    assert extensions.has_hooks("agent")
    assert not extensions.has_hooks("llm")
    llm = NodeDefinition("ask", "llm")
    hooks = _bound(extensions)
    assert await hooks.before(llm, STATE, **FACTS) is None
    assert await hooks.after(llm, STATE, 1, **FACTS) is None
    assert await hooks.after(NODE, STATE, 1, **FACTS) is None
    assert await hooks.on_error(llm, STATE, ToolError("No."), **FACTS) is False


async def test_bound_hooks_stay_as_they_are(extensions: WorkflowExtensions) -> None:
    extensions.on_error("agent")(_raises)
    bound = _bound(extensions)
    extensions.on_error("llm")(_raises)
    assert not bound.has_hooks("llm")
    assert _bound(extensions).has_hooks("llm")


CHANGES: list[tuple[WorkflowState, Mapping[str, Any]]] = [
    (STATE, {}),
    (STATE._replace(vars=dict(STATE.vars)), {}),
    (STATE._replace(vars={**STATE.vars, "n": None}), {"vars": {"n": None}}),
    (STATE._replace(vars={**STATE.vars, "on": 1}), {"vars": {"on": 1}}),
    (STATE._replace(inputs={"topic": ["sun"], "x": (1,)}), {"inputs": {"topic": ["sun"], "x": [1]}}),
    (with_output(STATE, "start", {"a": 2}), {"outputs": {"start": {"a": 2}}}),
    (with_output(STATE, "each/2/step", 2), {"outputs": {"each/2/step": 2}}),
    (with_output(STATE, "gone/1/step", 2), {}),
]


@pytest.mark.parametrize(("after", "patch"), CHANGES)
def test_a_changed_state_is_a_patch(after: WorkflowState, patch: Mapping[str, Any]) -> None:
    found = state_patch(STATE, after)
    assert found == patch
    check_patch(found)
    assert state_patch(after, patched(STATE, found)) == {}


REFUSED: list[tuple[WorkflowState, str]] = [
    (STATE._replace(run_id="other"), "state.run_id"),
    (STATE._replace(outputs={"a": 1}), "state.outputs"),
    (STATE._replace(vars={"n": 1}), "state.vars['on'] cannot be removed"),
    (STATE._replace(vars={**STATE.vars, "n": object()}), "state.vars['n'] is not JSON"),
    (STATE._replace(frames={"": ROOT}), "state.frames"),
    (STATE._replace(frames={**STATE.frames, "": ROOT._replace(last="x")}), "state.frames[''].last"),
    (with_output(STATE, "later", 1), "'later' has not ended"),
]


@pytest.mark.parametrize(("after", "word"), REFUSED)
def test_other_changes_are_refused_by_name(after: WorkflowState, word: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        state_patch(STATE, after)
    assert word in caught.value.message
