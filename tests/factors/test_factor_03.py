"""Factor 3, own your context window: what a model sees is chosen, bounded, and summarized once."""

from collections.abc import Sequence

from liteagent import Agent
from liteagent.contracts.messages import Message, Role
from liteagent.engine.agent.memory import create_summary_memory, estimate_tokens
from liteagent.testing import ScriptedLLM
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer

TALK = [
    Message(Role.USER if at % 2 == 0 else Role.ASSISTANT, f"Part {at}. " + "word " * 40) for at in range(20)
]


async def test_a_long_conversation_stays_under_the_models_window() -> None:
    llm = ScriptedLLM(["Done."] * 30)
    agent = Agent(llm, context_window=1000, max_output_tokens=100)
    await agent.run(agent.launch("And now?", history=TALK))
    (request,) = llm.requests
    said = sum(estimate_tokens(message.content) for message in request.messages)
    assert said < 900
    assert request.messages[-1].content == "And now?"
    assert len(request.messages) > 3


async def test_what_does_not_fit_is_summarized_once_and_kept() -> None:
    seen: list[int] = []

    def summarize(messages: Sequence[Message]) -> str:
        seen.append(len(messages))
        return f"They said {len(messages)} things."

    llm = ScriptedLLM(["Done."] * 30)
    memory = create_summary_memory(summarizer=summarize, max_tokens=400)
    agent = Agent(llm, memory=memory)
    first = await agent.run(agent.launch("Go on.", history=TALK))
    assert len(seen) == 1
    assert first.summarized == seen[0] > 10
    assert "They said" in llm.requests[0].messages[1].content
    assert sum(estimate_tokens(each.content) for each in llm.requests[0].messages[2:]) <= 400
    rest = first.messages[first.summarized :]
    second = await agent.run(agent.launch("And?", history=rest, summary=first.summary))
    assert second.status.ended
    assert len(seen) == 1


async def test_a_summary_is_one_journaled_effect_and_the_next_turn_does_not_pay_again(
    api: Api, llm_server: ModelServer
) -> None:
    memory = {"strategy": "summary", "max_tokens": 200}
    agent = await api.agent_on(llm_server.url, memory=memory)
    conversation_id = (await api.say(agent["id"], "first " * 60))["conversation_id"]
    llm_server.say("second " * 60)
    await api.say(agent["id"], "more " * 60, conversation_id=conversation_id)
    llm_server.say("They talked.")
    llm_server.say("Third.")
    third = await api.say(agent["id"], "Short.", conversation_id=conversation_id)
    kinds = [each.type for each in await api.events(third["run_id"]) if each.type != "message.delta"]
    assert kinds[:5] == [
        "run.started",
        "run.claimed",
        "summary.requested",
        "summary.completed",
        "model.requested",
    ]
    heard = llm_server.requests[-1]["messages"]
    assert "They talked." in heard[0]["content"] + heard[1]["content"]
    before = len(llm_server.requests)
    fourth = await api.say(agent["id"], "Again short.", conversation_id=conversation_id)
    assert len(llm_server.requests) == before + 1
    assert not [each for each in await api.events(fourth["run_id"]) if each.type.startswith("summary")]
    heard = llm_server.requests[-1]["messages"]
    assert any("They talked." in each["content"] for each in heard)
