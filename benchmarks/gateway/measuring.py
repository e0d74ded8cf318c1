"""Runs the cases: servers take turns, each in a fresh process."""

import sys
import tempfile
import threading
import time
from pathlib import Path

import uvloop

from benchmarks.comparing.results import Results
from benchmarks.gateway.load import as_fast_as_possible, at_rate, listening
from benchmarks.gateway.servers import LITELLM, SERVERS, Server, fake_model, serving

__all__ = ["CASES", "Measuring"]

CASES = {
    "rate": "50 requests a second",
    "throughput": "32 clients, as fast as they can",
    "streams": "1,000 streams at two events a second",
}
"""What is measured, by name."""

_RATE, _CLIENTS, _STREAMS, _OPENED_A_SECOND = 50, 32, 1000, 100
_WARM_UP_SECONDS = 3


class Measuring:
    """One session of measurements.

    Args:
        folder: For databases; on a real disk.
        is_quick: Less of everything.
    """

    def __init__(self, folder: Path, *, is_quick: bool = False) -> None:
        self.results = Results()
        self._folder = folder
        self._seconds = 6 if is_quick else 20
        self._words = 24 if is_quick else 40
        self._streams = 200 if is_quick else _STREAMS
        version = LITELLM.version_of("litellm")
        if version is None:
            self.results.missing["litellm"] = "run `python -m benchmarks.gateway --install` for it"
        else:
            self.results.versions["litellm"] = version

    def round(self, case: str) -> None:
        """One turn of every server."""
        for name in SERVERS:
            if name in self.results.missing or (case == "streams" and name == "fake"):
                continue
            started = time.perf_counter()
            with tempfile.TemporaryDirectory(dir=self._folder) as folder, fake_model() as port:
                model = f"slow-{self._words}" if case == "streams" else "fake"
                with serving(name, Path(folder), port, model) as server:
                    self.results.add(case, name, self._figures(case, server))
            print(f"{case:10} {name:10} {time.perf_counter() - started:6.1f} s", file=sys.stderr)

    def _figures(self, case: str, server: Server) -> dict[str, float]:
        target = server.target
        if case == "streams":
            return self._listened(server)
        uvloop.run(as_fast_as_possible(target, 4, _WARM_UP_SECONDS))
        if case == "rate":
            return uvloop.run(at_rate(target, _RATE, self._seconds))
        return uvloop.run(as_fast_as_possible(target, _CLIENTS, self._seconds))

    def _listened(self, server: Server) -> dict[str, float]:
        uvloop.run(listening(server.target, 4, self._words, _OPENED_A_SECOND))
        before = server.memory_mb()
        watch = _Memory(server)
        watch.start()
        figures = uvloop.run(listening(server.target, self._streams, self._words, _OPENED_A_SECOND))
        figures["kb_each"] = (watch.stop() - before) * 1024 / self._streams
        return figures


class _Memory(threading.Thread):
    """Looks at a server's memory from time to time and keeps the most."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._over = threading.Event()
        self._most = 0.0

    def run(self) -> None:
        while not self._over.wait(0.5):
            self._most = max(self._most, self._server.memory_mb())

    def stop(self) -> float:
        """The most that was seen."""
        self._over.set()
        self.join()
        return self._most
