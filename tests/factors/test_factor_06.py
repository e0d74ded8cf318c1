"""Factor 6, launch, pause, resume: with simple calls, from anywhere, in any process."""

from liteagent import Agent, AgentState, tool
from liteagent.contracts.messages import ToolCall
from liteagent.testing import ScriptedLLM
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer


async def test_a_turn_goes_on_from_stored_text() -> None:
    @tool(effect="safe")
    def look() -> str:
        """Look."""
        return "seen"

    def make() -> Agent:
        return Agent(ScriptedLLM([ToolCall("1", "look", "{}"), "Seen."]), tools=[look])

    text = make().launch("Look").to_json()
    for _ in range(3):
        text = (await make().step(AgentState.from_json(text))).to_json()
    assert AgentState.from_json(text).text == "Seen."


async def test_a_run_is_paused_and_resumed_over_http(api: Api, llm_server: ModelServer) -> None:
    agent = await api.agent_on(llm_server.url, tools=["request_human_input"])
    llm_server.call("request_human_input", question="Sure?")
    run_id = (await api.say(agent["id"], "Go"))["run_id"]
    paused = await api.http.post(f"/api/runs/{run_id}/pause")
    assert paused.json()["status"] == "PAUSED"
    assert (await api.http.post(f"/api/runs/{run_id}/resume")).status_code == 200
    llm_server.say("Gone.")
    answered = await api.http.post(f"/api/runs/{run_id}/answers", json={"answer": "yes"})
    assert answered.status_code == 200
    assert (await api.events(run_id))[-1].type == "run.completed"
