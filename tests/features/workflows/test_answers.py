"""Answers over HTTP: in template order, however the models speak."""

import asyncio
from typing import Any

import anyio

from tests.features.harness.api import Api, Frame
from tests.features.harness.model_server import ModelServer
from tests.features.workflows.flows import Flows

_NODES: dict[str, Any] = {
    "start": {"type": "start"},
    "a": {"type": "llm", "prompt": "x", "provider": "A"},
    "b": {"type": "llm", "prompt": "x", "provider": "B"},
    "c": {"type": "llm", "prompt": "x", "provider": "A"},
    "say": {"type": "answer", "text": "First {{ a.output }}, then {{ b.output }}."},
}
_WAYS = ["start -> a -> say", "start -> b -> say", "say -> c"]


def _answer(frames: list[Frame]) -> str:
    text = ""
    for frame in frames:
        if frame.data.get("node") == "say":
            text = "" if frame.type == "message.restarted" else text + frame.text
    return text


async def _started(api: Api) -> str:
    with anyio.fail_after(10):
        while True:
            for run in (await api.got("/api/runs"))["items"]:
                return run["id"]
            await anyio.sleep(0.02)


async def _completed(api: Api, run_id: str, node: str) -> None:
    with anyio.fail_after(10):
        while True:
            events = (await api.got(f"/api/runs/{run_id}/events"))["items"]
            if any(each["type"] == "node.completed" and each["data"]["node"] == node for each in events):
                return
            await anyio.sleep(0.02)


async def test_an_answer_is_streamed_in_the_order_of_its_template(
    flows: Flows, api: Api, llm_server: ModelServer
) -> None:
    gate = asyncio.Event()
    llm_server.say("on", gate, "e")
    llm_server.say("Aside.")
    async with ModelServer() as other:
        other.say("tw", "o")
        for name, server in (("A", llm_server), ("B", other)):
            await api.made(
                "/api/providers",
                name=name,
                provider_type="openai_compatible",
                model_name=name,
                api_key="sk-fake-secret-0123456789",
                base_url=server.url,
            )
        made = await flows.made(_NODES, _WAYS)
        frames: list[Frame] = []

        async def watch() -> None:
            frames.extend(await flows.stream(made["id"]))

        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            await _completed(api, await _started(api), "b")
            gate.set()
    places = [frame.data.get("node") for frame in frames if frame.type == "message.delta"]
    assert set(places) == {"say", "c"}
    assert _answer(frames) == "First one, then two."
    assert "".join(frame.text for frame in frames if frame.data.get("node") == "c") == "Aside."
    said = next(f for f in frames if f.type == "node.completed" and f.data["node"] == "say")
    assert said.data["output"] == _answer(frames)
    seqs = [int(frame.id.partition(".")[0]) for frame in frames]
    assert seqs == sorted(seqs)


async def test_a_reader_who_comes_back_has_the_whole_answer(flows: Flows, api: Api) -> None:
    nodes = {"start": {"type": "start"}, "say": {"type": "answer", "text": "Hello {{ inputs.name }}."}}
    made = await flows.made(nodes, ["start -> say"], inputs={"name": "string"})
    key = {"Idempotency-Key": "again"}
    body = {"inputs": {"name": "Ada"}, "stream": True}
    path = f"/api/workflows/{made['id']}/runs"
    whole = [each async for each in api.frames(await api.http.post(path, json=body, headers=key))]
    assert _answer(whole) == "Hello Ada."
    for known in range(1, len(whole)):
        headers = {**key, "Last-Event-ID": whole[known - 1].id}
        rest = [each async for each in api.frames(await api.http.post(path, json=body, headers=headers))]
        events = [each.id for each in whole if not each.type.startswith("message.")]
        seen = int(whole[known - 1].id)
        assert [each.id for each in rest if not each.type.startswith("message.")] == [
            each for each in events if int(each) > seen
        ]
        assert _answer([*whole[:known], *rest]) == "Hello Ada."
