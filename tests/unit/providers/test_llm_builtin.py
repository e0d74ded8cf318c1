"""The built-in model: searches, quotes with numbers, and says what it is."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.llm import (
    LLM,
    LLMConfig,
    LLMRequest,
    LLMResponse,
    ModelInfo,
    TextDelta,
    ToolSpec,
    complete,
)
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.builtin import MODEL, SEARCH_TOOL, create

SEARCH = ToolSpec(SEARCH_TOOL, "Search.", {"type": "object", "properties": {"query": {"type": "string"}}})
COPY = """shutil.copy(src, dst, *, follow_symlinks=True)

Copies the file src to the file or directory dst. src and dst should be path-like objects or strings.

>>> shutil.copy("a.txt", "b.txt")
'b.txt'

If dst specifies a directory, the file will be copied into dst using the base filename from src."""
TEA = "Green tea is brewed at 70 degrees. Black tea takes boiling water."


@pytest.fixture
def llm() -> LLM:
    return create(LLMConfig(MODEL))


def user(text: str) -> Message:
    return Message(Role.USER, text)


def turn(question: str, *passages: str | dict[str, Any]) -> tuple[Message, ...]:
    """A question, the search, and what it found."""
    listed = [
        {"n": number, "document": f"doc{number}.md", "text": passage} if isinstance(passage, str) else passage
        for number, passage in enumerate(passages, 1)
    ]
    call = ToolCall("c1", SEARCH_TOOL, json.dumps({"query": question}))
    result = Message(Role.TOOL, json.dumps({"passages": listed}), tool_call_id="c1")
    return user(question), Message(Role.ASSISTANT, "", (call,)), result


async def said(llm: LLM, *messages: Message) -> str:
    return (await complete(llm, LLMRequest(messages, (SEARCH,)))).message.content


async def searched(llm: LLM, *messages: Message) -> str:
    response = await complete(llm, LLMRequest(messages, (SEARCH,)))
    (call,) = response.message.tool_calls
    assert call.name == SEARCH_TOOL
    assert response.finish_reason == "tool_calls"
    return json.loads(call.arguments)["query"]


async def test_it_asks_for_passages_with_the_question(llm: LLM) -> None:
    assert await searched(llm, Message(Role.SYSTEM, "Be kind."), user("How do I copy a file?")) == (
        "How do I copy a file?"
    )


@pytest.mark.parametrize(
    ("follow_up", "query"),
    [
        ("And how do I move it?", "And how do I move it? copy file"),
        ("What about directories?", "What about directories? copy file"),
        ("Why?", "Why? copy file"),
        ("What is a generator?", "What is a generator?"),
        ("How do I write a function that returns a list?", "How do I write a function that returns a list?"),
    ],
)
async def test_a_follow_up_takes_the_words_before_with_it(llm: LLM, follow_up: str, query: str) -> None:
    before = (*turn("How do I copy a file?", COPY), Message(Role.ASSISTANT, "So and so. [1]"))
    assert await searched(llm, *before, user(follow_up)) == query


async def test_a_chain_of_follow_ups_reaches_its_topic(llm: LLM) -> None:
    messages = [user("How do I copy a file?"), user("And a folder?"), user("Why?")]
    assert await searched(llm, *messages) == "Why? folder copy file"


async def test_it_quotes_with_the_number_of_the_passage_and_says_what_it_is(llm: LLM) -> None:
    answer = await said(llm, *turn("How do I copy a file?", TEA, COPY))
    first = answer.splitlines()[0]
    assert first.startswith(
        "`shutil.copy(src, dst, *, follow_symlinks=True)`: Copies the file src to the file or directory dst."
    )
    assert first.endswith(" [2]")
    assert "tea" not in answer
    assert ">>>" not in answer
    assert answer.splitlines()[-1].startswith("_")
    assert "no language model" in answer.splitlines()[-1]


async def test_code_that_a_quoted_sentence_announces_is_shown(llm: LLM) -> None:
    passage = "To create an environment, run:\n\n$ python3 -m venv place\n\nEnvironments are folders."
    answer = await said(llm, *turn("How do I create an environment?", passage))
    assert answer.startswith("To create an environment, run: [1]\n\n```\n$ python3 -m venv place\n```\n\n")


async def test_every_sentence_stands_in_the_passage_that_it_cites(llm: LLM) -> None:
    passages = {1: TEA, 2: COPY}
    answer = await said(llm, *turn("How hot is green tea brewed, and black tea?", *passages.values()))
    quotes = re.findall(r"(?:^|\] )([^\]\n]+?) \[(\d+)\]", answer, re.MULTILINE)
    assert quotes
    assert all(text in passages[int(number)] for text, number in quotes)


@pytest.mark.parametrize("question", ["What is the capital of France?", "Who won the world cup in 1954?"])
async def test_it_says_when_the_documents_do_not_answer(llm: LLM, question: str) -> None:
    answer = await said(llm, *turn(question, COPY, TEA))
    assert answer.startswith("I found no answer to this in the documents")
    assert "doc1.md, doc2.md" in answer
    assert "[1]" not in answer


async def test_no_passages_at_all(llm: LLM) -> None:
    assert "no answer" in await said(llm, *turn("How do I copy a file?"))


@pytest.mark.parametrize(
    "result", ["", "no JSON", "[]", '{"error": "boom"}', '{"passages": 5}', "[" * 50_000]
)
async def test_a_search_that_failed_is_told_and_not_repeated(llm: LLM, result: str) -> None:
    question, call, _ = turn("How do I copy a file?")
    answer = await said(llm, question, call, Message(Role.TOOL, result, tool_call_id="c1"))
    assert "did not work" in answer


async def test_odd_passages_are_passed_over(llm: LLM) -> None:
    odd: list[Any] = [5, {"n": "1", "text": COPY}, {"n": 2}, {"n": 3, "text": COPY}]
    assert "[3]" in await said(llm, *turn("How do I copy a file?", *odd))


async def test_headings_that_the_search_tells_count(llm: LLM) -> None:
    text = "It is a small piece of a window, drawn by the toolkit."
    told = {"n": 4, "document": "glossary.html", "heading": "Glossary > Widget", "text": text}
    assert f"{text} [4]" in await said(llm, *turn("Which piece of a window is a widget?", told))


async def test_a_very_long_question_becomes_a_query_that_the_tool_takes(llm: LLM) -> None:
    assert len(await searched(llm, user("why " * 3000))) == 2000


@pytest.mark.parametrize(
    "greeting", ["Hi", "hello there!", "Thank you.", "Who are you?", "What can you do?", " "]
)
async def test_it_introduces_itself_to_who_only_greets(llm: LLM, greeting: str) -> None:
    answer = await said(llm, user(greeting))
    assert "built-in extractive model" in answer
    assert "/api/providers" in answer


async def test_without_the_tool_it_introduces_itself(llm: LLM) -> None:
    for messages in [(), (user("How do I copy a file?"),)]:
        response = await complete(llm, LLMRequest(messages))
        assert "no language model" in response.message.content
        assert response.message.tool_calls == ()


async def test_it_streams_word_by_word_and_counts_words(llm: LLM) -> None:
    items = [item async for item in llm.stream(LLMRequest(turn("How do I copy a file?", COPY), (SEARCH,)))]
    *deltas, last = items
    assert isinstance(last, LLMResponse)
    assert all(isinstance(item, TextDelta) and len(item.text.split()) == 1 for item in deltas)
    assert last.usage.unit == "words"
    assert last.usage.output == len(last.message.content.split())
    assert last.usage.input > 40
    assert last.model == MODEL


async def test_it_has_one_model() -> None:
    assert await create(LLMConfig("")).models() == (ModelInfo(MODEL),)
    with pytest.raises(InvalidInputError, match="builtin-extractive"):
        create(LLMConfig("gpt-9"))


async def test_calls_of_one_conversation_have_different_ids(llm: LLM) -> None:
    one = await complete(llm, LLMRequest((user("tea"),), (SEARCH,)))
    both = (user("tea"), one.message, Message(Role.TOOL, "{}", tool_call_id="x"), user("tea"))
    other = await complete(llm, LLMRequest(both, (SEARCH,)))
    assert one.message.tool_calls[0].id != other.message.tool_calls[0].id


@given(question=st.text(max_size=80), passages=st.lists(st.text(max_size=300), max_size=4))
async def test_no_text_makes_it_stumble(question: str, passages: list[str]) -> None:
    answer = await said(create(LLMConfig("")), *turn(question, *passages))
    answer.encode()
    assert "\0" not in answer
