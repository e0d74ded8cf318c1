"""The real server as a process of its own, to be killed."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

__all__ = ["Server"]

_START_SECONDS = 60.0
_SERVE = [sys.executable, "-m", "liteagent.app.cli.main", "serve"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`liteagent serve` over a data folder, in its own process group, always on the same port."""

    data: Path
    documents: Path
    port: int = field(default_factory=_free_port)
    starts: list[float] = field(default_factory=list[float])
    """When each process was started, in seconds since the epoch."""
    ready_after: list[float] = field(default_factory=list[float])
    """How long each process that got so far took to answer."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What every process has written."""
        return self.data.parent / "server.log"

    @property
    def pid(self) -> int:
        """Of the process now."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start a process; it does not answer yet."""
        environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if name not in ("LITEAGENT_DATA", "API_PORT")
            },
            "FILE_SOURCE_ROOTS": str(self.documents),
            "LITEAGENT_ENV": "development",
        }
        self.starts.append(time.time())
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_SERVE, "--data", str(self.data), "--port", str(self.port)],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )

    async def ready(self) -> None:
        """Wait until the process answers."""
        deadline = time.time() + _START_SECONDS
        async with httpx2.AsyncClient(base_url=self.url, timeout=5) as client:
            while time.time() < deadline:
                assert self._process is not None
                assert self._process.poll() is None, f"the server ended: {self._tail()}"
                try:
                    if (await client.get("/health")).status_code == 200:
                        self.ready_after.append(time.time() - self.starts[-1])
                        return
                except httpx2.TransportError:
                    await asyncio.sleep(0.02)
        raise AssertionError(f"the server did not answer within {_START_SECONDS} s: {self._tail()}")

    def kill(self) -> None:
        """SIGKILL for the whole process group; returns when the process is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None or self._process.poll() is not None:
            return 0 if self._process is None else self._process.returncode
        os.killpg(self._process.pid, how)
        return self._process.wait(30)

    def _tail(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
