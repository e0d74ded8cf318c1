"""Whoever dies, nothing is left of them, and whoever lives goes on."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.sandbox.attacks.host import descendants, settled
from tests.sandbox.attacks.programs import load_cases
from tests.sandbox.attacks.scene import Scene, set_up
from tests.sandbox.attacks.service import HONEST, Service, Way, first_way
from tests.sandbox.attacks.verdict import Arena

_SLOW = {"language": "python3", "code": "import time\ntime.sleep(30)", "limits": {"wall": 2}}
_SLOWEST = {**_SLOW, "limits": {"wall": 60, "cpu": 60}}
_PATIENCE, _STOPPING = 10.0, 5.0


@pytest.fixture
def scene() -> Iterator[Scene]:
    with set_up() as found:
        yield found


@pytest.fixture(params=first_way())
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


def _until_gone(pids: list[int]) -> list[int]:
    """Those that are still there after a while. A zombie of somebody else's is gone."""
    end = time.monotonic() + _PATIENCE
    while True:
        alive = [pid for pid in pids if _is_alive(pid)]
        if not alive or time.monotonic() > end:
            return alive
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_service_that_ends_takes_everything_with_it(way: Way, scene: Scene, number: signal.Signals) -> None:
    with Service.started(way, scene) as service, ThreadPoolExecutor(2) as pool:
        held = [pool.submit(service.run, _SLOWEST) for _ in range(2)]
        time.sleep(0.3)
        below = [process.pid for process in descendants(service.pid)]
        assert below
        os.kill(service.pid, number)
        service.process.wait(_STOPPING)
        assert _until_gone(below) == []
        assert all(each.result(_PATIENCE) for each in held)


def test_without_its_children_the_service_goes_on(way: Way, scene: Scene) -> None:
    with Service.started(way, scene) as service, ThreadPoolExecutor(1) as pool:
        before = Arena(service, scene, way.level).before
        for _ in range(2):
            held = pool.submit(service.run, _SLOW)
            time.sleep(0.2)
            for process in descendants(service.pid):
                if _is_alive(process.pid):
                    os.kill(process.pid, signal.SIGKILL)
            assert held.result(_PATIENCE).kind in {"unavailable", "crash", "memory"}
            assert service.run(HONEST).data["result"] == {"sum": 42}
        assert settled(service.pid, before, scene.mark) == []


def test_a_client_that_hangs_up_leaves_nothing(way: Way, scene: Scene) -> None:
    """Neither its run nor its place in the queue: more hang up than may wait and run together."""
    small = (("SANDBOX_WORKERS", "2"), ("SANDBOX_QUEUE", "2"))
    with Service.started(replace(way, environment=small), scene) as service:
        before = Arena(service, scene, way.level).before
        for _ in range(6):
            with pytest.raises(httpx.TimeoutException):
                service.client.post("/v1/sandbox/run", json=_SLOWEST, timeout=0.05)
        assert service.run(HONEST).data["result"] == {"sum": 42}
        assert settled(service.pid, before, scene.mark) == []
        shown = service.client.get("/metrics").text
        assert "sandbox_running 0" in shown
        assert "sandbox_waiting 0" in shown


def test_no_run_of_root_has_a_capability(scene: Scene) -> None:
    """Also where there are no namespaces and the interpreter stands in a closed home."""
    settings = (("SANDBOX_WITHOUT", "namespaces"), ("SANDBOX_ALLOW_WEAK", "1"))
    case = next(case for case in load_cases() if case.name == "kernel/capabilities")
    with Service.started(Way(environment=settings), scene) as service:
        assert Arena(service, scene, "landlock").faults(case) == []
