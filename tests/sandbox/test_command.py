"""`liteagent sandbox`, and the sandbox of a server that is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from tools.processes import free_port

_PATIENCE = 20.0
_SERVER = """
import asyncio, os, signal
from liteagent.contracts.sandbox import SandboxRequest
from liteagent.providers.sandbox.local import create

async def main():
    sandbox = create({})
    await sandbox.run(SandboxRequest("python3", "result = 1"))
    print(sandbox.pid, flush=True)
    await sandbox.run(SandboxRequest("python3", "import time\\ntime.sleep(60)", limits={"wall": 60}))

asyncio.run(main())
"""


def _health(url: str) -> httpx2.Response | None:
    try:
        return httpx2.get(f"{url}/health")
    except httpx2.TransportError:
        return None


def test_the_command_becomes_the_service() -> None:
    port = free_port()
    command = [sys.executable, "-m", "liteagent.app.cli.main", "sandbox", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + _PATIENCE
        while (answer := _health(f"http://127.0.0.1:{port}")) is None:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.05)
        assert answer.json()["status"] == "ok"
        started = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
        assert b"liteagent_sandbox" in started
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=_PATIENCE)
    assert said.startswith("sandbox: level ")


def test_an_address_that_others_reach_needs_a_key() -> None:
    command = [sys.executable, "-m", "liteagent.app.cli.main", "sandbox", "--host", "0.0.0.0"]
    environment = {name: value for name, value in os.environ.items() if name != "SANDBOX_API_KEY"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    assert done.returncode == 1
    assert "SANDBOX_API_KEY" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_of_a_server_that_is_killed_ends(number: signal.Signals) -> None:
    server = subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    child = int(server.stdout.readline())
    server.send_signal(number)
    server.communicate(timeout=_PATIENCE)
    end = time.monotonic() + _PATIENCE
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() < end
        time.sleep(0.02)
