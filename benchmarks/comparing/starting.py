"""What it takes a fresh process to import something."""

import statistics
import subprocess
from pathlib import Path

__all__ = ["start_of"]

_ROOT = Path(__file__).parents[2]
_TELLING = """
import time
lines = dict(line.split(':', 1) for line in open('/proc/self/status'))
print(time.process_time(), lines['VmHWM'].split()[0])
"""


def start_of(python: Path, imports: str) -> dict[str, float]:
    """CPU time and memory of a process that runs `imports`, beyond those of Python alone."""
    empty, full = _process(python, "pass"), _process(python, imports)
    return {"cpu_ms": full[0] - empty[0], "peak_mb": full[1], "more_mb": full[1] - empty[1]}


def _process(python: Path, code: str) -> tuple[float, float]:
    """CPU milliseconds and peak memory in MB, the median of three processes after one that warms up."""
    found: list[tuple[float, float]] = []
    for _ in range(4):
        done = subprocess.run(
            [str(python), "-c", code + _TELLING], check=True, capture_output=True, text=True, cwd=_ROOT
        )
        seconds, kilobytes = done.stdout.split()[-2:]
        found.append((float(seconds) * 1e3, float(kilobytes) / 1024))
    cpu, memory = zip(*found[1:], strict=True)
    return statistics.median(cpu), statistics.median(memory)
