"""Factor 2, own your prompts: every text that reaches a model is in one place, to print and to change."""

from dataclasses import fields, replace

from liteagent import Agent, Prompts, request_human_input
from liteagent.engine.agent.guards import Guards
from liteagent.testing import ScriptedLLM


async def test_the_printed_prompt_is_what_the_model_reads() -> None:
    llm = ScriptedLLM(["Ahoy."])
    prompts = Prompts(system="You are {name}, a pirate. {purpose}")
    agent = Agent(llm, name="Anne", purpose="Be brief.", prompts=prompts, tools=[request_human_input])
    await agent.run("Hello")
    assert llm.requests[0].messages[0].content == agent.prompt()
    assert agent.prompt().startswith("You are Anne, a pirate. Be brief.")


async def test_nothing_is_added_behind_your_back() -> None:
    empty = replace(Prompts(), **{each.name: "" for each in fields(Prompts)})
    llm = ScriptedLLM(["Hi."])
    agent = Agent(llm, prompts=empty, tools=[request_human_input], guards=Guards(canary="canary-1"))
    await agent.run("Hello")
    assert [message.content for message in llm.requests[0].messages] == ["Hello"]
