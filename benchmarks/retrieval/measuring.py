"""Runs the cases: libraries take turns, each in a fresh process and an empty folder."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

from benchmarks.comparing.interpreters import OURS
from benchmarks.comparing.results import Results
from benchmarks.comparing.starting import start_of
from benchmarks.retrieval.cases import Case, quick
from benchmarks.retrieval.documents import MissingError, prepared
from benchmarks.retrieval.libraries import LIBRARIES, Library
from benchmarks.retrieval.questions import Asked, asked_of_all, worth

__all__ = ["Measuring"]

_ROOT = Path(__file__).parents[2]


class Measuring:
    """One session of measurements.

    Args:
        folder: For databases; on a real disk.
        cache: Where documentation and vectors are kept from one session to the next.
        model: Folder of MiniLM, for vectors that are not in the cache.
        is_quick: Less of everything.
    """

    def __init__(self, folder: Path, cache: Path, model: Path | None, *, is_quick: bool = False) -> None:
        self.results = Results()
        self._folder = folder
        self._cache = cache
        self._model = model
        self._is_quick = is_quick
        self._present: dict[str, bool] = {}
        self._asked: Asked | None = None

    def round(self, case: Case) -> None:
        """One turn of every library of the case."""
        try:
            given = self._given(case)
        except MissingError as why:
            self.results.missing[case.name] = str(why)
            return
        for name in case.libraries:
            library = LIBRARIES[name]
            if not self._is_there(library):
                continue
            started = time.perf_counter()
            try:
                figures = self._figures(case, library, given)
            except subprocess.CalledProcessError as error:
                said = cast("str", error.stderr or "").strip().splitlines()
                self.results.failed[f"{case.name}, {name}"] = said[-1] if said else str(error)
            else:
                self.results.add(case.name, name, figures)
            print(f"{case.name:10} {name:20} {time.perf_counter() - started:6.1f} s", file=sys.stderr)

    def _given(self, case: Case) -> dict[str, Any]:
        if case.work == "start":
            return {}
        if case.work == "quality":
            self._asked = self._asked or asked_of_all(self._cache, self._model)
            return dict(self._asked)
        return {"texts": str(prepared(self._cache))}

    def _is_there(self, library: Library) -> bool:
        if library.package not in self._present:
            version = library.environment.version_of(library.package)
            self._present[library.package] = version is not None
            if version is not None:
                self.results.versions[library.package] = version
            else:
                self.results.missing[library.package] = (
                    "run `python -m benchmarks.retrieval --install` for it"
                )
        return self._present[library.package]

    def _figures(self, case: Case, library: Library, given: dict[str, Any]) -> dict[str, float]:
        if case.work == "start":
            return start_of(library.environment.python, library.imports)
        asked = quick(dict(case.settings)) if self._is_quick else dict(case.settings)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            # Of peers only the whole counts: their slowest part takes minutes.
            asked["ways"] = ["hybrid", "vector", "bm25"] if library.environment is OURS else ["hybrid"]
            asked |= {**given, "subject": library.opening, "case": case.work, "folder": folder}
            python = str(library.environment.python)
            command = [python, "-W", "ignore", "-m", "benchmarks.retrieval.worker", json.dumps(asked)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=_ROOT)
        figures = json.loads(done.stdout.strip().splitlines()[-1])
        return worth(given, figures["found"]) if case.work == "quality" else figures
