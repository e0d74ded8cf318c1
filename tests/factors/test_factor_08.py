"""Factor 8, own your control flow: every step is the caller's, and what a turn may use is bounded."""

import pytest

from liteagent import Agent, AgentStatus, tool
from liteagent.contracts.llm import LLMResponse, Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.testing import ManualClock, ScriptedLLM


def _again(_request: object) -> LLMResponse:
    call = ToolCall("x", "look", "{}")
    return LLMResponse(Message(Role.ASSISTANT, "", (call,)), Usage(40, 10), "tool_calls", cost=0.02)


def _agent(clock: ManualClock | None = None, **limits: float) -> Agent:
    @tool(effect="safe")
    def look() -> str:
        """Look."""
        if clock is not None:
            clock.advance(30)
        return "seen"

    return Agent(ScriptedLLM([_again] * 50), tools=[look], clock=clock, **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "value", "calls"),
    [("max_steps", 3, 3), ("max_tokens", 120, 3), ("max_cost", 0.05, 3), ("max_seconds", 70, 3)],
)
async def test_a_turn_ends_when_its_budget_is_used_up(limit: str, value: float, calls: int) -> None:
    clock = ManualClock() if limit == "max_seconds" else None
    state = await _agent(clock, **{limit: value}).run("Look around")
    assert state.status is AgentStatus.FAILED
    assert state.error is not None
    assert state.error["code"] == "budget_exceeded"
    assert state.error["details"] == {"limit": limit, "value": value}
    assert state.model_calls == calls


async def test_a_budget_of_money_is_not_kept_by_guessing() -> None:
    llm = ScriptedLLM([ToolCall("1", "look", "{}"), "Done."])
    priced = _agent(max_cost=1.0)
    unpriced = Agent(llm, tools=[], max_cost=1.0)
    state = await unpriced.run("Look")
    assert state.error is not None
    assert "price" in str(state.error["message"])
    assert priced.definition.max_cost == 1.0


async def test_a_step_is_one_decision() -> None:
    agent = _agent(max_steps=5)
    state = agent.launch("Look")
    state = await agent.step(state)
    assert (state.model_calls, len(state.calls)) == (1, 1)
    state = await agent.step(state)
    assert (state.model_calls, len(state.calls)) == (1, 0)
