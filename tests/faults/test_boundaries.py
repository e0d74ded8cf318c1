"""A worker dies right before or right after an append of a run; the next brings it to the same end."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Literal, TypeAlias

import anyio
import pytest

from liteagent.contracts.runs import Event, NewRun, Rider, RunRecord, RunStatus, Snapshot
from liteagent.infra.journal.sqlite import SqliteJournal
from tests.faults.harness.rig import Life, Performed
from tests.faults.harness.scene import Scene

When: TypeAlias = Literal["before", "after"]
Death: TypeAlias = tuple[int, When]


class MortalJournal:
    """A journal whose process dies at one append, right before it is written or right after."""

    def __init__(self, journal: SqliteJournal, death: Death | None, die: Callable[[], None]) -> None:
        self._journal = journal
        self._death = death
        self._die = die
        self._appends = 0
        self.start, self.read = journal.start, journal.read
        self.get, self.history = journal.get, journal.history
        self.summaries, self.take = journal.summaries, journal.take

    async def append(
        self, events: Sequence[Event], riders: Sequence[Rider] = (), snapshot: Snapshot | None = None
    ) -> int:
        self._appends += 1
        await self._perhaps_die("before")
        written = await self._journal.append(events, riders, snapshot)
        await self._perhaps_die("after")
        return written

    async def _perhaps_die(self, when: When) -> None:
        if self._death == (self._appends, when):
            self._die()
            await anyio.sleep_forever()


async def live(scene: Scene, run_id: str, performed: list[Performed], death: Death | None) -> bool:
    """One process's life, over the database on the disk; whether it died."""
    died = False

    def die() -> None:
        nonlocal died
        died = True
        group.cancel_scope.cancel()

    life = Life(
        scene.path, journal_of=lambda journal: MortalJournal(journal, death, die), performed=performed
    )
    async with anyio.create_task_group() as group:
        group.start_soon(life.driver.advance, run_id)
    await life.close()
    return died


def check_effects(performed: Sequence[Performed], kills: int) -> None:
    """Each effect has one key for ever, and is begun once, and at most once more for each kill."""
    keys: dict[str, set[str]] = defaultdict(set)
    attempts: dict[str, list[int]] = defaultdict(list)
    for each in performed:
        keys[each.what].add(each.key)
        attempts[each.key].append(each.attempt)
    assert all(len(each) == 1 for each in keys.values()), keys
    for key, numbers in attempts.items():
        assert len(numbers) <= 1 + kills, (key, numbers)
        assert numbers == sorted(set(numbers)), (key, numbers)


@pytest.fixture(scope="session")
def uninterrupted(original_scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What both runs make of the world when nobody dies."""
    scene = original_scene.at(tmp_path_factory.mktemp("whole") / "scene")

    async def play() -> None:
        for run_id in (scene.chat, scene.indexing):
            await live(scene, run_id, [], None)
        assert await scene.problems() == []

    anyio.run(play)
    return scene.outcome()


async def play_to_the_end(
    scene: Scene, run_id: str, death: Callable[[int], Death | None], lives: int = 40
) -> tuple[int, list[Performed]]:
    """Life after life; `death` says when each one ends. How many died, and what was performed."""
    performed: list[Performed] = []
    for number in range(lives):
        if not await live(scene, run_id, performed, death(number)):
            return number, performed
    raise AssertionError(f"not done after {lives} lives")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["chat", "indexing"])
async def test_death_at_each_append(
    original_scene: Scene,
    tmp_path: Path,
    uninterrupted: dict[str, list[object]],
    kind: Literal["chat", "indexing"],
    when: When,
) -> None:
    n = 0
    for n in count(1):
        scene = original_scene.at(tmp_path / str(n))
        runs = {"chat": scene.chat, "indexing": scene.indexing}
        kills, performed = await play_to_the_end(
            scene, runs.pop(kind), lambda life, n=n: (n, when) if life == 0 else None
        )
        check_effects(performed, kills)
        (other,) = runs.values()
        await live(scene, other, [], None)
        assert await scene.problems() == []
        assert scene.outcome() == uninterrupted
        if kills == 0:
            break
    assert n > 4, "a turn with a tool call has four appends"


@pytest.mark.parametrize("kind", ["chat", "indexing"])
async def test_death_after_every_step_of_the_way(
    scene: Scene, uninterrupted: dict[str, list[object]], kind: Literal["chat", "indexing"]
) -> None:
    """Each life gets one result further."""
    runs = {"chat": scene.chat, "indexing": scene.indexing}
    kills, performed = await play_to_the_end(scene, runs.pop(kind), lambda _life: (2, "after"))
    assert kills >= 3
    check_effects(performed, kills)
    (other,) = runs.values()
    await live(scene, other, [], None)
    assert await scene.problems() == []
    assert scene.outcome() == uninterrupted


async def test_a_run_at_which_every_worker_dies_ends_with_that_reason(scene: Scene) -> None:
    kills, performed = await play_to_the_end(scene, scene.chat, lambda _life: (2, "before"))
    assert kills == 11, "the first claim got further: to a request"
    check_effects(performed, kills)
    assert await scene.problems(both=False) == []
    life = Life(scene.path)
    record = await life.journal.get(scene.chat)
    (end,) = await life.journal.read(scene.chat, after=record.head - 1)
    await life.close()
    assert record.status is RunStatus.FAILED
    assert "crash_loop" in str(end.payload["error"])


@pytest.mark.parametrize("when", ["before", "after"])
async def test_death_at_the_acceptance(scene: Scene, when: When) -> None:
    """Before the commit there is no run; after it there is one for the next worker to find."""
    run = NewRun("01900000-0000-7000-8000-000000000001", "w", "u", "indexing", {"datasource_id": "none"})

    async def start(life: Life) -> None:
        if when == "after":
            await life.journal.start(run)
        scope.cancel()
        await anyio.sleep_forever()

    life = Life(scene.path)
    with anyio.CancelScope() as scope:
        await start(life)
    await life.close()
    heir = Life(scene.path)
    taken = await heir.journal.take(heir.owner, {heir.owner})
    found: list[RunRecord] = [each for each in taken if each.id == run.id]
    assert len(found) == (when == "after")
    for record in found:
        assert (await heir.driver.advance(record.id)).status is RunStatus.FAILED
    await heir.close()
