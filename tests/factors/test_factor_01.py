"""Factor 1, natural language to tool calls: words go in, checked calls of typed functions come out."""

from liteagent import Agent, StepType, tool
from liteagent.contracts.messages import ToolCall
from liteagent.testing import ScriptedLLM


async def test_words_become_a_checked_call() -> None:
    paid: list[tuple[str, int]] = []

    @tool(effect="idempotent")
    def pay(to: str, cents: int) -> str:
        """Pay somebody."""
        paid.append((to, cents))
        return "paid"

    wrong = ToolCall("1", "pay", '{"to": "Ada", "cents": "a lot"}')
    right = ToolCall("2", "pay", '{"to": "Ada", "cents": 500}')
    llm = ScriptedLLM([wrong, right, "Paid Ada 5 dollars."])
    state = await Agent(llm, tools=[pay]).run("Pay Ada five dollars")
    assert paid == [("Ada", 500)]
    assert state.text == "Paid Ada 5 dollars."
    results = [step.content for step in state.steps if step.type is StepType.TOOL_RESULT]
    assert "invalid_arguments" in results[0]
    assert results[1] == "paid"
    assert llm.requests[0].tools[0].parameters["required"] == ["to", "cents"]
