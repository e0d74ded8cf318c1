"""An installation that may reach this machine, and a receiver that obeys tests."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from liteagent.app.settings import Settings, load_settings
from tests.features.harness.api import Api
from tests.features.sources.serving import serving
from tests.features.workflows.flows import Flows, greeting


@pytest.fixture
def settings(blank_installation: Path, tmp_path: Path) -> Settings:
    """Of an own installation."""
    data = tmp_path / "data"
    shutil.copytree(blank_installation, data)
    return load_settings(data, env_file=None, fetch_allow=("127.0.0.1",))


@pytest.fixture
def flows(api: Api) -> Flows:
    """What the first user does with workflows."""
    return Flows(api)


@pytest.fixture
async def flow_id(api: Api) -> str:
    """A flow that greets the input `name`."""
    return (await api.made("/api/workflows", **greeting("Hello")))["id"]


@dataclass
class Receiver:
    """Somebody who is told of runs.

    Attributes:
        heard: Headers and body of each request.
        answers: The statuses of the next answers; 200 after them.
    """

    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list[tuple[dict[str, str], bytes]])
    answers: list[int] = field(default_factory=list[int])
    url: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Be the application."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.heard.append(({name.decode(): value.decode() for name, value in scope["headers"]}, body))
        status = self.answers.pop(0) if self.answers else 200
        headers = [(b"location", b"http://127.0.0.1:1/")] if status == 302 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"Received."})

    async def told(self, count: int) -> list[tuple[dict[str, str], bytes]]:
        """What it heard, once that is so much."""
        with anyio.fail_after(20):
            while len(self.heard) < count:  # noqa: ASYNC110  whoever tells is not to know who waits
                await anyio.sleep(0.02)
        return self.heard


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver."""
    told = Receiver()
    async with serving(told) as url:
        told.url = url
        yield told
