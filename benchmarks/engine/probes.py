"""The limits that durable steps are held against: a bare commit of 500 bytes, and the syncs of a process."""

import base64
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

__all__ = ["BareCommits", "count_syncs"]

_ROW_BYTES = 500
_COMMITS = 150


class BareCommits:
    """What one durable commit costs on a store right now, in microseconds of wall time.

    Args:
        folder: Where the SQLite file goes.
        postgres: URL of a database; None leaves Postgres out.
    """

    def __init__(self, folder: Path, postgres: str | None) -> None:
        self._row = base64.b64encode(random.Random(7).randbytes(_ROW_BYTES))[:_ROW_BYTES].decode()
        self._sqlite = _sqlite(folder / "bare.db")
        self._postgres = None if postgres is None else _postgres(postgres)

    def probe(self, store: str) -> float:
        """The median of a hundred and fifty commits."""
        if store == "sqlite":
            return self._median(self._commit_sqlite)
        return self._median(self._commit_postgres)

    def close(self) -> None:
        """Close both."""
        self._sqlite.close()
        if self._postgres is not None:
            self._postgres.close()

    def _commit_sqlite(self) -> None:
        self._sqlite.execute("BEGIN IMMEDIATE")
        self._sqlite.execute("INSERT INTO notes (note) VALUES (?)", (self._row,))
        self._sqlite.execute("COMMIT")

    def _commit_postgres(self) -> None:
        assert self._postgres is not None
        self._postgres.execute("INSERT INTO notes (note) VALUES (%s)", (self._row,))

    def _median(self, commit: Callable[[], None]) -> float:
        times: list[float] = []
        for _ in range(_COMMITS):
            started = time.perf_counter()
            commit()
            times.append(time.perf_counter() - started)
        return statistics.median(times) * 1e6


def _sqlite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, note TEXT)",
    ):
        connection.execute(statement)
    return connection


def _postgres(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    connection = psycopg.connect(url, autocommit=True, prepare_threshold=1)
    connection.execute("CREATE TABLE notes (id bigserial PRIMARY KEY, note text)")
    return connection


def count_syncs(command: Sequence[str], folder: Path) -> int | None:
    """How often a command and its threads ask for data to be on disk; None where strace is missing."""
    strace = shutil.which("strace")
    if strace is None:
        return None
    with tempfile.NamedTemporaryFile(suffix=".strace") as counted:
        calls = "trace=fsync,fdatasync,sync_file_range,msync"
        subprocess.run(
            [strace, "-f", "-e", calls, "-e", "signal=none", "-o", counted.name, *command],
            check=True,
            capture_output=True,
            text=True,
            cwd=folder,
        )
        lines = Path(counted.name).read_text(encoding="utf-8", errors="replace").splitlines()
    return sum(1 for line in lines if re.search(r"^\d+\s+\w+\(", line))
