"""Factor 9, compact errors into the context window: a model hears what failed in few words, and mends it."""

from liteagent import Agent, AgentStatus, tool
from liteagent.contracts.messages import ToolCall
from liteagent.testing import ScriptedLLM


async def test_a_failure_is_told_in_few_words_and_never_as_a_traceback() -> None:
    @tool(effect="safe")
    def read(path: str) -> str:
        """Read a file."""
        raise OSError("No such\nfile. " + "x" * 5000)

    llm = ScriptedLLM([ToolCall("1", "read", '{"path": "a"}'), "I cannot read it."])
    state = await Agent(llm, tools=[read]).run("Read a")
    heard = llm.requests[1].messages[-1].content
    assert state.text == "I cannot read it."
    assert len(heard) < 500
    assert "OSError: No such file." in heard
    assert "Traceback" not in heard


async def test_after_three_failures_in_a_row_the_model_gets_one_last_word() -> None:
    @tool(effect="safe")
    def read() -> str:
        """Read."""
        raise OSError("gone")

    calls = [ToolCall(str(n), "read", "{}") for n in range(3)]
    llm = ScriptedLLM([*calls, "It is gone."])
    state = await Agent(llm, tools=[read]).run("Read")
    assert (state.status, state.text) == (AgentStatus.COMPLETED, "It is gone.")
    assert "keep failing" in llm.requests[-1].messages[0].content
