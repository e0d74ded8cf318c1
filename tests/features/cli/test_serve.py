"""`liteagent serve`: announced, shared, stopped."""

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


class Server:
    """A server in a process of its own."""

    def __init__(self, program: list[str], data: Path) -> None:
        command = [*program, "serve", "--port", "0", "--data", str(data)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.said = ""
        self.url = self._announced()

    def _announced(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            if "Ctrl-C stops it" in line:
                break
        found = re.search(r"ready at (http://\S+)", self.said)
        assert found, self.said
        return found[1]

    def stop(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        _, rest = self.process.communicate(timeout=30)
        self.said += rest
        return self.process.returncode


@pytest.fixture
def server(program: list[str], data: Path) -> Iterator[Server]:
    found = Server(program, data)
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.communicate()


def test_other_commands_work_while_it_runs(
    server: Server, program: list[str], cli: Cli, data: Path, handbook: Path
) -> None:
    with urllib.request.urlopen(f"{server.url}/health", timeout=30) as answer:
        assert json.load(answer)["status"] == "ok"
    asked = cli("ask", "What are the support hours?", "--docs", handbook, "--data", data)
    assert (asked.code, "9 to 17" in asked.out) == (0, True)
    chatted = cli("chat", "--docs", handbook, "--data", data, typed="What are the support hours?\n\n")
    assert (chatted.code, "9 to 17" in chatted.out) == (0, True)
    port = server.url.rpartition(":")[2]
    second = _refused(program, "--port", port, "--data", data)
    assert "Address already in use. Choose another with --port" in second


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly(server: Server, data: Path, how: signal.Signals) -> None:
    assert server.stop(how) == 0
    assert "Nobody is set up yet" in server.said
    assert server.said.rstrip().endswith("Stopped.")
    assert "Traceback" not in server.said
    assert not list((data / "owners").glob("*.lock")), "it has let go of its runs"


def test_a_folder_that_will_not_do_is_not_taken_for_a_taken_port(program: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = _refused(program, "--port", 0, "--data", tmp_path / "file" / "data")
    assert str(tmp_path / "file") in said
    assert "Cannot listen" not in said


def test_an_address_that_is_none(program: list[str], data: Path) -> None:
    said = _refused(program, "--host", "256.256.256.256", "--data", data)
    assert "Cannot listen on 256.256.256.256:8000" in said


def _refused(program: list[str], *arguments: object) -> str:
    """What a server says that cannot start."""
    command = [*program, "serve", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr
