"""Two workers at one run: one wins, the other is fenced, and the books balance."""

import random
from pathlib import Path

import anyio
import pytest

from liteagent.contracts.runs import RunStatus
from liteagent.features.runs.tasks import RunWorker
from tests.faults.harness.rig import Life, Performed
from tests.faults.harness.scene import Scene
from tests.faults.harness.waiting import until

ROUNDS = 20


@pytest.mark.parametrize("kind", ["chat", "indexing"])
async def test_two_processes_race_for_one_run(original_scene: Scene, tmp_path: Path, kind: str) -> None:
    """Each over its own connection to the file, as two processes are; who comes second steals the run."""
    stolen = 0
    for number in range(ROUNDS):
        scene = original_scene.at(tmp_path / str(number))
        run_id = scene.chat if kind == "chat" else scene.indexing
        delays = random.Random(number)
        lives = [Life(scene.path), Life(scene.path)]
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                for life in lives:
                    group.start_soon(_advance_after, life, run_id, delays.uniform(0, 0.02))
        events = await lives[0].journal.read(run_id)
        stolen += sum(event.type == "run.claimed" for event in events) - 1
        owners = [event.payload["owner"] for event in events if event.type == "run.claimed"]
        assert len(owners) == len(set(owners)), "nobody claims twice"
        assert [event.type for event in events][-1] == "run.completed"
        for other in {scene.chat, scene.indexing} - {run_id}:
            await lives[0].driver.advance(other)
        for life in lives:
            await life.close()
        assert await scene.problems() == []
    assert stolen, "in twenty rounds one came while the other was at it"


async def _advance_after(life: Life, run_id: str, delay: float) -> None:
    await anyio.sleep(delay)
    await life.driver.advance(run_id)


async def test_a_live_process_keeps_its_runs_and_a_dead_one_loses_them_at_once(scene: Scene) -> None:
    started, go_on = anyio.Event(), anyio.Event()

    async def hold(begun: Performed) -> None:
        if begun.what == "model 1":
            started.set()
            await go_on.wait()

    first = Life(scene.path, before_effect=hold)
    async with first.working():
        with anyio.fail_after(10):
            await started.wait()
        second = Life(scene.path)
        async with second.working() as worker:
            assert (await second.journal.get(scene.chat)).owner == first.owner
            await _take_over_again(worker)
            record = await second.journal.get(scene.chat)
            assert (record.status, record.owner) == (RunStatus.RUNNING, first.owner)
        assert second.performed == []
        await second.close()
    await first.close()
    heir = Life(scene.path)
    async with heir.working():
        await until(lambda: _all_ended(heir), 4)
    assert [each.attempt for each in heir.performed if each.what == "model 1"] == [2]
    await heir.close()
    assert await scene.problems() == []


async def _all_ended(life: Life) -> bool:
    open_ones = [
        await life.runs.list(life.principal, status=each) for each in (RunStatus.PENDING, RunStatus.RUNNING)
    ]
    return not any(page.items for page in open_ones)


async def _take_over_again(worker: RunWorker) -> None:
    """What the sweep does every few seconds."""
    await worker.sweep()
    await anyio.sleep(0.05)
