"""Runs the cases: engines take turns, each in a fresh process, on a store of its own, between two probes."""

import json
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks.engine.cases import Case, quick
from benchmarks.engine.engines import ENGINES, Engine
from benchmarks.engine.interpreters import environments
from benchmarks.engine.probes import BareCommits, count_syncs

__all__ = ["Measuring", "Results"]

_ROOT = Path(__file__).parents[2]
_RUNS_COUNTED = (2, 12)


@dataclass(slots=True)
class Results:
    """Every round of every case: `rounds[case][engine]` is a list of figures by name."""

    rounds: dict[str, dict[str, list[dict[str, float]]]] = field(
        default_factory=dict[str, "dict[str, list[dict[str, float]]]"]
    )
    versions: dict[str, str] = field(default_factory=dict[str, str])
    missing: dict[str, str] = field(default_factory=dict[str, str])
    failed: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, case: str, engine: str, figures: dict[str, float]) -> None:
        """Keep the figures of one round."""
        self.rounds.setdefault(case, {}).setdefault(engine, []).append(figures)

    def median(self, case: str, engine: str, name: str) -> float | None:
        """The median of a figure over the rounds; None where it was not measured."""
        values = [each[name] for each in self.rounds.get(case, {}).get(engine, []) if name in each]
        return statistics.median(values) if values else None

    def names(self, case: str) -> list[str]:
        """The figures that a case has, in the order in which they first came."""
        found = [
            each for rounds in self.rounds.get(case, {}).values() for figures in rounds for each in figures
        ]
        return list(dict.fromkeys(found))


class Measuring:
    """One session of measurements.

    Args:
        folder: For SQLite files; on a real disk.
        postgres: URL of a server whose user may make databases; None leaves Postgres out.
        is_quick: Less of everything.
    """

    def __init__(self, folder: Path, postgres: str | None, *, is_quick: bool = False) -> None:
        self.results = Results()
        self._folder = folder
        self._postgres = postgres
        self._is_quick = is_quick
        self._bare = BareCommits(folder, postgres)
        self._present: dict[str, bool] = {}

    def close(self) -> None:
        """Close what the probes have open."""
        self._bare.close()

    def round(self, case: Case) -> None:
        """One turn of every engine of the case."""
        if case.store == "postgres" and self._postgres is None:
            self.results.missing["Postgres"] = "there is no server on this machine"
            return
        for name in case.engines:
            engine = ENGINES[name]
            if not self._is_there(engine):
                continue
            started = time.perf_counter()
            try:
                figures = self._figures(case, engine)
            except subprocess.CalledProcessError as error:
                said = cast("str", error.stderr or "").strip().splitlines()
                self.results.failed[f"{case.name}, {name}"] = said[-1] if said else str(error)
            else:
                self.results.add(case.name, name, figures)
            print(f"{case.name:14} {name:24} {time.perf_counter() - started:6.1f} s", file=sys.stderr)

    def _is_there(self, engine: Engine) -> bool:
        if engine.package not in self._present:
            environment = environments[engine.environment]
            version = environment.version_of(engine.package)
            self._present[engine.package] = version is not None
            if version is not None:
                self.results.versions[engine.package] = version
            else:
                self.results.missing[engine.package] = "run `python -m benchmarks.engine --install` for it"
        return self._present[engine.package]

    def _figures(self, case: Case, engine: Engine) -> dict[str, float]:
        if case.work == ("start",):
            return _start(engine)
        if case.work == ("syncs",):
            return self._syncs(case, engine)
        asked = quick(case.asked()) if self._is_quick else case.asked()
        limit = None if case.store == "memory" else self._bare.probe(case.store)
        figures: dict[str, Any] = {}
        with self._store(case.store) as store:
            for work in case.work:
                asked = {**asked, **figures, "subject": engine.opening, "case": work, "store": store}
                figures = _run(engine, asked)
        if limit is not None:
            limit = statistics.mean((limit, self._bare.probe(case.store)))
            figures["bare_us"] = limit
            if "us" in figures:
                figures["x_bare"] = figures["us"] / limit
        return figures

    def _syncs(self, case: Case, engine: Engine) -> dict[str, float]:
        """The slope between few runs and many, so that opening and closing don't count."""
        found: list[int] = []
        for runs in _RUNS_COUNTED:
            asked = {**case.asked(), "warm": 0, "batches": 1, "runs": runs}
            with self._store("sqlite") as store:
                asked |= {"subject": engine.opening, "case": "linear", "store": store}
                syncs = count_syncs(_command(engine, asked), _ROOT)
            if syncs is None:
                self.results.missing["strace"] = "install it to count syncs"
                return {}
            found.append(syncs)
        return {"syncs_a_run": (found[1] - found[0]) / (_RUNS_COUNTED[1] - _RUNS_COUNTED[0])}

    @contextmanager
    def _store(self, kind: str) -> Generator[str]:
        """The URL of an empty store, which is gone afterwards."""
        name = f"bench_{secrets.token_hex(4)}"
        if kind == "memory":
            yield kind
        elif kind == "sqlite":
            yield f"sqlite:///{self._folder / name}.db"
            for path in self._folder.glob(f"{name}*"):
                path.unlink()
        else:
            assert self._postgres is not None
            with psycopg.connect(self._postgres, autocommit=True) as connection:
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
                yield self._postgres.rpartition("/")[0] + "/" + name
                connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _command(engine: Engine, asked: Mapping[str, Any]) -> list[str]:
    python = str(environments[engine.environment].python)
    return [python, "-m", "benchmarks.engine.worker", json.dumps(asked)]


def _run(engine: Engine, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What a worker prints.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    done = subprocess.run(_command(engine, asked), check=True, capture_output=True, text=True, cwd=_ROOT)
    return json.loads(done.stdout.strip().splitlines()[-1])


def _start(engine: Engine) -> dict[str, float]:
    """CPU time and memory of a fresh process that imports the engine, beyond those of Python alone."""
    python = str(environments[engine.environment].python)
    empty, full = _process(python, "pass"), _process(python, engine.imports)
    return {"cpu_ms": full[0] - empty[0], "peak_mb": full[1], "more_mb": full[1] - empty[1]}


def _process(python: str, code: str) -> tuple[float, float]:
    """CPU milliseconds and peak memory in MB, the median of three processes after one that warms up."""
    telling = (
        "import time\nlines = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print(time.process_time(), lines['VmHWM'].split()[0])"
    )
    found: list[tuple[float, float]] = []
    for _ in range(4):
        done = subprocess.run(
            [python, "-c", f"{code}\n{telling}"], check=True, capture_output=True, text=True, cwd=_ROOT
        )
        seconds, kilobytes = done.stdout.split()[-2:]
        found.append((float(seconds) * 1e3, float(kilobytes) / 1024))
    cpu, memory = zip(*found[1:], strict=True)
    return statistics.median(cpu), statistics.median(memory)
