"""OpenAI's own client against us."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer


@pytest.fixture
async def theirs(live: Api) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client of the served platform, with an API key."""
    key = (await live.made("/api/auth/api-keys", name="client"))["key"]
    async with AsyncOpenAI(api_key=key, base_url=f"{live.http.base_url}/v1", max_retries=0) as client:
        yield client


async def test_models_are_agents_flows_and_embedding_models(live: Api, theirs: AsyncOpenAI) -> None:
    agent = await live.agent(name="House Guide")
    await live.made(
        "/api/workflows",
        liteagent=1,
        id="triage",
        name="Triage",
        nodes={"start": {"type": "start"}, "end": {"type": "end"}},
        edges=["start -> end"],
    )
    found = {each.id: each for each in (await theirs.models.list()).data}
    assert found[agent["slug"]].owned_by == "agent"
    assert found["workflow:triage"].owned_by == "workflow"
    assert (await theirs.models.retrieve("workflow:triage")).id == "workflow:triage"
    with pytest.raises(openai.NotFoundError) as refused:
        await theirs.models.retrieve("gpt-4o")
    assert refused.value.code == "model_not_found"


async def test_a_chat_is_answered_saved_and_counted(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url, system_prompt="Be brief.")
    llm_server.say("Hello ", "there.")
    answer = await theirs.chat.completions.create(
        model=agent["slug"],
        messages=[
            {"role": "developer", "content": "Say it in English."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Yes?"},
            {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
        ],
        temperature=0.3,
        max_tokens=50,
        metadata={"ticket": "7"},
        user="ada",
    )
    assert answer.choices[0].message.content == "Hello there."
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 2)
    sent = llm_server.requests[0]
    assert [each["role"] for each in sent["messages"]] == ["system", "user", "assistant", "user"]
    assert "Be brief." in sent["messages"][0]["content"]
    assert "Say it in English." in sent["messages"][0]["content"]
    assert sent["temperature"] == 0.3
    told: dict[str, Any] = (answer.model_extra or {})["liteagent"]
    said = await live.messages(told["conversation_id"])
    assert [each["content"] for each in said] == ["Hello", "Hello there."]
    assert (await live.got(f"/api/runs/{told['run_id']}"))["status"] == "COMPLETED"


async def test_a_stream_is_the_same_text_with_usage_at_its_end(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.say("One ", "two ", "three \U0001f680.")
    chunks = [
        chunk
        async for chunk in await theirs.chat.completions.create(
            model=agent["slug"],
            messages=[{"role": "user", "content": "Count"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    ]
    assert "".join(each.choices[0].delta.content or "" for each in chunks[:-1]) == "One two three \U0001f680."
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == 5
    assert {each.id for each in chunks} == {chunks[0].id}


async def test_failures_are_openais(live: Api, theirs: AsyncOpenAI, llm_server: ModelServer) -> None:
    agent = await live.agent_on(llm_server.url)
    said: Any = [{"role": "user", "content": "Hi"}]
    with pytest.raises(openai.NotFoundError) as missing:
        await theirs.chat.completions.create(model="nobody", messages=said)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    stranger = theirs.with_options(api_key="la_000000000000_" + "x" * 43)
    with pytest.raises(openai.AuthenticationError) as unknown:
        await stranger.models.list()
    assert unknown.value.code == "invalid_api_key"
    with pytest.raises(openai.BadRequestError) as several:
        await theirs.chat.completions.create(model=agent["slug"], messages=said, n=2)
    assert several.value.param == "n"
    with pytest.raises(openai.BadRequestError) as nonsense:
        await theirs.chat.completions.create(model=agent["slug"], messages=said, extra_body={"frobnicate": 1})
    assert nonsense.value.param == "frobnicate"
    assert (await live.got("/api/runs"))["items"] == []


async def test_a_providers_429_is_a_rate_limit_with_its_wait(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    for _ in range(8):
        llm_server.fail(429, retry_after="1")
    with pytest.raises(openai.RateLimitError) as limited:
        await theirs.chat.completions.create(
            model=agent["slug"], messages=[{"role": "user", "content": "Hi"}]
        )
    assert limited.value.code == "rate_limit_exceeded"
    assert int(limited.value.response.headers["retry-after"]) >= 1


async def test_responses_go_on_from_one_another(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.say("It is 4711.")
    first = await theirs.responses.create(model=agent["slug"], input="The code?", instructions="Be brief.")
    assert (first.status, first.output_text) == ("completed", "It is 4711.")
    assert first.usage is not None
    assert first.usage.total_tokens == 5
    llm_server.say("Yes.")
    second = await theirs.responses.create(
        model=agent["slug"], input="Sure?", previous_response_id=first.id, metadata={"a": "b"}
    )
    assert second.previous_response_id == first.id
    assert second.metadata == {"a": "b"}
    sent = llm_server.requests[1]["messages"]
    assert [each["content"] for each in sent if each["role"] != "system"] == [
        "The code?",
        "It is 4711.",
        "Sure?",
    ]
    again = await theirs.responses.retrieve(second.id)
    assert again.output_text == "Yes."
    first_told: dict[str, Any] = (first.model_extra or {})["liteagent"]
    said = await live.messages(first_told["conversation_id"])
    assert [each["content"] for each in said] == ["The code?", "It is 4711.", "Sure?", "Yes."]
    with pytest.raises(openai.NotFoundError):
        await theirs.responses.retrieve("resp_" + "0" * 32)


async def test_a_response_streams_and_is_read_again_from_every_place(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.say("The ", "\U0001f680 ", "lifts.")
    whole = [
        event async for event in await theirs.responses.create(model=agent["slug"], input="Hi", stream=True)
    ]
    kinds = list(dict.fromkeys(event.type for event in whole))
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    last: Any = whole[-1]
    text = "The \U0001f680 lifts."
    assert last.response.output_text == text
    numbers = [event.sequence_number for event in whole]
    assert numbers == sorted(set(numbers))
    for cut in range(-1, numbers[-1] + 1):
        rest: list[Any] = [
            event
            async for event in await theirs.responses.retrieve(
                last.response.id, stream=True, starting_after=cut
            )
        ]
        shown = min(max(cut - 3, 0), len(text))
        deltas = [event for event in rest if event.type == "response.output_text.delta"]
        assert "".join(event.delta for event in deltas) == text[shown:]
        others = [(each.sequence_number, each.type) for each in rest if each not in deltas]
        assert others == [
            (each.sequence_number, each.type)
            for each in whole
            if each.sequence_number > cut and each.type != "response.output_text.delta"
        ]


async def test_a_response_in_the_background_is_fetched_and_stopped(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("In ", gate, "time.")
    begun = await theirs.responses.create(model=agent["slug"], input="Hi", background=True)
    assert begun.status in ("queued", "in_progress")
    gate.set()
    run_id: str = (begun.model_extra or {})["liteagent"]["run_id"]
    assert (await live.events(run_id))[-1].type == "run.completed"
    found = await theirs.responses.retrieve(begun.id)
    assert (found.status, found.output_text) == ("completed", "In time.")
    llm_server.hang("Never ")
    begun = await theirs.responses.create(model=agent["slug"], input="Hi", background=True)
    stopped = await theirs.responses.cancel(begun.id)
    assert stopped.status == "cancelled"
    assert (await theirs.responses.cancel(begun.id)).status == "cancelled"


async def test_a_question_to_a_person_is_told_and_answered_through_both_wires(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Blue or red?", options=["blue", "red"])
    llm_server.say("Red it is.")
    asked = await theirs.chat.completions.create(
        model=agent["slug"], messages=[{"role": "user", "content": "Paint"}]
    )
    told: dict[str, Any] = (asked.model_extra or {})["liteagent"]
    assert (asked.choices[0].finish_reason, told["status"]) == ("stop", "WAITING_HUMAN")
    assert "Blue or red?" in (asked.choices[0].message.content or "")
    assert told["request"]["options"] == ["blue", "red"]
    answered = await theirs.chat.completions.create(
        model=agent["slug"],
        messages=[{"role": "user", "content": "red"}],
        extra_body={"liteagent": {"run_id": told["run_id"]}},
    )
    assert answered.choices[0].message.content == "Red it is."
    llm_server.call("request_human_input", question="Sure?")
    llm_server.say("Done.")
    first = await theirs.responses.create(model=agent["slug"], input="Paint")
    assert first.output_text == "Sure?"
    second = await theirs.responses.create(model=agent["slug"], input="Yes", previous_response_id=first.id)
    assert second.output_text == "Done."
    assert second.id != first.id
    assert (await theirs.responses.retrieve(second.id)).output_text == "Done."


async def test_a_flow_answers_under_its_name(live: Api, theirs: AsyncOpenAI) -> None:
    await live.made(
        "/api/workflows",
        liteagent=1,
        id="shout",
        inputs={"word": {"type": "string", "required": True}},
        nodes={
            "start": {"type": "start"},
            "loud": {"type": "answer", "text": "{{ inputs.word }}!"},
            "end": {"type": "end"},
        },
        edges=["start -> loud -> end"],
    )
    for said in ("hey", json.dumps({"word": "hey"})):
        answer = await theirs.chat.completions.create(
            model="workflow:shout", messages=[{"role": "user", "content": said}]
        )
        assert answer.choices[0].message.content == "hey!"
    stream = await theirs.responses.create(model="workflow:shout", input="ho", stream=True)
    texts = [event.delta async for event in stream if event.type == "response.output_text.delta"]
    assert "".join(texts) == "ho!"


_WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


async def test_the_clients_tools_are_called_by_the_client(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    messages: list[Any] = [{"role": "user", "content": "Weather in Paris?"}]
    llm_server.call("get_weather", city="Paris")
    asked = await theirs.chat.completions.create(
        model=agent["slug"], messages=messages, tools=[_WEATHER], tool_choice="required"
    )
    choice = asked.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls is not None
    call: Any = choice.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Paris"})
    assert llm_server.requests[0]["tool_choice"] == "required"
    messages += [choice.message, {"role": "tool", "tool_call_id": call.id, "content": "Rain."}]
    llm_server.say("It rains.")
    told = await theirs.chat.completions.create(model=agent["slug"], messages=messages, tools=[_WEATHER])
    assert told.choices[0].message.content == "It rains."
    sent = llm_server.requests[1]["messages"]
    assert [each["role"] for each in sent[-3:]] == ["user", "assistant", "tool"]
    assert sent[-1]["content"] == "Rain."
    llm_server.call("get_weather", city="Oslo")
    chunks = [
        chunk
        async for chunk in await theirs.chat.completions.create(
            model=agent["slug"], messages=messages[:1], tools=[_WEATHER], stream=True
        )
    ]
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    assert [call.function.arguments for call in calls if call.function] == ['{"city": "Oslo"}']
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


async def test_the_clients_tools_are_called_through_responses(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    tool: Any = {"type": "function", **_WEATHER["function"], "strict": False}
    llm_server.call("get_weather", city="Paris")
    asked = await theirs.responses.create(model=agent["slug"], input="Weather in Paris?", tools=[tool])
    (call,) = asked.output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"city": "Paris"}
    llm_server.say("It rains.")
    output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "Rain."}
    told = await theirs.responses.create(
        model=agent["slug"], input=[output], tools=[tool], previous_response_id=asked.id
    )
    assert told.output_text == "It rains."
    assert [each["role"] for each in llm_server.requests[1]["messages"][-3:]] == ["user", "assistant", "tool"]


async def test_a_shape_stops_and_pictures_reach_the_model(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    shape: Any = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    llm_server.say('{"n": 7}')
    answer = await theirs.chat.completions.create(
        model=agent["slug"],
        messages=[{"role": "user", "content": "A number"}],
        response_format={"type": "json_schema", "json_schema": {"name": "number", "schema": shape}},
        stop=["END"],
        top_p=0.5,
    )
    assert json.loads(answer.choices[0].message.content or "") == {"n": 7}
    assert (llm_server.requests[0]["stop"], llm_server.requests[0]["top_p"]) == (["END"], 0.5)
    with pytest.raises(openai.BadRequestError) as elsewhere:
        await theirs.chat.completions.create(
            model=agent["slug"],
            messages=[
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}],
                }
            ],
        )
    assert elsewhere.value.param == "messages.0.content.0.image_url.url"


async def test_a_stream_is_taken_up_again_at_every_chunk(live: Api, llm_server: ModelServer) -> None:
    agent = await live.agent_on(llm_server.url)
    llm_server.say("The ", "\U0001f680 ", "lifts.")
    body = {"model": agent["slug"], "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    headers = {"Idempotency-Key": "once"}
    whole = _events(await live.http.post("/v1/chat/completions", json=body, headers=headers))
    assert whole[-1] == ("", "[DONE]")
    text = "The \U0001f680 lifts."
    for cut in range(len(text) + 2):
        again = {**headers, "Last-Event-ID": str(cut)}
        rest = _events(await live.http.post("/v1/chat/completions", json=body, headers=again))
        said = [json.loads(data)["choices"][0]["delta"].get("content", "") for _, data in rest[:-1]]
        assert "".join(said) == text[cut:]
        assert rest[-1] == ("", "[DONE]")
        assert (len(rest) > 1) == (cut <= len(text))
    assert len(llm_server.requests) == 1
    refused = await live.http.post(
        "/v1/chat/completions", json=body, headers={**headers, "Last-Event-ID": "x"}
    )
    assert refused.status_code == 400


async def test_an_answer_whose_client_has_vanished_is_finished_and_found(
    live: Api, llm_server: ModelServer
) -> None:
    agent = await live.agent_on(llm_server.url)
    gate = asyncio.Event()
    llm_server.say("To ", gate, "the end.")
    body = {"model": agent["slug"], "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    async with live.http.stream("POST", "/v1/chat/completions", json=body) as response:
        run_id, conversation_id = response.headers["x-run-id"], response.headers["x-conversation-id"]
        await anext(response.aiter_lines())
    gate.set()
    assert (await live.events(run_id))[-1].type == "run.completed"
    said = await live.messages(conversation_id)
    assert [each["content"] for each in said] == ["Hi", "To the end."]


async def test_embeddings_are_those_of_the_workspaces_models(
    live: Api, theirs: AsyncOpenAI, llm_server: ModelServer
) -> None:
    await live.agent_on(llm_server.url)
    row = {"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    reply = {"object": "list", "model": "embed-1", "data": [row], "usage": usage}
    llm_server.garbage(json.dumps(reply).encode())
    made = await theirs.embeddings.create(model="Fake/embed-1", input="Some text.")
    assert made.data[0].embedding == pytest.approx([0.6, 0.8])
    with pytest.raises(openai.NotFoundError):
        await theirs.embeddings.create(model="nothing", input="Some text.")


def _events(response: Any) -> list[tuple[str, str]]:
    """Id and data of each event of a stream."""
    assert response.status_code == 200, response.text
    found: list[tuple[str, str]] = []
    for event in response.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in event.split("\n") if not line.startswith(":"))
        found.append((fields.get("id", ""), fields["data"]))
    return found
