"""Runs the cases: engines take turns, each in a fresh process, on a store of its own, between two probes."""

import json
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks.comparing.results import Results
from benchmarks.comparing.starting import start_of
from benchmarks.engine.cases import Case, quick
from benchmarks.engine.engines import ENGINES, Engine
from benchmarks.engine.interpreters import environments
from benchmarks.engine.probes import BareCommits, count_syncs

__all__ = ["Measuring"]

_ROOT = Path(__file__).parents[2]
_RUNS_COUNTED = (2, 12)


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
            return start_of(environments[engine.environment].python, engine.imports)
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
