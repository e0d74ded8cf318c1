"""`llm` nodes."""

from typing import Any

import pytest

from liteagent.contracts.errors import ProviderError, ProviderUnavailableError
from liteagent.contracts.llm import LLMResponse, Usage
from liteagent.contracts.messages import Message, Role
from liteagent.contracts.runs import Safety
from liteagent.engine.workflow.nodes.llm import LLM
from liteagent.engine.workflow.services import Services
from liteagent.testing import ScriptedLLM
from liteagent.testing.scripted_llm import Fail, Reply
from tests.unit.workflow.nodes.making import check_form, misfit, output_schema, refusal
from tests.unit.workflow.nodes.outside import Node, WrittenModels

PERSON = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}


class _Asking:
    """An llm node whose model has written replies."""

    def __init__(self, *replies: Reply, pin: Any = None, **config: Any) -> None:
        self.llm = ScriptedLLM(replies)
        self.models = WrittenModels(self.llm)
        config = {"prompt": "Say {{ output }}.", **config}
        self.node = Node(LLM, config, Services(model=self.models), pin)


def test_its_form() -> None:
    fields = {"prompt", "system", "output", "provider", "model", "temperature", "max_output_tokens"}
    check_form(LLM, fields, {"prompt"})


async def test_text_is_streamed_and_is_the_output() -> None:
    asking = _Asking("Hello there", system="Be {{ vars.tone }}.", temperature=0, max_output_tokens=9)
    outcome = await asking.node.perform(output="hi", vars={"tone": "kind"})
    assert outcome.output == "Hello there"
    assert "".join(asking.node.heard) == "Hello there"
    assert len(asking.node.heard) > 1
    (request,) = asking.llm.requests
    assert request.messages == (Message(Role.SYSTEM, "Be kind."), Message(Role.USER, "Say hi."))
    assert (request.temperature, request.max_output_tokens, request.tools) == (0, 9, ())
    assert outcome.usage == {
        "input": 4,
        "output": 2,
        "unit": "tokens",
        "cached": 0,
        "cache_write": 0,
        "reasoning": 0,
        "unpriced": 1,
    }
    assert outcome.detail == {"model": "scripted", "attempts": 1, "prompt": "Say hi."}
    assert asking.node.safety is Safety.SAFE
    assert asking.node.handler.names == {("output",), ("vars", "tone")}


async def test_without_a_system_part_there_is_no_system_message() -> None:
    asking = _Asking("Hello")
    await asking.node.perform(output="hi")
    assert [each.role for each in asking.llm.requests[0].messages] == [Role.USER]


@pytest.mark.parametrize(
    "answer",
    [
        '{"name":"Ada","age":36}',
        'Here it is:\n```json\n{"name": "Ada", "age": 36}\n```\nBye',
        'It is {"name": "Ada", "age": 36}.',
    ],
)
async def test_a_schema_makes_the_answer_a_value(answer: str) -> None:
    asking = _Asking(answer, output=PERSON)
    outcome = await asking.node.perform(output="hi")
    assert outcome.output == {"name": "Ada", "age": 36}
    assert '"age":{"type":"integer"}' in asking.llm.requests[0].messages[0].content
    assert asking.node.heard == []


async def test_an_answer_that_does_not_fit_is_asked_for_once_more() -> None:
    asking = _Asking('{"name":"Ada","age":"old"}', '{"name":"Ada","age":36}', output=PERSON)
    outcome = await asking.node.perform(output="hi")
    assert outcome.output == {"name": "Ada", "age": 36}
    said, problem = asking.llm.requests[1].messages[-2:]
    assert (said.role, said.content) == (Role.ASSISTANT, '{"name":"Ada","age":"old"}')
    assert "age" in problem.content
    assert "integer" in problem.content
    assert outcome.detail is not None
    assert outcome.detail["attempts"] == 2
    first, second = (sum(len(each.content.split()) for each in one.messages) for one in asking.llm.requests)
    assert outcome.usage == {
        "input": first + second,
        "output": 2,
        "unit": "tokens",
        "cached": 0,
        "cache_write": 0,
        "reasoning": 0,
        "unpriced": 2,
    }


async def test_two_unusable_answers_fail_the_node() -> None:
    cut = LLMResponse(Message(Role.ASSISTANT, '{"name":'), Usage(3, 4), "length")
    error = await _Asking("{'a': 1}", cut, output=PERSON).node.failure(output="hi")
    assert error.error_code == "output_invalid"
    assert "not valid JSON" in error.message
    assert "max_output_tokens" in error.message
    assert error.details["usage"]["output"] == 6


async def test_an_empty_answer_is_asked_for_once_more() -> None:
    texts = iter(["", "Hello"])
    asking = _Asking(lambda _request: next(texts))
    outcome = await asking.node.perform(output="hi")
    assert outcome.output == "Hello"
    assert all(each.content for each in asking.llm.requests[1].messages)


@pytest.mark.parametrize(
    ("answer", "output"), [(" yes\n", "yes"), ('"yes"', "yes"), ("**no**", "no"), ("no.", "no")]
)
async def test_a_schema_of_text_takes_the_text(answer: str, output: str) -> None:
    asking = _Asking(answer, output={"type": "string", "enum": ["yes", "no"]})
    assert (await asking.node.perform(output="hi")).output == output


async def test_any_text_needs_no_instruction() -> None:
    asking = _Asking(" as it is ", output={"type": "string"})
    assert (await asking.node.perform(output="hi")).output == "as it is"
    assert len(asking.llm.requests[0].messages) == 1


@pytest.mark.parametrize(
    ("pin", "config", "opened"),
    [
        (None, {}, None),
        (None, {"provider": "main", "model": "big"}, {"provider": "main", "model": "big"}),
        (None, {"model": "big"}, {"model": "big"}),
        ({"provider_id": "7"}, {"provider": "main"}, {"provider_id": "7"}),
    ],
)
async def test_which_model_is_opened(pin: Any, config: dict[str, Any], opened: Any) -> None:
    asking = _Asking("Hello", pin=pin, **config)
    await asking.node.perform(output="hi")
    assert asking.models.pins == [opened]


async def test_a_prompt_with_a_secret_is_not_shown() -> None:
    asking = _Asking("Hello", system="The code is {{ secrets.code }}.")
    outcome = await asking.node.perform(output="hi", secrets={"code": "4711"})
    assert outcome.detail == {"model": "scripted", "attempts": 1}


async def test_the_vendors_failure_passes() -> None:
    error = await _Asking(Fail(ProviderUnavailableError("Down."), "Hel")).node.failure(output="hi")
    assert isinstance(error, ProviderError)
    assert error.partial == "Hel"


async def test_without_models_it_says_what_to_do() -> None:
    error = await Node(LLM, {"prompt": "Hi"}).failure()
    assert error.error_code == "not_configured"
    assert "No model configured. Add a model provider" in error.message


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"prompt": "{{ a. }}"}, "prompt"),
        ({"prompt": "a", "system": "{{"}, "system"),
        ({"prompt": "a", "output": {"type": "text"}}, "output.type"),
        ({"prompt": "a", "output": {"type": ["string", 3]}}, "output.type"),
        ({"prompt": "a", "output": {"$ref": "#/a"}}, "output.$ref"),
        ({"prompt": "a", "output": {"properties": {"x": {"items": 1}}}}, "output.properties.x.items"),
        ({"prompt": "a", "output": {"properties": [1]}}, "output.properties"),
        ({"prompt": "a", "output": {"enum": []}}, "output.enum"),
        ({"prompt": "a", "output": {"type": "string", "pattern": "("}}, "output"),
        ({"prompt": "a", "output": {"type": "string", "minLength": "x"}}, "output"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(config: dict[str, Any], field: str) -> None:
    assert refusal(LLM, config).details["field"] == field


def test_a_schema_nested_without_end_is_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(30):
        schema = {"type": "array", "items": schema}
    assert "20 levels" in refusal(LLM, {"prompt": "a", "output": schema}).message


def test_what_its_model_does_not_accept() -> None:
    assert "prompt" in misfit(LLM, {"prompt": ""})
    assert "temperature" in misfit(LLM, {"prompt": "a", "temperature": 3})
    assert "promt" in misfit(LLM, {"prompt": "a", "promt": "b"})


def test_its_output_is_known() -> None:
    assert output_schema(LLM, {"prompt": "a"}) == {"type": "string"}
    assert output_schema(LLM, {"prompt": "a", "output": PERSON}) == PERSON


CHECKED: list[tuple[dict[str, Any], str, bool]] = [
    ({"type": "integer"}, "3", True),
    ({"type": "integer"}, "3.5", False),
    ({"type": "integer", "minimum": 4}, "3", False),
    ({"type": "integer"}, "true", False),
    ({"type": "number", "exclusiveMaximum": 4}, "3", True),
    ({"type": "number", "exclusiveMaximum": 3}, "3", False),
    ({"type": "boolean"}, "1", False),
    ({"type": ["integer", "null"]}, "null", True),
    ({"type": ["integer", "null"]}, '"a"', False),
    ({"type": "array", "items": {"type": "string"}, "minItems": 1}, "[]", False),
    ({"items": {"type": "string"}}, '["a"]', True),
    ({"items": {"type": "string"}}, "[1]", False),
    ({"type": "object", "required": ["a"]}, "{}", False),
    ({"properties": {"a": {"type": "string", "maxLength": 1}}}, '{"a":"xy"}', False),
    ({"type": "object", "additionalProperties": False}, '{"a":1}', False),
    ({"type": "object", "additionalProperties": {"type": "integer"}}, '{"a":"x"}', False),
    ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "true", True),
    ({"anyOf": [{"type": "integer"}, {"type": "boolean"}]}, "{}", False),
    ({"const": 1}, "true", False),
    ({"enum": [1, {"a": [2]}]}, '{"a":[2]}', True),
    ({"enum": [1, {"a": [2]}]}, '{"a":[3]}', False),
    ({}, "[1,{}]", True),
]


@pytest.mark.parametrize(("schema", "answer", "fits"), CHECKED)
async def test_schemas_are_checked(schema: dict[str, Any], answer: str, fits: bool) -> None:
    node = _Asking(answer, answer, output=schema).node
    if fits:
        assert (await node.perform(output="")).output is not ...
    else:
        assert (await node.failure(output="")).error_code == "output_invalid"
