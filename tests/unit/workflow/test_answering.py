"""The order in which an answer is shown while it is being written."""

from typing import Any

import pytest

from liteagent.engine.workflow.answering import AnswerStream, Said
from liteagent.engine.workflow.document import from_document

SIDE_BY_SIDE: dict[str, Any] = {
    "start": {"type": "start"},
    "a": {"type": "llm", "prompt": "x"},
    "b": {"type": "agent", "purpose": "x"},
    "say": {"type": "answer", "text": "First {{ a.output }}, then {{ b.output }}."},
}
WAYS = ["start -> a -> say", "start -> b -> say"]


def stream(nodes: dict[str, Any], edges: list[Any]) -> AnswerStream:
    return AnswerStream(from_document({"liteagent": 1, "id": "x", "nodes": nodes, "edges": edges}))


def text(said: list[Said]) -> str:
    return "".join(each.text for each in said)


def test_what_a_later_model_says_waits_for_the_earlier() -> None:
    answers = stream(SIDE_BY_SIDE, WAYS)
    assert answers.speakers == {"a", "b"}
    assert answers.started() == [Said("say", "First ")]
    assert answers.completed("start", {}) == []
    assert answers.begun("a") == answers.begun("b") == []
    assert answers.heard("b", "two") == []
    assert answers.heard("a", "o") == [Said("say", "o")]
    assert answers.completed("b", "two!") == []
    assert answers.heard("a", "n") == [Said("say", "n")]
    assert text(answers.completed("a", "one")) == "e, then two!."
    assert answers.completed("say", "First one, then two!.") == []
    assert answers.again() == answers.ended() == []


def test_nothing_is_shown_of_an_answer_that_may_not_be_given() -> None:
    nodes = {
        "start": {"type": "start"},
        "write": {"type": "llm", "prompt": "x"},
        "check": {"type": "condition", "when": "true"},
        "good": {"type": "answer", "text": "Good: {{ write.output }}"},
        "bad": {"type": "answer", "text": "Bad: {{ write.output }}"},
    }
    answers = stream(nodes, ["start -> write -> check", {"check -> good": True}, {"check -> bad": False}])
    assert answers.started() == answers.heard("write", "so") == answers.completed("write", "so") == []
    assert answers.completed("check", True, "true") == [Said("good", "Good: so")]
    assert answers.completed("good", "Good: so") == []
    assert answers.ended() == []


def test_a_second_try_begins_the_text_anew() -> None:
    answers = stream(SIDE_BY_SIDE, WAYS)
    answers.started()
    answers.heard("a", "wrong")
    assert answers.begun("a") == [Said("say", "First ", 2)]
    assert answers.heard("a", "right") == [Said("say", "right", 2)]
    assert answers.again() == [Said("say", "First right", 3)]
    assert answers.heard("a", "!") == [Said("say", "!", 3)]


@pytest.mark.parametrize("reference", ["a.output.text", "a.output + 'x'", "vars.a", "nobody.output"])
def test_what_can_only_be_computed_waits_for_the_whole(reference: str) -> None:
    nodes = {**SIDE_BY_SIDE, "say": {"type": "answer", "text": "So {{ " + reference + " }} it is."}}
    answers = stream(nodes, WAYS)
    assert answers.speakers == frozenset()
    assert answers.started() == [Said("say", "So ")]
    assert answers.heard("a", "x") == answers.completed("a", {"text": "x"}) == []
    assert answers.completed("say", "So x it is.") == [Said("say", "x it is.")]


def test_words_that_are_not_the_output_are_not_shown() -> None:
    nodes = {**SIDE_BY_SIDE, "a": {"type": "llm", "prompt": "x", "output": {"type": "object"}}}
    answers = stream(nodes, WAYS)
    assert answers.speakers == {"b"}
    answers.started()
    assert answers.heard("a", '{"x":') == []


def test_the_answer_as_it_was_given_has_the_last_word() -> None:
    answers = stream(SIDE_BY_SIDE, WAYS)
    answers.started()
    answers.heard("a", "one")
    assert answers.completed("say", "Something else.") == [Said("say", "Something else.", 2)]


def test_output_is_that_of_the_one_node_before() -> None:
    nodes = {
        "start": {"type": "start"},
        "a": {"type": "llm", "prompt": "x"},
        "say": {"type": "answer", "text": "{{ output }}"},
    }
    assert stream(nodes, ["start -> a -> say"]).speakers == {"a"}
    assert stream(nodes, ["start -> a -> say", "start -> say"]).speakers == frozenset()


def test_answers_are_shown_one_after_the_other_and_none_blocks_for_ever() -> None:
    nodes = {
        "start": {"type": "start"},
        "a": {"type": "llm", "prompt": "x"},
        "one": {"type": "answer", "text": "{{ a.output }}"},
        "two": {"type": "answer", "text": "Two."},
    }
    answers = stream(nodes, ["start -> a -> one", "start -> one", "start -> two"])
    assert answers.started() == []
    answers.heard("a", "so")
    assert answers.completed("two", "Two.") == []
    assert answers.ended() == [Said("two", "Two.")]


def test_nodes_of_bodies_and_children_change_nothing() -> None:
    answers = stream(SIDE_BY_SIDE, WAYS)
    answers.started()
    assert answers.begun("each/0/a") == answers.heard("each/0/a", "x") == []
    assert answers.completed("each/0/a", "x") == []
