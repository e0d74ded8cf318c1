"""Counts for Prometheus."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from liteagent_sandbox.pool import Pool
from liteagent_sandbox.protocol import RunResult

__all__ = ["Metrics"]

_BOUNDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0, float("inf"))


@dataclass(slots=True)
class Metrics:
    """What has been run so far.

    Attributes:
        gone: Runs whose client has hung up.
    """

    runs: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    buckets: Counter[tuple[str, float]] = field(default_factory=Counter[tuple[str, float]])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    gone: int = 0

    def count(self, language: str, done: RunResult) -> None:
        """Take a run into account."""
        self.runs[language, done.error_kind or "ok"] += 1
        took = done.duration_ms / 1e3
        self.buckets[language, next(each for each in _BOUNDS if took <= each)] += 1
        self.seconds[language] = self.seconds.get(language, 0.0) + took

    def text(self, pool: Pool) -> str:
        """In the words of Prometheus."""
        return "".join(f"{line}\n" for line in self._lines(pool))

    def _lines(self, pool: Pool) -> Iterator[str]:
        yield "# HELP sandbox_level_info How strong the walls are."
        yield "# TYPE sandbox_level_info gauge"
        yield f'sandbox_level_info{{level="{pool.level}"}} 1'
        for name, value, said in (
            ("sandbox_running", pool.running, "Runs under way."),
            ("sandbox_waiting", pool.waiting, "Runs that wait for a place."),
        ):
            yield f"# HELP {name} {said}"
            yield f"# TYPE {name} gauge"
            yield f"{name} {value}"
        yield "# HELP sandbox_runs_total Runs by what came of them."
        yield "# TYPE sandbox_runs_total counter"
        for (language, kind), count in sorted(self.runs.items()):
            yield f'sandbox_runs_total{{language="{language}",outcome="{kind}"}} {count}'
        yield "# HELP sandbox_abandoned_total Runs that were ended because their client had gone."
        yield "# TYPE sandbox_abandoned_total counter"
        yield f"sandbox_abandoned_total {self.gone}"
        yield "# HELP sandbox_run_seconds How long they took."
        yield "# TYPE sandbox_run_seconds histogram"
        for language in sorted(self.seconds):
            yield from self._histogram(language)

    def _histogram(self, language: str) -> Iterator[str]:
        total = 0
        for bound in _BOUNDS:
            total += self.buckets[language, bound]
            shown = "+Inf" if bound == float("inf") else f"{bound:g}"
            yield f'sandbox_run_seconds_bucket{{language="{language}",le="{shown}"}} {total}'
        yield f'sandbox_run_seconds_sum{{language="{language}"}} {self.seconds[language]:.6f}'
        yield f'sandbox_run_seconds_count{{language="{language}"}} {total}'
