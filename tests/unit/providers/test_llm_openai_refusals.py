"""What a server does not take is asked for in another way, once and from then on."""

import json
from typing import Any

import httpx2
import pytest

from liteagent.contracts.errors import ProviderAuthError, ProviderRequestError
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, OutputSchema, ToolSpec, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm import openai, openai_compatible
from tests.unit.providers.wire.server import Server, chat_reply, refused, responses_reply

HI = (Message(Role.USER, "Hi"),)
LOOK = ToolSpec("look", "Look.", {"type": "object", "properties": {}})
LISTEN = ToolSpec("listen", "Listen.", {"type": "object", "properties": {}})
SHAPE = OutputSchema("shape", {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]})
SHAPED = LLMRequest(HI, output_schema=SHAPE)


def compatible(server: Server, **options: Any) -> LLM:
    config = LLMConfig("tiny", base_url="http://model.test/v1", options=options)
    return openai_compatible.create(config, transport=server.transport)


def of_openai(server: Server, model: str = "gpt-5-mini", **options: Any) -> LLM:
    return openai.create(LLMConfig(model, "sk-x", options=options), transport=server.transport)


def formats(server: Server) -> list[str]:
    return [body.get("response_format", {}).get("type", "words") for body in server.bodies]


async def test_json_schema_then_json_then_words_and_never_again() -> None:
    server = Server(
        refused("response_format: 'json_schema' is not supported"),
        refused("'response_format.type' must be 'json_schema' or 'text'"),
        chat_reply('{"a": "b"}'),
    )
    llm = compatible(server)
    assert (await complete(llm, SHAPED)).message.content == '{"a": "b"}'
    await complete(llm, SHAPED)
    assert formats(server) == ["json_schema", "json_object", "words", "words"]
    said = [[message["content"] for message in body["messages"]] for body in server.bodies]
    assert said[0] == ["Hi"]
    for words, question in said[1:]:
        assert json.dumps(SHAPE.schema) in words
        assert question == "Hi"


async def test_a_shape_that_is_refused_without_a_word() -> None:
    server = Server(refused("Bad request", 422), chat_reply("{}"))
    await complete(compatible(server), SHAPED)
    assert formats(server) == ["json_schema", "json_object"]


async def test_words_are_put_behind_the_first_instructions() -> None:
    server = Server(chat_reply("{}"))
    llm = compatible(server, profile={"structured": "none"})
    await complete(llm, LLMRequest((Message(Role.SYSTEM, "Be kind."), *HI), output_schema=SHAPE))
    first, second = server.bodies[0]["messages"]
    assert first["role"] == "system"
    assert first["content"].startswith("Be kind.\n\nAnswer with one JSON object")
    assert second["content"] == "Hi"


async def test_one_schema_that_is_not_taken_does_not_spoil_the_next() -> None:
    server = Server(refused("Invalid schema for response_format 'shape': …"), chat_reply("{}"))
    llm = compatible(server)
    await complete(llm, SHAPED)
    await complete(llm, SHAPED)
    assert formats(server) == ["json_schema", "json_object", "json_schema"]


@pytest.mark.parametrize(
    "said", ["This model's maximum context length is 8192 tokens.", "Your prompt is too long."]
)
async def test_a_conversation_that_is_too_long_is_not_sent_again(said: str) -> None:
    server = Server(refused(said))
    with pytest.raises(ProviderRequestError, match=said):
        await complete(compatible(server), SHAPED)
    assert len(server.requests) == 1


FULL = LLMRequest(
    HI,
    (LOOK, LISTEN),
    temperature=0.5,
    max_output_tokens=9,
    tool_choice="required",
    parallel_tools=False,
    reasoning_effort="low",
    top_p=0.9,
    stop=("END",),
)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("stream_options", "Unrecognized request argument supplied: stream_options"),
        ("parallel_tool_calls", "parallel_tool_calls: Extra inputs are not permitted"),
        ("tool_choice", "tool_choice 'required' is not supported by this server"),
        ("temperature", "Unsupported value: 'temperature' does not support 0.5 with this model."),
        ("top_p", "Unsupported parameter: 'top_p' is not supported with this model."),
        ("reasoning_effort", "Unknown parameter: 'reasoning_effort'."),
        ("prompt_cache_key", "property 'prompt_cache_key' is unsupported"),
        ("stop", "Unsupported parameter: 'stop' is not supported with this model."),
    ],
)
async def test_a_field_that_a_server_does_not_take_is_left_out(field: str, said: str) -> None:
    server = Server(refused(said), chat_reply())
    llm = compatible(server, prompt_cache_key="k")
    await complete(llm, FULL)
    await complete(llm, FULL)
    assert [field in body for body in server.bodies] == [True, False, False]
    first, second, _ = server.bodies
    assert first.keys() - second.keys() == {field}


@pytest.mark.parametrize("status", [401, 403, 429, 503])
async def test_other_refusals_are_final(status: int) -> None:
    server = Server(refused("temperature is not supported", status))
    llm = compatible(server)
    with pytest.raises(Exception, match="temperature"):
        await complete(llm, FULL)
    assert len(server.requests) == 1


async def test_a_value_out_of_range_is_the_callers_to_know() -> None:
    server = Server(refused("temperature must be at most 2"))
    with pytest.raises(ProviderRequestError, match="at most 2"):
        await complete(compatible(server), FULL)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("choice", "offered"), [("none", []), ("required", ["look", "listen"]), (LISTEN, ["listen"])]
)
async def test_without_tool_choice_the_offer_says_what_may_be_called(choice: Any, offered: list[str]) -> None:
    server = Server(refused("tool_choice is not supported"), chat_reply())
    await complete(compatible(server), LLMRequest(HI, (LOOK, LISTEN), tool_choice=choice))
    assert [tool["function"]["name"] for tool in server.bodies[1].get("tools", [])] == offered


async def test_without_stop_the_answer_is_cut_here() -> None:
    server = Server(refused("Unsupported parameter: 'stop'"), chat_reply("one END two"))
    response = await complete(compatible(server), FULL)
    assert response.message.content == "one "
    assert response.finish_reason == "stop"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            "max_completion_tokens",
        ),
        ("max_tokens: unknown field", "max_completion_tokens"),
    ],
)
async def test_the_limit_is_called_as_the_server_calls_it(said: str, name: str) -> None:
    server = Server(refused(said), chat_reply())
    await complete(compatible(server), FULL)
    assert server.bodies[1][name] == 9
    assert "max_tokens" not in server.bodies[1]


async def test_a_limit_that_is_too_high_is_not_renamed() -> None:
    server = Server(refused("max_tokens is too large: 9. This model takes at most 4."))
    with pytest.raises(ProviderRequestError):
        await complete(compatible(server), FULL)
    assert len(server.requests) == 1


async def test_a_role_that_a_server_does_not_know() -> None:
    server = Server(refused("Unexpected message role."), chat_reply())
    llm = compatible(server, profile={"system_role": "developer"})
    await complete(llm, LLMRequest((Message(Role.SYSTEM, "Be kind."), *HI)))
    assert [body["messages"][0]["role"] for body in server.bodies] == ["developer", "system"]


async def test_a_server_that_refuses_everything_is_asked_only_so_often() -> None:
    def refuse(body: dict[str, Any]) -> httpx2.Response:
        return refused("not supported: " + " ".join(body))

    server = Server(refuse)
    with pytest.raises(ProviderRequestError):
        await complete(compatible(server, prompt_cache_key="k"), FULL)
    assert len(server.requests) <= 12


async def test_what_is_configured_stays_although_it_is_refused() -> None:
    server = Server(refused("response_format json_schema and temperature are not supported"))
    llm = compatible(server, body={"response_format": {"type": "json_schema"}, "temperature": 1})
    for request in (SHAPED, FULL):
        with pytest.raises(ProviderRequestError):
            await complete(llm, request)
    assert len(server.requests) <= 12
    assert all(body["temperature"] == 1 for body in server.bodies)


@pytest.mark.parametrize(
    "missing",
    [
        refused("Invalid URL (POST /v1/responses)", 404),
        httpx2.Response(404, json={"detail": "Not Found"}),
        httpx2.Response(405, content=b""),
        refused("not implemented", 501),
    ],
)
async def test_without_responses_chat_completions_are_asked(missing: httpx2.Response) -> None:
    server = Server(missing, chat_reply("from chat"))
    llm = of_openai(server)
    assert (await complete(llm, LLMRequest(HI))).message.content == "from chat"
    await complete(llm, LLMRequest(HI))
    assert server.paths == ["/v1/responses", "/v1/chat/completions", "/v1/chat/completions"]


async def test_a_model_that_is_not_there_is_not_looked_for_elsewhere() -> None:
    server = Server(refused("The model 'x' does not exist", 404, code="model_not_found"))
    with pytest.raises(ProviderRequestError, match="does not exist"):
        await complete(of_openai(server), LLMRequest(HI))
    assert server.paths == ["/v1/responses"]


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        ("Your organization must be verified to generate reasoning summaries.", "summary"),
        ("Unsupported value: 'reasoning.effort' does not support 'low'.", "effort"),
    ],
)
async def test_a_part_of_a_field_that_is_refused_takes_only_itself_away(said: str, gone: str) -> None:
    server = Server(refused(said, param=f"reasoning.{gone}"), responses_reply())
    await complete(of_openai(server), LLMRequest(HI, reasoning_effort="low"))
    first, second = (body["reasoning"] for body in server.bodies)
    assert first.keys() - second.keys() == {gone}


async def test_state_that_cannot_be_decrypted_is_left_out_this_once() -> None:
    thought: dict[str, Any] = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "encrypted_content": "sealed",
    }
    server = Server(
        responses_reply("One.", thought),
        refused("The encrypted content could not be verified.", code="invalid_encrypted_content"),
        responses_reply("Two."),
    )
    llm = of_openai(server)
    first = await complete(llm, LLMRequest(HI))
    told = LLMRequest((*HI, first.message, *HI))
    assert (await complete(llm, told)).message.content == "Two."
    await complete(llm, told)
    kinds = [[item.get("type", item.get("role")) for item in body["input"]] for body in server.bodies]
    whole = ["user", "reasoning", "assistant", "user"]
    assert kinds == [["user"], whole, ["user", "assistant", "user"], whole]


async def test_a_wrong_key_is_asked_once() -> None:
    server = Server(refused("Incorrect API key", 401))
    with pytest.raises(ProviderAuthError):
        await complete(of_openai(server), SHAPED)
    assert len(server.requests) == 1
