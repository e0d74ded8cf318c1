"""One flow with every node type: from builder, YAML and HTTP, with equal journals everywhere."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from liteagent.app.settings import Settings
from liteagent.app.wiring import Platform
from liteagent.contracts.runs import Journal, NewRun, RunStatus
from liteagent.engine.runs import signals
from liteagent.engine.runs.driver import Driver
from liteagent.engine.workflow.builder import WorkflowBuilder
from liteagent.engine.workflow.document import to_yaml
from liteagent.engine.workflow.extensions import workflow_hooks
from liteagent.engine.workflow.quiet import QuietStreams
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import NodeType
from liteagent.features.agents.turns import AgentTurns
from liteagent.features.runs.exporting import journal_file
from liteagent.features.workflows.sockets import Sockets
from liteagent.features.workflows.tasks import WORKFLOW, workflow_kind
from liteagent.infra.fetch.allow_list import AllowList
from liteagent.infra.fetch.client import SafeFetch
from liteagent.infra.journal.memory import open_memory
from liteagent.infra.journal.opening import open_sqlite
from liteagent.infra.journal.opening_postgres import open_postgres
from liteagent.infra.system import SystemClock, new_id
from liteagent.testing import replay_run
from tests.features.harness.api import Api
from tests.features.harness.model_server import ModelServer
from tests.services.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

CHILD = """
liteagent: 1
id: child
inputs: {n: integer}
nodes:
  start: {type: start}
  double: {type: transform, expression: inputs.n * 2}
  end: {type: end, outputs: {n: "{{ double.output }}"}}
edges:
  - start -> double -> end
"""


@pytest.fixture
def settings(settings: Settings, llm_server: ModelServer) -> Settings:
    """The flow may fetch from the model server."""
    return settings.model_copy(update={"fetch_allow": (llm_server.url.split("/")[2],)})


def _flow(url: str) -> WorkflowDefinition:
    """Every node type that a document can have, one after another."""
    body = WorkflowBuilder("body").add_transform("tenfold", "item * 10")
    more = WorkflowBuilder("more").add_assign("note", append={"seen": "{{ index }}"})
    flow = (
        WorkflowBuilder("every", "Every node type")
        .inputs({"topic": {"type": "string", "required": True}})
        .add_start()
        .add_retrieve("find", ["Harbour"], "{{ inputs.topic }}", top_k=1)
        .add_tool("search", "search_knowledge", {"query": "{{ inputs.topic }}"}, default=None)
        .add_document("read", "Harbour", "note.md", default="")
        .add_llm("write", "Write of {{ inputs.topic }}.")
        .add_agent("ask", purpose="Answer in one word.", input="{{ write.output }}")
        .add_classify("sort", ["good", "bad"], input="{{ ask.output }}")
        .add_extract("facts", {"n": {"type": "integer"}}, input="{{ write.output }}")
        .add_transform("plus", "facts.output.n + 1")
        .add_condition("large", "plus.output > 1")
        .add_switch("size", {"two": "plus.output == 2", "three": "plus.output == 3"})
        .add_list("numbers", [3, 1, 2], sort_by="item")
        .add_iterate("each", "numbers.output", body)
        .add_loop("again", more, while_="index < 2")
        .add_assign("keep", set={"topic": "{{ inputs.topic }}"})
        .add_workflow("nested", "child", {"n": "{{ plus.output }}"})
        .add_http("models", f"{url}/models")
        .add_code("code", "def main(): return 1", default="no sandbox")
        .add_template("page", "{{ '{{' }} topic }}", default="no sandbox")
        .add_wait("rest", 0)
        .add_human("approve", "Ship it?", ["yes", "no"])
        .add_aggregate("all", ["each", "nested", "approve"])
        .add_answer("say", "{{ write.output }} {{ inputs.topic }}")
        .add_end(outputs={"all": "{{ all.output }}", "seen": "{{ vars.seen }}", "code": "{{ code.output }}"})
    )
    chain = ["start", "find", "search", "read", "write", "ask", "sort", "facts", "plus", "large"]
    for source, target in pairwise(chain):
        flow = flow.connect(source, target, "good" if source == "sort" else None)
    flow = flow.connect("large", "size", "condition_result").connect("size", "numbers", "two")
    rest = ["numbers", "each", "again", "keep", "nested", "models", "code", "page", "rest", "approve"]
    for source, target in pairwise(rest):
        flow = flow.connect(source, target)
    return flow.connect("approve", "all", "yes").connect("all", "say").connect("say", "end").build()


def _script(server: ModelServer) -> None:
    """What the models say in one run."""
    for text in ("A sea poem.", "Blue.", "good", json.dumps({"n": 1})):
        server.say(text)


def _told(events: list[tuple[str, Any]]) -> list[Any]:
    """Events without what differs from run to run: ids, moments, who worked."""
    return [
        (kind, {} if kind in ("run.claimed", "run.started") else _plain(payload)) for kind, payload in events
    ]


def _plain(payload: Any) -> Any:
    if isinstance(payload, dict):
        left_out = ("run_id", "seq", "at", "ref", "by", "until", "id")
        return {
            key: _plain(value)
            for key, value in cast("dict[str, Any]", payload).items()
            if key not in left_out
        }
    if isinstance(payload, list | tuple):
        return [_plain(each) for each in cast("list[Any]", payload)]
    return payload


async def _run_on(journal: Journal, sockets: Sockets, workspace: str, started: Any) -> list[tuple[str, Any]]:
    kind = workflow_kind(sockets.services, workflow_hooks)
    clock, run_id = SystemClock(), new_id()
    driver = Driver(journal, {WORKFLOW: kind}, owner_id="worker", clock=clock, streams=QuietStreams())
    new = NewRun(run_id, workspace, "user", WORKFLOW, started["inputs"], started["definition"])
    await journal.start(new)
    assert (await driver.advance(run_id)).status is RunStatus.WAITING_HUMAN
    await driver.signal(run_id, signals.answer("yes", None, by="", now=clock.now()))
    assert (await driver.advance(run_id)).status is RunStatus.COMPLETED
    assert (await driver.replay(run_id)).ok
    return [(event.type, event.payload) for event in await journal.read(run_id)]


@pytest.fixture
async def sockets(platform: Platform, settings: Settings) -> AsyncIterator[Sockets]:
    """What the platform's own runs reach outside through."""
    knowledge = platform.knowledge
    turns = AgentTurns(platform.providers, knowledge.search)
    fetch = SafeFetch(AllowList.parse(settings.fetch_allow))
    yield Sockets(platform.providers, turns, knowledge.search, knowledge.documents, fetch)
    await fetch.aclose()


async def test_every_node_type_runs_alike_from_every_door_on_every_journal(
    api: Api,
    client: httpx2.AsyncClient,
    llm_server: ModelServer,
    platform: Platform,
    sockets: Sockets,
    tmp_path: Path,
    postgres_url: str,
) -> None:
    """Builder and YAML are the same document; HTTP, memory, SQLite and Postgres give equal journals."""
    flow = _flow(llm_server.url)
    used = {node.type for node in flow.nodes} | {"transform"}
    assert used == {each.value for each in NodeType} - {"function"}
    await api.made(
        "/api/providers",
        name="Fake",
        provider_type="openai_compatible",
        model_name="fake-1",
        api_key="sk-fake-secret-0123456789",
        base_url=llm_server.url,
    )
    await api.made("/api/datasources", name="Harbour", source_type="text", content="The sea is blue.")
    await _indexed(client)
    child = await client.post("/api/workflows", content=CHILD, headers={"content-type": "text/yaml"})
    assert child.status_code == 201, child.text
    made = await client.post("/api/workflows", content=to_yaml(flow), headers={"content-type": "text/yaml"})
    assert made.status_code == 201, made.text
    _script(llm_server)
    inputs = {"inputs": {"topic": "the sea"}}
    run_id = (await client.post(f"/api/workflows/{made.json()['id']}/runs", json=inputs)).json()["id"]
    await api.events(run_id)
    answered = await client.post(f"/api/runs/{run_id}/answers", json={"answer": "yes"})
    assert answered.status_code == 200, answered.text
    await api.events(run_id)
    done = await api.got(f"/api/runs/{run_id}")
    assert done["status"] == "COMPLETED", done
    assert done["outputs"] == {
        "all": {"each": [10, 20, 30], "nested": {"n": 4}, "approve": "yes"},
        "seen": [0, 1],
        "code": "no sandbox",
    }
    shown = await platform.journal.read(run_id)
    over_http = _told([(event.type, event.payload) for event in shown])
    recorded = tmp_path / "run.json"
    recorded.write_bytes(journal_file(WORKFLOW, shown))
    assert replay_run(recorded).ok
    started: Any = shown[0].payload
    assert started["definition"]["workflow"]["nodes"].keys() == {node.id for node in flow.nodes}
    for url, opening in (
        ("memory://", open_memory),
        (f"sqlite:///{tmp_path}/runs.db", open_sqlite),
        (postgres_url, open_postgres),
    ):
        opened = await opening(url, SystemClock())
        _script(llm_server)
        events = await _run_on(opened.journal, sockets, platform.operator.workspace_id, started)
        await opened.close()
        assert _told(events) == over_http, url


async def _indexed(client: httpx2.AsyncClient) -> None:
    (source,) = (await client.get("/api/datasources")).json()["items"]
    await client.post(f"/api/datasources/{source['id']}/index")
    while (source := (await client.get(f"/api/datasources/{source['id']}")).json())["status"] != "ready":
        assert source["status"] != "failed", source
