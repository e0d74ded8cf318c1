"""The sandbox service as it is really started: by root or somebody else, on a host or inside a container."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2 as httpx
import pytest
from _pytest.mark import ParameterSet

from tests.sandbox.attacks.scene import NOBODY, VARIABLE, Scene
from tools.processes import free_port

__all__ = ["HONEST", "Answer", "Service", "Way", "every_way", "first_way", "ways"]

_ROOT = Path(__file__).parents[3]
_START_LIMIT = 30.0
_PATIENCE = 60.0
_OK, _NO_ANSWER = 200, 599
HONEST: dict[str, Any] = {
    "language": "python3",
    "code": "def main(a, b):\n    return {'sum': a + b}\n",
    "inputs": {"a": 20, "b": 22},
}
"""What anybody may ask at any time; it comes to {"sum": 42}."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a service is started.

    Attributes:
        user: Whom by; None is whoever runs the tests.
        contained: Whether inside an unprivileged container, where no namespaces can be made.
        environment: Settings beside the usual ones.
    """

    user: int | None = None
    contained: bool = False
    environment: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """For the names of tests."""
        return f"{'root' if os.geteuid() == 0 and self.user is None else 'user'}-{self.level}"

    @property
    def is_usual(self) -> bool:
        """Whether every run of the tests takes this way: both users, both levels."""
        return self.contained is (self.user is not None) or os.geteuid() != 0

    @property
    def level(self) -> str:
        """What it has to come to."""
        return "landlock" if self.contained else "namespaces"


def ways() -> list[Way]:
    """All that the user who runs the tests can start."""
    users = (None, NOBODY) if os.geteuid() == 0 else (None,)
    return [Way(user, contained) for contained in (False, True) for user in users]


def every_way() -> list[ParameterSet]:
    """The same for the parameters of tests: those that are not usual only where there is time."""
    return [_marked(way, is_quick=way.is_usual) for way in ways()]


def first_way() -> list[ParameterSet]:
    """For tests that take long: all but the first only where there is time."""
    return [_marked(way, is_quick=way == Way()) for way in ways()]


def _marked(way: Way, *, is_quick: bool) -> ParameterSet:
    return pytest.param(way, id=str(way), marks=() if is_quick else pytest.mark.soak)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said."""

    status: int
    text: str
    seconds: float
    body: Any

    @property
    def data(self) -> dict[str, Any]:
        """The run's own part; empty when there was no run."""
        return cast("dict[str, Any]", self.body).get("data") or {} if isinstance(self.body, dict) else {}

    @property
    def kind(self) -> str | None:
        """The error kind; a refused request is a bad one, and no answer at all is none of the kinds."""
        if not self.data:
            return "bad_request" if 400 <= self.status < 500 else f"HTTP {self.status}"
        return self.data.get("error_kind")


@dataclass(frozen=True, slots=True)
class Service:
    """A running one."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    log: Path

    @property
    def pid(self) -> int:
        """Of the process that holds the key."""
        return self.process.pid

    def run(self, body: Mapping[str, Any]) -> Answer:
        """Ask for a run."""
        return self.post(json.dumps(body).encode())

    def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a run by any bytes. A line that breaks is an answer of 599."""
        start = time.perf_counter()
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            answer = self.client.post("/v1/sandbox/run", content=body, headers=sent)
        except httpx.TransportError as error:
            return Answer(_NO_ANSWER, repr(error), time.perf_counter() - start, None)
        try:
            said = answer.json()
        except ValueError:
            said = None
        return Answer(answer.status_code, answer.text, time.perf_counter() - start, said)

    @classmethod
    @contextmanager
    def started(cls, way: Way, scene: Scene) -> Generator["Service"]:
        """One that is up, and down afterwards."""
        port = free_port()
        with tempfile.NamedTemporaryFile(suffix=".log") as log:
            process = subprocess.Popen(
                _command(way, port),
                cwd=_ROOT,
                env=_environment(way, scene),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                with httpx.Client(
                    base_url=f"http://127.0.0.1:{port}",
                    headers={"X-Api-Key": scene.secrets["key"]},
                    timeout=_PATIENCE,
                ) as client:
                    service = cls(process, client, Path(log.name))
                    service._wait()
                    yield service
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _wait(self) -> None:
        end = time.monotonic() + _START_LIMIT
        while True:
            try:
                if self.client.get("/health").status_code == _OK:
                    return
            except httpx.TransportError:
                pass
            if self.process.poll() is not None or time.monotonic() > end:
                said = self.log.read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"The sandbox does not start:\n{said}")
            time.sleep(0.02)


def _command(way: Way, port: int) -> list[str]:
    command = [sys.executable, "-m", "liteagent_sandbox", "--port", str(port)]
    if way.contained:
        command = [sys.executable, str(Path(__file__).parent / "container.py"), *command]
    if way.user is None and not (way.contained and os.geteuid() == 0):
        return command
    # The interpreter of the tests may stand in a home that is closed to others. A container has one for
    # everybody: the runs of root are somebody else there.
    how = "open" if way.user is None else "nobody"
    code = f"import os; os.execv({command[0]!r}, {command!r})"
    return [sys.executable, "-m", "tests.sandbox.stranger", how, code]


def _environment(way: Way, scene: Scene) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(_paths()),
        "SANDBOX_API_KEY": scene.secrets["key"],
        VARIABLE: scene.secrets["environment"],
        **dict(way.environment),
    }


def _paths() -> list[str]:
    found = [str(_ROOT / "src"), str(_ROOT)]
    return [*found, *(path for path in sys.path if path.endswith("site-packages"))]
