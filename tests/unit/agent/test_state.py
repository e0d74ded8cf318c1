"""The state: all of it survives JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.documents import DocumentRef, Passage
from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import dump, load
from liteagent.contracts.llm import Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.contracts.runs import Safety
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.events import ToolAnswer
from liteagent.engine.agent.memory import SlidingWindowMemory, TokenLimitedMemory
from liteagent.engine.agent.prompts import Prompts
from liteagent.engine.agent.state import AgentState, PendingCall
from liteagent.engine.agent.types import AgentStatus, HumanContactRequest, ToolDefinition

text = st.text(max_size=20)
count = st.integers(0, 2**53)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
json_objects = st.dictionaries(text, json_values, max_size=3)
finite = st.floats(allow_nan=False, allow_infinity=False)
calls = st.builds(ToolCall, text, text, text)
messages = st.builds(
    Message,
    st.sampled_from(Role),
    text,
    st.lists(calls, max_size=2).map(tuple),
    st.none() | text,
)
passages = st.builds(
    Passage,
    text,
    st.builds(DocumentRef, text, text),
    text,
    count,
    count,
    text,
    finite,
    st.lists(text, max_size=2).map(tuple),
    st.dictionaries(text, finite, max_size=2),
)
answers = st.builds(
    ToolAnswer, text, text, st.none() | st.lists(passages, max_size=2).map(tuple), st.none() | json_objects
)
states = st.builds(
    AgentState,
    run_id=text,
    seq=count,
    status=st.sampled_from(AgentStatus),
    messages=st.lists(messages, max_size=4).map(tuple),
    turn_start=st.integers(0, 4),
    calls=st.lists(
        st.builds(PendingCall, calls, st.none() | count, st.none() | answers, st.booleans()), max_size=2
    ).map(tuple),
    model_request=st.none() | count,
    model_calls=count,
    tool_calls=count,
    failures=count,
    passages=st.lists(passages, max_size=2).map(tuple),
    traces=st.lists(json_objects, max_size=2).map(tuple),
    human_request=st.none()
    | st.builds(HumanContactRequest, text, text, st.lists(text, max_size=2).map(tuple), text),
    usage=st.builds(Usage, count, count, text),
    finish_reason=text,
    partial=text,
    error=st.none() | json_objects,
)
definitions = st.builds(
    AgentDefinition,
    name=text,
    purpose=text,
    tools=st.lists(
        st.builds(ToolDefinition, text, text, json_objects, st.sampled_from(Safety)),
        max_size=3,
        unique_by=lambda tool: tool.name,
    ).map(tuple),
    prompts=st.builds(Prompts, *[text] * 6),
    memory=st.builds(TokenLimitedMemory, st.integers(1)) | st.builds(SlidingWindowMemory, st.integers(1)),
    max_steps=st.integers(1, 10**6),
    temperature=st.none() | finite,
    max_output_tokens=st.none() | count,
)


@given(states)
def test_a_state_survives_json(state: AgentState) -> None:
    again = AgentState.from_json(state.to_json())
    assert again == state
    assert again.to_json() == state.to_json()
    assert again.steps == state.steps


@given(definitions)
def test_a_definition_survives_json(definition: AgentDefinition) -> None:
    assert load(AgentDefinition, dump(definition)) == definition


def test_a_definition_may_say_only_what_differs() -> None:
    definition = load(AgentDefinition, {"purpose": "Help.", "memory": {"window_size": 4}})
    assert definition == AgentDefinition(purpose="Help.", memory=SlidingWindowMemory(4))


@pytest.mark.parametrize(
    "limit", ["max_steps", "max_tool_calls", "max_failures", "max_error_chars", "max_result_chars"]
)
def test_a_limit_below_one_is_refused(limit: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{limit} is 0"):
        load(AgentDefinition, {limit: 0})


def test_two_tools_of_one_name_are_refused() -> None:
    look = ToolDefinition("look", "", {})
    with pytest.raises(InvalidInputError, match="Two tools are called 'look'"):
        AgentDefinition(tools=(look, look))


@pytest.mark.parametrize("bad", ["", "{", "[]", '{"status": "ASLEEP"}', '{"messages": 3}'])
def test_other_text_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInputError, match=r"AgentState\.to_json"):
        AgentState.from_json(bad)


def test_a_state_is_immutable() -> None:
    with pytest.raises(AttributeError):
        AgentState().seq = 3  # pyright: ignore[reportAttributeAccessIssue]  the refusal is what is tested
