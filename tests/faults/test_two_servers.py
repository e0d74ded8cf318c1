"""Two servers over one data folder: a stopped one keeps its runs, a dead one's are taken over."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from tests.faults.harness.accepted import AcceptLog
from tests.faults.harness.checker import problems_of
from tests.faults.harness.client import Client
from tests.faults.harness.documents import documents, token_of
from tests.faults.harness.model import FakeModel
from tests.faults.harness.server import Server
from tests.faults.harness.waiting import until

SWEEP_SECONDS = 5.0


async def test_a_stopped_server_keeps_its_run_and_a_killed_one_loses_it(tmp_path: Path) -> None:
    log = AcceptLog(tmp_path / "accepted.jsonl")
    model = FakeModel(delay=0.1)
    first, second = (Server(tmp_path / "data", tmp_path / "none") for _ in range(2))
    async with model.serving():
        first.start()
        await first.ready()
        second.start()
        client = Client(first.url, log)
        try:
            agent = await _prepare(client, model)
            await second.ready()
            other = client.at(second.url)
            await _stop_in_the_middle(first, client, other, model, agent)
            await _kill_in_the_middle(first, client, other, model, agent)
            await other.close()
        finally:
            await client.close()
            first.kill()
            second.stop()
    assert problems_of(tmp_path / "data" / "liteagent.db", log) == []
    assert client.problems == []


async def _prepare(client: Client, model: FakeModel) -> str:
    await client.set_up()
    await client.add_model(model.url)
    library = await client.upload([(name, text.encode()) for name, text in documents("lib", 4)])
    await client.post(f"/api/datasources/{library}/index")
    await client.indexed(library)
    agent = await client.post("/api/agents", {"name": "Librarian", "datasource_ids": [library]})
    return str(agent["id"])


async def _stop_in_the_middle(
    server: Server, client: Client, other: Client, model: FakeModel, agent: str
) -> None:
    """Longer than the other server's sweep takes to come round; it must not touch the run."""
    turn = asyncio.create_task(client.stream(agent, None, token_of("lib", 1), "stopped"))
    await _answering(model, "stopped")
    os.kill(server.pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(SWEEP_SECONDS + 1)
        run = await _newest(other)
        assert run["status"] == "RUNNING"
        assert [event["type"] for event in await _events(other, run)].count("run.claimed") == 1
    finally:
        os.kill(server.pid, signal.SIGCONT)
    await turn
    assert model.repeated == 0


async def _kill_in_the_middle(
    server: Server, client: Client, other: Client, model: FakeModel, agent: str
) -> None:
    """Nobody asks for the turn again: the other server finds it by itself."""
    await client.stream(agent, None, token_of("lib", 2), "killed", leave=True)
    await _answering(model, "killed")
    server.kill()

    async def is_done() -> bool:
        return (await _newest(other))["status"] == "COMPLETED"

    await until(is_done, SWEEP_SECONDS + 10)
    run = await _newest(other)
    assert [event["type"] for event in await _events(other, run)].count("run.claimed") == 2
    assert model.repeated == 1


async def _newest(client: Client) -> dict[str, Any]:
    return (await client.get("/api/runs", kind="chat"))["items"][0]


async def _events(client: Client, run: dict[str, Any]) -> list[dict[str, Any]]:
    return (await client.get(f"/api/runs/{run['id']}/events"))["items"]


async def _answering(model: FakeModel, key: str) -> None:
    """Wait until the model is in the middle of its answer to the turn of that key."""

    async def is_asked() -> bool:
        return any(step == 1 and f"({key})" in question for question, step in model.calls)

    await until(is_asked, 20)
    await asyncio.sleep(0.3)
