"""What is asked: the bare fake model, ourselves before it, and the litellm proxy before it."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.comparing.interpreters import OURS, RUNNING, Environment
from benchmarks.gateway.load import Target

__all__ = ["LITELLM", "SERVERS", "Server", "environments", "fake_model", "serving"]

LITELLM = Environment("gateway", "peers-gateway", RUNNING)
environments = {"ours": OURS, "gateway": LITELLM}
"""By name."""

SERVERS = ("fake", "liteagent", "litellm")
"""In the order in which they take turns."""

_ROOT = Path(__file__).parents[2]
_PASSWORD = "correct horse battery"
_CONFIG = """
model_list:
  - model_name: {model}
    litellm_params: {{model: "openai/{model}", api_base: "http://127.0.0.1:{port}/v1", api_key: sk-fake}}
general_settings: {{master_key: {key}}}
litellm_settings: {{telemetry: false}}
"""


class Server:
    """A server that runs; `target` is how it is asked."""

    def __init__(self, target: Target, process: "subprocess.Popen[bytes] | None") -> None:
        self.target = target
        self._process = process

    def memory_mb(self) -> float:
        """What the process holds now; of the fake nothing is asked."""
        if self._process is None:
            return float("nan")
        lines = Path(f"/proc/{self._process.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        found = (line.split() for line in lines if line.startswith("Pss:"))
        return next(int(fields[1]) / 1024 for fields in found)


@contextmanager
def fake_model() -> Generator[int]:
    """The model, in a process of its own; its port."""
    port = _free_port()
    with _running([sys.executable, "-m", "benchmarks.gateway.fake", str(port)], _ROOT, {}):
        _wait(port, "/v1/models", 20)
        yield port


@contextmanager
def serving(name: str, folder: Path, model_port: int, model: str) -> Generator[Server]:
    """One of `SERVERS` with one worker, before the model."""
    if name == "fake":
        yield Server(Target(model_port, "none", model), None)
        return
    start = _liteagent if name == "liteagent" else _litellm
    with start(folder, model_port, model) as server:
        yield server


@contextmanager
def _liteagent(folder: Path, model_port: int, model: str) -> Generator[Server]:
    port = _free_port()
    command = [str(OURS.python), "-m", "liteagent.app.cli.main", "serve"]
    where = ["--port", str(port), "--data", str(folder / "data")]
    with _running([*command, *where], folder, {"LOG_LEVEL": "WARNING"}) as process:
        _wait(port, "/health/ready", 60)
        body = {"email": "me@example.com", "password": _PASSWORD}
        token = _post(port, "/api/auth/setup", "", body)["access_token"]
        provider = {
            "name": "fake",
            "provider_type": "openai_compatible",
            "model_name": model,
            "api_key": "sk-fake-0123456789",
            "base_url": f"http://127.0.0.1:{model_port}/v1",
        }
        made = _post(port, "/api/providers", token, provider)
        agent = {"name": "Bench", "slug": "bench", "provider_id": made["id"]}
        _post(port, "/api/agents", token, agent)
        key = _post(port, "/api/auth/api-keys", token, {"name": "bench"})["key"]
        yield Server(Target(port, key, "bench"), process)


@contextmanager
def _litellm(folder: Path, model_port: int, model: str) -> Generator[Server]:
    port, key = _free_port(), "sk-bench"
    config = folder / "litellm.yaml"
    config.write_text(_CONFIG.format(model=model, port=model_port, key=key), encoding="utf-8")
    command = [str(LITELLM.python.with_name("litellm")), "--config", str(config), "--num_workers", "1"]
    with _running([*command, "--port", str(port)], folder, {"LITELLM_LOG": "ERROR"}) as process:
        _wait(port, "/health/liveliness", 120)
        yield Server(Target(port, key, model), process)


@contextmanager
def _running(command: list[str], folder: Path, more: dict[str, str]) -> Generator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **more}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def _wait(port: int, path: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except (urllib.error.URLError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


def _post(port: int, path: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
