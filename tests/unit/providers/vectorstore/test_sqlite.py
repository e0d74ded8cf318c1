"""The file of the store `sqlite`: it survives being killed, and shows each process what others did."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from liteagent.contracts.errors import ConfigurationError, ProviderUnavailableError
from liteagent.contracts.retrieval import Scope
from liteagent.contracts.vectors import StoreCounts, VectorStore
from liteagent.providers.vectorstore import sqlite
from liteagent.testing.vector_store import SPACE, document_of, unit_vector

W = Scope("w1")
# Writes documents of 40 chunks, replaces every third and deletes every fifth; says what it has finished.
WRITER = """
import anyio, sys
from liteagent.providers.vectorstore import sqlite
from liteagent.testing.vector_store import document_of

async def main():
    store = sqlite.create({"path": sys.argv[1]})
    for n in range(10_000):
        await store.upsert([document_of(f"d{n}", {f"d{n}-{c}": c for c in range(40)})])
        print("added", n, flush=True)
        if n % 3 == 0:
            await store.retain("model/8", "w1", f"d{n}", [f"d{n}-{c}" for c in range(7)])
            print("cut", n, flush=True)
        if n % 5 == 0:
            await store.delete("w1", document_ids=[f"d{n}"])
            print("deleted", n, flush=True)

anyio.run(main)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vectors.db"


def _open(path: Path) -> VectorStore:
    return sqlite.create({"path": str(path)})


def _killed_writer(path: Path, lines: int) -> list[list[str]]:
    """What a writer had finished when it was killed."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as out:
        said = [out.readline().split() for _ in range(lines)]
        os.kill(process.pid, signal.SIGKILL)
        said += [line.split() for line in out.readlines()]
    return said


@pytest.mark.parametrize("seed", range(3))
async def test_a_killed_writer_leaves_each_document_as_a_call_left_it(path: Path, seed: int) -> None:
    said = _killed_writer(path, random.Random(seed).randrange(10, 60))
    sizes = {"added": 40, "cut": 7, "deleted": 0}
    expected = {int(n): sizes[what] for what, n in said}
    store = _open(path)
    hits = await store.search(SPACE, unit_vector(0), 100_000, W)
    found: dict[int, int] = {}
    for hit in hits:
        number = int(hit.chunk_id.partition("-")[0][1:])
        found[number] = found.get(number, 0) + 1
    last = max(expected)
    for number in range(last):
        assert found.pop(number, 0) == expected[number]
    # The call that was under way has happened or not, as a whole.
    assert all(number in {last, last + 1} and size in {7, 40} for number, size in found.items())
    assert (await store.count(SPACE, W)).chunks == len(hits)
    await store.upsert([document_of("after", {"after": 1})])
    assert len(await store.vectors(SPACE, ["after"], W)) == 1
    await store.aclose()


async def test_closing_and_opening_changes_nothing(path: Path) -> None:
    store = _open(path)
    chunks = {f"c{n}": n for n in range(300)}
    await store.upsert([document_of("d1", chunks, with_passages=True, metadata={"v": 1.5})])
    await store.upsert([document_of("d1", {"more": 500})])
    await store.retain(SPACE, "w1", "d1", [*list(chunks)[:200], "more"])
    before = await store.search(SPACE, unit_vector(999), 1_000, W)
    passages = await store.passages(list(chunks), W)
    await store.aclose()
    again = _open(path)
    assert await again.search(SPACE, unit_vector(999), 1_000, W) == before
    assert await again.passages(list(chunks), W) == passages
    assert len(passages) == 200
    await again.aclose()


async def test_a_closed_store_opens_again(path: Path) -> None:
    store = _open(path)
    await store.upsert([document_of("d1", {"c1": 1})])
    await store.aclose()
    assert await store.count(SPACE, W) == StoreCounts(1, 1)
    await store.aclose()


async def test_each_sees_what_the_other_has_done(path: Path) -> None:
    """Two stores on one file take turns, as two processes do."""
    one, other = _open(path), _open(path)
    for turn in range(6):
        writer, reader = (one, other) if turn % 2 else (other, one)
        await writer.upsert([document_of("d1", {f"c{turn}": turn}), document_of(f"e{turn}", {f"e{turn}": 1})])
        assert len(await reader.vectors(SPACE, [f"c{n}" for n in range(turn + 1)], W)) == turn + 1
        await reader.delete("w1", document_ids=[f"e{turn}"])
        assert await writer.count(SPACE, W) == StoreCounts(1, turn + 1)
    await one.aclose()
    await other.aclose()


async def test_the_file_is_as_durable_as_promised(path: Path) -> None:
    store = _open(path)
    await store.upsert([document_of("d1", {"c1": 1})])
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    await store.aclose()


@pytest.fixture
def damaged(path: Path) -> Path:
    path.write_bytes(b"no database at all" * 1_000)
    return path


async def test_a_file_that_is_none_says_so(damaged: Path) -> None:
    store = _open(damaged)
    with pytest.raises(ProviderUnavailableError, match="cannot be used"):
        await store.count(SPACE, W)
    await store.aclose()


async def test_a_file_of_another_format_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    store = _open(path)
    with pytest.raises(ConfigurationError, match="format 99"):
        await store.upsert([document_of("d1", {"c1": 1})])
    await store.aclose()


@pytest.mark.parametrize("config", [{}, {"path": ""}, {"path": 3}])
def test_it_needs_a_path(config: dict[str, str | int]) -> None:
    with pytest.raises(ConfigurationError, match="path"):
        sqlite.create(config)


async def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    store = _open(tmp_path / "missing" / "vectors.db")
    with pytest.raises(ConfigurationError, match="folder"):
        await store.count(SPACE, W)
