"""Factor 5, unify execution and business state: one list of events is everything there is to know."""

from liteagent.contracts.json import load
from liteagent.contracts.runs import Event
from liteagent.engine.agent.definition import AgentDefinition
from liteagent.engine.agent.reducer import AgentReducer
from liteagent.engine.runs.protocol import fold
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer


async def test_the_state_of_a_turn_is_its_journal_folded(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Sure?")
    waiting = await api.say(agent["id"], "Go")
    llm_server.say("Gone.")
    await api.http.post(f"/api/runs/{waiting['run_id']}/answers", json={"answer": "yes"})
    await api.events(waiting["run_id"])
    kept = (await api.got(f"/api/runs/{waiting['run_id']}/events"))["items"]
    exported = await api.http.get(f"/api/runs/{waiting['run_id']}/events?limit=200")
    assert exported.status_code == 200
    pinned = kept[0]["data"]["definition"]["agent"]["definition"]
    reducer = AgentReducer(load(AgentDefinition, pinned))
    events = [
        Event(waiting["run_id"], each["seq"], each["type"], each["data"], 0.0, each["ref"]) for each in kept
    ]
    state = fold(reducer, events)
    assert (state.text, state.status.value, state.model_calls) == ("Gone.", "COMPLETED", 2)
    halfway = fold(reducer, events[: [each["type"] for each in kept].index("run.waiting_human") + 1])
    assert halfway.human_request is not None
    assert halfway.human_request.question == "Sure?"
