"""What language models are asked for during a search, and what is made of their answers."""

import pytest

from liteagent.contracts.documents import Scalar
from liteagent.contracts.errors import ProviderResponseError
from liteagent.contracts.retrieval import Condition
from liteagent.engine.rag.answer_json import json_in
from liteagent.engine.rag.filters import condition_json, infer_conditions
from liteagent.engine.rag.reranking import LLMReranker
from liteagent.engine.rag.rewriting import rewrite
from liteagent.testing.scripted_llm import ScriptedLLM

FIELDS: dict[str, list[Scalar]] = {"author": ["Ada", "Bob"], "year": [2019, 2021], "draft": [True]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Sure! ```json\n{"1": 3}\n``` Done.', {"1": 3}),
        ("[1, 2] and {}", [1, 2]),
        ("{not json} [5]", [5]),
        ("nothing", None),
        ("", None),
        ("[" * 5000, None),
    ],
)
def test_json_is_found_in_what_is_around_it(text: str, found: object) -> None:
    assert json_in(text) == found


@pytest.mark.parametrize(
    "answer",
    [
        '["brew tea", "tea temperature", "Brew tea!"]',
        "1. brew tea\n2) tea temperature\n\n3. How is tea made?",
        '- "brew tea"\n* tea temperature',
        'Here you are: ["How is TEA made", "brew tea", 5, "tea temperature", ""]',
    ],
)
async def test_wordings_are_read_in_any_shape_each_once_and_without_the_question(answer: str) -> None:
    assert await rewrite(ScriptedLLM([answer]), "How is tea made?", 3) == ["brew tea", "tea temperature"]


async def test_no_more_wordings_than_were_asked_for() -> None:
    llm = ScriptedLLM(['["a", "b", "c", "d"]'])
    assert await rewrite(llm, "q", 2) == ["a", "b"]
    assert "2 other wordings" in llm.requests[0].messages[0].content


@pytest.mark.parametrize(
    "answer",
    [
        '{"1": 2, "2": 9.5, "3": 0}',
        '```json\n{"scores": {"[1]": "2", "[2]": 9.5, "[3]": -3}}\n```',
        "[2, 9.5, 0]",
        '[{"passage": 2, "score": 9.5}, {"passage": 1, "score": 2}]',
        "[1]: 2\n[2]: 9.5\n[3]: 0\n[44]: 7",
        '{"1": 2, "2": 9.5}',
    ],
)
async def test_scores_are_read_in_any_shape(answer: str) -> None:
    reranker = LLMReranker(ScriptedLLM([answer], model="judge"))
    assert await reranker.scores("tea?", ["a", "b", "c"]) == [2, 9.5, 0]
    assert reranker.model == "judge"
    await reranker.aclose()


@pytest.mark.parametrize("answer", ["I cannot say.", '{"1": 5}', "[true, null, {}]", '{"first": 1}'])
async def test_an_answer_without_scores_is_a_bad_response(answer: str) -> None:
    with pytest.raises(ProviderResponseError, match="of 3 passages"):
        await LLMReranker(ScriptedLLM([answer])).scores("tea?", ["a", "b", "c"])


async def test_nothing_to_rerank_asks_nobody() -> None:
    llm = ScriptedLLM([])
    assert await LLMReranker(llm).scores("tea?", []) == []
    assert llm.requests == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('[{"field": "author", "any_of": ["ADA ", "Eve"]}]', (Condition("author", ("Ada",)),)),
        ('{"field": "author", "any_of": "bob"}', (Condition("author", ("Bob",)),)),
        ('[{"field": "year", "any_of": ["2019"]}]', (Condition("year", (2019,)),)),
        ('[{"field": "year", "at_least": 2020}]', (Condition("year", (), 2020, None),)),
        ('[{"field": "year", "at_least": "2020"}]', ()),
        ('[{"field": "author", "at_most": 7}]', ()),
        ('[{"field": "year", "at_most": true}]', ()),
        ('[{"field": "draft", "any_of": [true]}]', (Condition("draft", (True,)),)),
        ('[{"field": "colour", "any_of": ["red"]}, 5, null]', ()),
        ('[{"field": ["author"], "any_of": ["Ada"]}]', ()),
        ('[{"field": "author"}]', ()),
        ("[]", ()),
        ("none", ()),
    ],
)
async def test_only_conditions_on_what_exists_are_taken(answer: str, expected: tuple[Condition, ...]) -> None:
    assert await infer_conditions(ScriptedLLM([answer]), "By Ada?", FIELDS) == expected


async def test_without_metadata_no_model_is_asked() -> None:
    llm = ScriptedLLM([])
    assert await infer_conditions(llm, "By Ada?", {}) == ()
    assert llm.requests == []


async def test_a_field_with_many_values_is_told_by_examples() -> None:
    llm = ScriptedLLM(["[]"])
    await infer_conditions(llm, "q", {"title": [f"t{n:03}" for n in range(500)]})
    told = llm.requests[0].messages[0].content
    assert "t029" in told
    assert "t030" not in told
    assert "others like these" in told


def test_a_condition_is_told_without_what_it_leaves_open() -> None:
    assert condition_json(Condition("a", ("x",))) == {"field": "a", "any_of": ["x"]}
    assert condition_json(Condition("a", at_most=0)) == {"field": "a", "at_most": 0}
