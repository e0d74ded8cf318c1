"""A running aimock: somebody else's implementation of the protocols of several vendors."""

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

__all__ = ["Aimock", "running_aimock", "running_program"]

HERE: Final = Path(__file__).parent
PROGRAMS: Final = HERE / "node_modules" / ".bin"


@dataclass(frozen=True, slots=True)
class Aimock:
    """Where it is."""

    url: str

    def read(self, path: str) -> Any:
        """What it answers to a GET."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:
            return json.load(answer)

    def asked(self) -> dict[str, Any]:
        """The last request that it wrote into its journal."""
        return self.read("/__aimock/journal")[-1]

    def body(self) -> dict[str, Any]:
        """What the last request said, without what aimock adds."""
        return {name: value for name, value in self.asked()["body"].items() if not name.startswith("_")}

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            self.read("/health")
        except (urllib.error.URLError, OSError, ValueError):
            return False
        return True

    @contextmanager
    def chaos(self, **rates: int) -> Generator[None]:
        """Faults at these rates."""
        self._set_chaos(rates)
        try:
            yield
        finally:
            self._set_chaos(None)

    def _set_chaos(self, rates: dict[str, int] | None) -> None:
        request = urllib.request.Request(
            f"{self.url}/__aimock/chaos",
            data=None if rates is None else json.dumps(rates).encode(),
            headers={"Content-Type": "application/json"},
            method="DELETE" if rates is None else "POST",
        )
        urllib.request.urlopen(request, timeout=5).close()


@contextmanager
def running_aimock(fixtures: str) -> Generator[Aimock]:
    """One that answers by a file of `fixtures`; the test is skipped where it is not installed."""
    path = HERE / "fixtures" / fixtures
    options = ["-f", str(path), "--validate-on-load", "--strict", "-c", "8"]
    with running_program("llmock", options, lambda port: _at(port).is_up()) as port:
        yield _at(port)


@contextmanager
def running_program(name: str, options: Sequence[str], is_up: Callable[[int], bool]) -> Generator[int]:
    """The port of one of aimock's programs, which is up; the test is skipped where it is not installed."""
    program = PROGRAMS / name
    if not program.exists() or shutil.which("node") is None:
        pytest.skip("aimock is not installed: run make test")
    port = _free_port()
    command = ["node", str(program), "-p", str(port), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 20
            while not is_up(port):
                assert process.poll() is None, "aimock has ended"
                assert time.monotonic() < deadline, "aimock does not come up"
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()


def _at(port: int) -> Aimock:
    return Aimock(f"http://127.0.0.1:{port}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
