"""Prompts: printed, overridden, and filled in without a way out of the template."""

from dataclasses import fields, replace

from liteagent.contracts.json import dump, load
from liteagent.contracts.messages import Message, Role
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.human import request_human_input
from liteagent.engine.agent.prompts import Prompts, render
from liteagent.engine.agent.requests import build_request, system_prompt
from liteagent.engine.agent.state import AgentState
from liteagent.engine.agent.tools import Tool
from liteagent.engine.agent.twelve_factor_agent import Agent
from liteagent.testing import ScriptedLLM


def test_values_are_filled_in_once() -> None:
    assert render("{a} {b}", a="{b}", b="{a}") == "{b} {a}"


def test_braces_that_name_nothing_stay() -> None:
    text = '{"json": {}} {0} {name.__class__} {name!r} {unknown}'
    assert render(text, name="Ada") == text


def test_a_purpose_cannot_reach_into_the_template() -> None:
    definition = AgentDefinition(name="{purpose}", purpose="Say {name} {0} {} {name.__class__}")
    assert system_prompt(definition) == "You are {purpose}.\n\nSay {name} {0} {} {name.__class__}"


def test_an_agent_prints_its_whole_prompt(add: Tool) -> None:
    llm = ScriptedLLM(["Hi."])
    agent = Agent(llm, name="Ada", purpose="Do sums.", tools=[add, request_human_input])
    prompt = agent.prompt()
    assert prompt.startswith("You are Ada.\n\nDo sums.")
    assert Prompts().tools in prompt
    assert Prompts().human in prompt
    assert Prompts().knowledge not in prompt


def test_each_text_can_be_overridden() -> None:
    agent = Agent(ScriptedLLM([]), purpose="Rhyme.", prompts=Prompts(system="A poet. {purpose}"))
    assert agent.prompt() == "A poet. Rhyme."
    assert Agent(ScriptedLLM([]), prompts=Prompts(system="")).prompt() == ""


def test_an_empty_prompt_is_no_message() -> None:
    definition = AgentDefinition(prompts=Prompts(system=""))
    state = AgentState(messages=(Message(Role.USER, "Hi"),))
    assert build_request(state, definition).messages == state.messages


def test_a_failing_agent_is_told_so() -> None:
    definition = AgentDefinition(max_failures=2)
    state = AgentState(messages=(Message(Role.USER, "Hi"),), failures=1)
    assert Prompts().failing not in build_request(state, definition).messages[0].content
    assert Prompts().failing in build_request(replace(state, failures=2), definition).messages[0].content


def test_prompts_are_pinned_with_the_definition() -> None:
    texts = Prompts(**{each.name: f"text of {each.name}" for each in fields(Prompts)})
    definition = AgentDefinition(prompts=texts)
    assert load(AgentDefinition, dump(definition)) == definition
