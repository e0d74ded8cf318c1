"""What a client does with workflows, in few words."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.features.harness.api import Api, Frame

__all__ = ["Flows", "document", "greeting"]


def document(
    nodes: Mapping[str, Mapping[str, Any]], edges: Sequence[object], flow_id: str = "flow", **sections: Any
) -> dict[str, Any]:
    """A flow document."""
    return {"liteagent": 1, "id": flow_id, **sections, "nodes": dict(nodes), "edges": list(edges)}


def greeting(word: str, flow_id: str = "greeting") -> dict[str, Any]:
    """A flow that greets the input `name` with a word."""
    nodes: dict[str, Any] = {
        "start": {"type": "start"},
        "hello": {"type": "transform", "expression": f"'{word} ' + inputs.name"},
        "end": {"type": "end", "outputs": {"text": "{{ hello.output }}"}},
    }
    inputs = {"name": {"type": "string", "required": True}}
    return document(nodes, ["start -> hello -> end"], flow_id, name="A greeting", inputs=inputs)


class Flows:
    """A client's workflows."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.http = api.http

    async def made(
        self,
        nodes: Mapping[str, Mapping[str, Any]],
        edges: Sequence[object],
        flow_id: str = "flow",
        **sections: Any,
    ) -> dict[str, Any]:
        """A saved flow."""
        return await self.api.made("/api/workflows", **document(nodes, edges, flow_id, **sections))

    async def start(self, workflow_id: str, inputs: Mapping[str, Any] | None = None, **more: Any) -> str:
        """The id of a new run."""
        body = {"inputs": dict(inputs or {}), **more}
        started = await self.http.post(f"/api/workflows/{workflow_id}/runs", json=body)
        assert started.status_code == 202, started.text
        assert started.json()["kind"] == "workflow"
        return started.json()["id"]

    async def run(
        self, workflow_id: str, inputs: Mapping[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        """A run that has ended or waits."""
        return await self.settled(await self.start(workflow_id, inputs, **more))

    async def settled(self, run_id: str) -> dict[str, Any]:
        """A run, once it has ended or waits."""
        await self.api.events(run_id)
        return await self.api.got(f"/api/runs/{run_id}")

    async def stream(
        self, workflow_id: str, inputs: Mapping[str, Any] | None = None, **more: Any
    ) -> list[Frame]:
        """Every frame of a new run."""
        body = {"inputs": dict(inputs or {}), "stream": True, **more}
        response = await self.http.post(f"/api/workflows/{workflow_id}/runs", json=body)
        assert response.status_code == 200, response.text
        return [frame async for frame in self.api.frames(response)]
