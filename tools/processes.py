"""Processes to measure: a bare interpreter, and a server with its children."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["free_port", "processor_seconds", "proportional_megabytes", "serving"]

_START_LIMIT = 60.0


def processor_seconds(code: str) -> float:
    """User and system time of an interpreter that runs this."""
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"`{code}` failed with exit code {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - a loopback URL made below
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _seconds_to_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> float:
    start = time.perf_counter()
    while not _answers(f"http://127.0.0.1:{port}/health/ready"):
        if process.poll() is not None or time.perf_counter() - start > _START_LIMIT:
            raise SystemExit(f"The server does not get ready:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.01)
    return time.perf_counter() - start


@contextmanager
def serving(port: int, data: Path) -> Generator[tuple[int, float]]:
    """`liteagent serve` on this port, ready: its process id, and the seconds that it took."""
    log = data / "server.log"
    command = [str(Path(sys.executable).parent / "liteagent"), "serve", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--data", str(data / "data")], stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        yield process.pid, _seconds_to_ready(process, port, log)
    finally:
        process.terminate()
        process.wait(30)


def _tree(process: int) -> Iterator[int]:
    yield process
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text(encoding="utf-8").split():
            yield from _tree(int(child))


def _kilobytes(process: int) -> int:
    """The proportional set size: what it shares counts by its share."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def proportional_megabytes(process: int, *, after: float) -> float:
    """The proportional set size of a process and its descendants, some idle seconds from now.

    Linux only: it is read from /proc.
    """
    if not Path(f"/proc/{process}/smaps_rollup").exists():
        raise SystemExit("The memory of a process is read from /proc, which this system does not have.")
    time.sleep(after)
    return sum(_kilobytes(each) for each in _tree(process)) * 1024 / 1_000_000
