"""Who is alive, by file locks: real processes, killed, stopped and born again."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest

from liteagent.infra.journal.ownership import FileOwnership

_CHILD = """
import sys
from pathlib import Path
from liteagent.infra.journal.ownership import FileOwnership
ownership = FileOwnership(Path(sys.argv[1]), sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


def lives(asked: FileOwnership, owner_id: str) -> bool:
    return owner_id in anyio.run(asked.living)


Spawn = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Starts a process that holds an id."""
    children: list[subprocess.Popen[str]] = []

    def start(owner_id: str) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(tmp_path), owner_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        return child

    yield start
    for child in children:
        child.kill()
        child.wait(10)
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            pipe.close()


def test_a_process_lives_until_it_is_killed_and_may_come_back(tmp_path: Path, spawn: Spawn) -> None:
    own = FileOwnership(tmp_path, "own")
    assert lives(own, "own")
    assert not lives(own, "other")
    child = spawn("other")
    assert lives(own, "other")
    child.kill()
    child.wait(10)
    assert not lives(own, "other"), "at once, without any waiting"
    spawn("other")
    assert lives(own, "other"), "the same id, held again"
    anyio.run(own.release)


def test_a_stopped_process_is_alive(tmp_path: Path, spawn: Spawn) -> None:
    own = FileOwnership(tmp_path, "own")
    child = spawn("other")
    os.kill(child.pid, signal.SIGSTOP)
    assert lives(own, "other")
    anyio.run(FileOwnership(tmp_path, "third").release)
    assert lives(own, "other"), "nor does another one's sweep take its file"
    os.kill(child.pid, signal.SIGCONT)
    anyio.run(own.release)


def test_what_the_dead_left_behind_is_swept(tmp_path: Path, spawn: Spawn) -> None:
    child = spawn("dead")
    child.kill()
    child.wait(10)
    living = spawn("living")
    own = FileOwnership(tmp_path, "own")
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["living", "own"]
    anyio.run(own.release)
    assert sorted(file.stem for file in tmp_path.iterdir()) == ["living"]
    assert living.poll() is None


def test_no_sweep_takes_a_lock_file_from_a_process_that_has_just_taken_it(tmp_path: Path) -> None:
    """Many come and go at once, and each sweeps what it takes for dead; all see each other alive."""
    lost: list[str] = []
    watcher = FileOwnership(tmp_path, "watcher")

    def come_and_go(name: int) -> None:
        for number in range(30):
            own = FileOwnership(tmp_path, f"{name}-{number}")
            if not lives(watcher, own.owner_id):
                lost.append(own.owner_id)
            anyio.run(own.release)
            if lives(watcher, own.owner_id):
                lost.append(f"{own.owner_id} after its end")

    threads = [threading.Thread(target=come_and_go, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []
    anyio.run(watcher.release)


def test_a_file_that_is_taken_in_the_middle_of_a_sweep_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep has found it free; right before it removes the file, a new process takes it."""
    (tmp_path / "new.lock").touch()
    newcomers: list[FileOwnership] = []
    coming = threading.Thread(target=lambda: newcomers.append(FileOwnership(tmp_path, "new")))
    remove = Path.unlink

    def let_one_in_first(path: Path, missing_ok: bool = False) -> None:
        if path.stem == "new" and not coming.ident:
            coming.start()
            coming.join(0.2)
        remove(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", let_one_in_first)
    own = FileOwnership(tmp_path, "own")
    coming.join(10)
    assert lives(own, "new")
    for each in (own, *newcomers):
        anyio.run(each.release)


def test_many_may_ask_at_once_and_none_takes_another_for_the_holder(tmp_path: Path, spawn: Spawn) -> None:
    child = spawn("dead")
    child.kill()
    child.wait(10)
    answers: list[bool] = []
    own = FileOwnership(tmp_path, "own")
    (tmp_path / "dead.lock").touch()

    def ask() -> None:
        answers.extend(lives(own, "dead") for _ in range(100))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not any(answers)
    anyio.run(own.release)
